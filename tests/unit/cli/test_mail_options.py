"""``render -o shortlist.eml``: drafts, and messages with a sender."""

from __future__ import annotations

import email
import email.policy
import json
from typing import TYPE_CHECKING

import pytest

from candidate_cards.cli.exit_codes import ExitCode
from command_line import candidate, invoke, sourcing

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

SENDER = "Ana Müller <ana@müller.example>"
DATE = "2026-03-02T10:00:00+01:00"


@pytest.fixture
def shortlist(tmp_path: Path) -> Path:
    """Return a file with three candidates."""
    path = tmp_path / "in.json"
    path.write_text(sourcing(*map(candidate, ("p1", "p2", "p3"))), "utf-8")
    return path


def read(path: Path) -> EmailMessage:
    """Parse a message file."""
    data = path.read_bytes()
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    assert b"\n" not in data.replace(b"\r\n", b"")
    return message


def test_without_a_sender_it_is_a_draft(shortlist: Path, tmp_path: Path) -> None:
    """Mail programs open it to be sent: a subject and both parts, nobody's address, no date."""
    out = tmp_path / "out.eml"
    result = invoke("render", shortlist, "-o", out, "--title", "Engineer")
    assert result.exit_code == 0, result.stderr
    assert "format email, theme light" in result.stderr
    message = read(out)
    assert set(message) == {"Subject", "X-Unsent", "MIME-Version", "Content-Type"}
    assert message["Subject"] == "Shortlist for Engineer: 3 candidates"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_sender_makes_it_a_message(shortlist: Path, tmp_path: Path) -> None:
    """Addresses, date and id are there; the same command writes the same bytes."""
    out = tmp_path / "out.eml"
    arguments = ["--from", SENDER, "--to", '"Li, Bo" <bo@client.example>', "--date", DATE]
    arguments += ["--reply-to", "desk@müller.example", "--unsubscribe", "https://x.example/u?a=1"]
    first = invoke("render", shortlist, "-o", out, *arguments)
    assert first.exit_code == 0, first.stderr
    data = out.read_bytes()
    message = read(out)
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Ana Müller", "ana@xn--mller-kva.example")
    (recipient,) = message["To"].addresses
    assert (recipient.display_name, recipient.addr_spec) == ("Li, Bo", "bo@client.example")
    assert message["Date"] == "Mon, 02 Mar 2026 10:00:00 +0100"
    assert str(message["Message-ID"]).endswith("@xn--mller-kva.example>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = message.get_body(("html",))
    assert html is not None
    assert 'href="mailto:desk@xn--mller-kva.example?subject=' in html.get_content()
    assert invoke("render", shortlist, "-o", out, *arguments, "--force").exit_code == 0
    assert out.read_bytes() == data


def test_the_reproducible_builds_clock_is_respected(
    shortlist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SOURCE_DATE_EPOCH stands for now."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    out = tmp_path / "out.eml"
    assert invoke("render", shortlist, "-o", out, "--from", SENDER).exit_code == 0
    assert read(out)["Date"] == "Fri, 02 Jan 1970 00:00:00 +0000"


def test_files_go_along(shortlist: Path, tmp_path: Path) -> None:
    """Each attached file comes back byte by byte, under its own name and type."""
    (tmp_path / "Zoë's dossier.pdf").write_bytes(b"%PDF-1.7 \x00\xff")
    (tmp_path / "notes.unknown").write_bytes(b"\x01\x02")
    out = tmp_path / "out.eml"
    result = invoke(
        *("render", shortlist, "-o", out, "--from", SENDER),
        *("--attach", tmp_path / "Zoë's dossier.pdf", "--attach", tmp_path / "notes.unknown"),
    )
    assert result.exit_code == 0, result.stderr
    files = list(read(out).iter_attachments())
    assert [(file.get_filename(), file.get_content_type()) for file in files] == [
        ("Zoë's dossier.pdf", "application/pdf"),
        ("notes.unknown", "application/octet-stream"),
    ]
    assert [file.get_content() for file in files] == [b"%PDF-1.7 \x00\xff", b"\x01\x02"]


def test_a_folder_gets_a_message_per_candidate(shortlist: Path, tmp_path: Path) -> None:
    """One draft each, named by profile; no index."""
    result = invoke("render", shortlist, "-o", f"{tmp_path}/mails/", "--format", "email")
    assert result.exit_code == 0, result.stderr
    files = sorted(path.name for path in (tmp_path / "mails").iterdir())
    assert files == ["p1.eml", "p2.eml", "p3.eml"]
    assert read(tmp_path / "mails" / "p2.eml")["Subject"] == "Person p2"


def test_a_message_goes_to_stdout(shortlist: Path) -> None:
    """With `-o -` stdout is the message."""
    result = invoke("render", shortlist, "-o", "-", "--format", "email", "--json")
    assert result.exit_code == 0
    assert result.stdout_bytes.startswith(b"Subject: ")
    assert json.loads(result.stderr)["format"] == "email"


def test_ones_own_template_is_used(shortlist: Path, tmp_path: Path) -> None:
    """A folder of templates replaces what it holds, and the rest is the bundled."""
    own = tmp_path / "own" / "email"
    own.mkdir(parents=True)
    (own / "_foot.html").write_text('<tr><td class="foot muted">Kept for 30 days.</td></tr>')
    out = tmp_path / "out.eml"
    result = invoke("render", shortlist, "-o", out, "--templates", tmp_path / "own")
    assert result.exit_code == 0, result.stderr
    html = read(out).get_body(("html",))
    assert html is not None
    assert "Kept for 30 days." in html.get_content()
    assert "Person p2" in html.get_content()


def test_an_error_in_ones_own_template_says_where(shortlist: Path, tmp_path: Path) -> None:
    """File, line and what is wrong; nothing is written."""
    own = tmp_path / "own" / "email"
    own.mkdir(parents=True)
    (own / "_foot.html").write_text('<tr>\n<td onclick="x">Foot</td></tr>')
    result = invoke("render", shortlist, "-o", tmp_path / "x.eml", "--templates", tmp_path / "own")
    assert result.exit_code == ExitCode.FAILURE
    assert "email/_foot.html:2: onclick: a card runs no script" in result.stderr
    assert not (tmp_path / "x.eml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "x.html", "--from", SENDER], "options of a message need a message"),
        (["-o", "x.html", "--split"], "options of a message need a message"),
        (["-o", "x.eml", "--to", "a@b.example"], "need --from"),
        (["-o", "x.eml", "--unsubscribe", "https://x.example/"], "need --from"),
        (["-o", "x.eml", "--from", SENDER, "--date", "2026-03-02T10:00"], "with its zone"),
        (["-o", "x.eml", "--from", SENDER, "--date", "tomorrow"], "with its zone"),
        (["-o", "x.eml", "--heading-level", "3"], "its own outline"),
    ],
)
def test_a_wrong_line_says_what_to_do(
    shortlist: Path,
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Options that do not fit together are usage errors, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    result = invoke("render", shortlist, *arguments)
    assert result.exit_code == ExitCode.USAGE
    assert words in " ".join(result.stderr.split())
    assert not list(tmp_path.glob("x.*"))


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("--from", "nobody", "--from"),
        ("--from", "Zoë =?UTF-8?Q?=0A?=Bcc: x@y", "--from"),
        ("--to", "a@b.example\r\nBcc: c@d.example", "to[0]"),
        ("--to", "a@b.example, c@d.example", "to[0]"),
        ("--to", "günter@b.example", "to[0]"),
        ("--reply-to", "x@", "--reply-to"),
        ("--unsubscribe", "http://x.example/", "unsubscribe"),
    ],
)
def test_a_bad_header_names_its_field_and_nobody(
    shortlist: Path, tmp_path: Path, option: str, value: str, field: str
) -> None:
    """The error says which option is meant and repeats nothing of it."""
    arguments = ["-o", tmp_path / "x.eml", option, value]
    if option != "--from":
        arguments += ["--from", SENDER]
    result = invoke("render", shortlist, *arguments)
    assert result.exit_code == ExitCode.FAILURE
    assert field in result.stderr
    assert "Bcc" not in result.stderr
    assert "example" not in result.stderr.replace("name@example.com", "")
    assert not (tmp_path / "x.eml").exists()


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("x.pdf.gz", "application/octet-stream"),
        ("x.eml", "application/octet-stream"),
        ("x.pdf", "application/pdf"),
        ("x.png", "image/png"),
    ],
)
def test_a_file_has_the_type_of_what_is_in_it(
    shortlist: Path, tmp_path: Path, name: str, media_type: str
) -> None:
    """Packed files and messages are bytes; the rest goes by its name, alike on every machine."""
    (tmp_path / name).write_bytes(b"x")
    out = tmp_path / "out.eml"
    result = invoke("render", shortlist, "-o", out, "--attach", tmp_path / name)
    assert result.exit_code == 0, result.stderr
    (file,) = read(out).iter_attachments()
    assert file.get_content_type() == media_type


def test_a_bad_clock_is_a_wrong_line(
    shortlist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SOURCE_DATE_EPOCH that is no number is said to be none."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "abc")
    result = invoke("render", shortlist, "-o", tmp_path / "x.eml", "--from", SENDER)
    assert result.exit_code == ExitCode.USAGE
    assert "SOURCE_DATE_EPOCH" in result.stderr


def test_splitting_into_a_folder_checks_first(shortlist: Path, tmp_path: Path) -> None:
    """One file that is there already stops all of them."""
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "p3.eml").touch()
    result = invoke("render", shortlist, "-o", tmp_path / "mails", "--format", "email", "--split")
    assert result.exit_code == ExitCode.FAILURE
    assert [path.name for path in (tmp_path / "mails").iterdir()] == ["p3.eml"]
