"""Blind mode on the command line, from a result to codes and back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from candidate_cards import Candidate, Shortlist, load_profile, render_email, split_email
from candidate_cards.privacy.codes import BlindKey
from candidate_cards.privacy.key_file import open_key_file
from command_line import candidate, invoke, sourcing

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = (
    candidate(
        "prof_rose_7f3a",
        name="Rose Quillfeather",
        headline="Landscape designer",
        rationale="Rose Quillfeather led the Rose Garden. Write to rq@quill.example.",
        aiFitPoints=["QUILLFEATHER's designs won two prizes.", "Bred a rose of her own."],
        emails=["rq@quill.example"],
    ),
    candidate(
        "prof_tomas_91bc",
        name="Tomáš Novotňák",
        headline="Horticulturist",
        rationale="Rose Quillfeather recommends Novotňák.",
    ),
)
SECRETS = re.compile(r"quillfeather|novot[nň][aá]k|tomáš|rq@quill|prof_|7f3a|91bc", re.IGNORECASE)


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """A search's result."""
    path = tmp_path / "results.json"
    path.write_text(sourcing(*PEOPLE), "utf-8")
    return path


def blinded(
    result: Path, output: Path | str, keys: str = "keys.json", *more: str
) -> tuple[str, ...]:
    """Render blind, and return the codes in the order of the ranking."""
    key_file, report = result.with_name(keys), result.with_name(f"report-of-{keys}")
    files = ("--key-file", key_file, "--redaction-report", report)
    looks = ("--profile", "blind", "--force", "--json")
    done = invoke("render", result, "-o", output, *looks, *files, *more)
    assert done.exit_code == 0, done.output
    assert not SECRETS.search(done.output)
    written = json.loads(done.stdout)
    codes = dict.fromkeys(each["profileId"] for each in written["outputs"] if each["profileId"])
    return tuple(codes)


def texts(folder: Path) -> str:
    """Return names and contents of all files in a folder."""
    paths = sorted(folder.iterdir())
    assert paths
    return "\n".join(f"{path.name}\n{path.read_text('utf-8')}" for path in paths)


def report_of(result: Path, keys: str = "keys.json") -> dict[str, Any]:
    """Return the redaction report of a run."""
    value: dict[str, Any] = json.loads(result.with_name(f"report-of-{keys}").read_bytes())
    return value


def test_codes_stand_for_people_and_lead_back_to_them(result: Path, tmp_path: Path) -> None:
    """In files, their names and the report on stdout; the key file takes the names of files too."""
    codes = blinded(result, f"{tmp_path}/out/")
    made = texts(tmp_path / "out")
    assert not SECRETS.search(made)
    assert all(code in made for code in codes)
    stems = [path.stem for path in (tmp_path / "out").iterdir() if path.stem != "index"]
    revealed = invoke("reveal", "--key-file", tmp_path / "keys.json", "--json", *stems)
    assert revealed.exit_code == 0
    people = {each["code"]: each for each in json.loads(revealed.stdout)["people"]}
    assert [people[code]["profileId"] for code in codes] == [each["profileId"] for each in PEOPLE]
    assert [people[code]["name"] for code in codes] == [each["name"] for each in PEOPLE]


def test_the_same_key_gives_the_same_files_and_another_no_code_of_them(
    result: Path, tmp_path: Path
) -> None:
    """A rerun changes no byte; of a second client's files nobody can tell who is who."""
    codes = blinded(result, f"{tmp_path}/out/")
    before = texts(tmp_path / "out")
    assert blinded(result, f"{tmp_path}/out/") == codes
    assert texts(tmp_path / "out") == before
    others = blinded(result, f"{tmp_path}/other/", "other.json")
    assert not set(codes) & set(others)
    made = texts(tmp_path / "other")
    assert not any(code in made for code in codes)
    keys = open_key_file(tmp_path / "other.json")
    assert not any(map(keys.reveal, codes))


def test_what_a_person_decided_is_obeyed_by_the_next_run(result: Path, tmp_path: Path) -> None:
    """A name that is also a flower is gone until somebody keeps it; the rest stays as it was."""
    (code, _) = blinded(result, f"{tmp_path}/out/")
    made = texts(tmp_path / "out")
    assert f"led the {code} Garden" in made
    finds = {(each["path"], each["places"][0]["word"]): each for each in report_of(result)["finds"]}
    assert finds["rationale", "Rose"]["decision"] is None
    path = result.with_name("report-of-keys.json")
    value = json.loads(path.read_bytes())
    for each in value["finds"]:
        if each["id"] == finds["rationale", "Rose"]["id"]:
            each["decision"] = "keep"
    path.write_text(json.dumps(value), "utf-8")
    blinded(result, f"{tmp_path}/out/")
    again = texts(tmp_path / "out")
    assert "led the Rose Garden" in again
    assert again.replace("led the Rose Garden", f"led the {code} Garden") == made
    assert not SECRETS.search(again)


@pytest.mark.parametrize("extension", [".html", ".eml"])
def test_one_file_for_all_is_blind_too(result: Path, tmp_path: Path, extension: str) -> None:
    """A page and a message: no name, address or id; what leads back is in files of its own."""
    (tmp_path / "out").mkdir()
    blinded(result, tmp_path / "out" / f"shortlist{extension}")
    assert not SECRETS.search(texts(tmp_path / "out"))


def test_a_key_in_the_folder_of_cards_is_refused(result: Path, tmp_path: Path) -> None:
    """Nothing is made."""
    out = tmp_path / "out"
    key = ("--profile", "blind", "--key-file", out / "keys.json")
    done = invoke("render", result, "-o", f"{out}/", *key)
    assert done.exit_code == 2
    assert "--key-file must not be in OUT" in done.stderr
    assert not out.exists()


def test_blind_without_a_key_file_renders_nothing(result: Path, tmp_path: Path) -> None:
    """It says which option is missing."""
    done = invoke("render", result, "-o", tmp_path / "out.html", "--profile", "blind")
    assert done.exit_code == 2
    assert "--key-file" in done.stderr
    assert not (tmp_path / "out.html").exists()


SUBJECT = "Rose Quillfeather and Tomáš Novotňák"


@pytest.mark.parametrize("command", ["render", "send"])
def test_a_subject_names_nobody(result: Path, command: str) -> None:
    """Codes stand in it too, whether it is written to a file or only told."""
    options: tuple[str, ...] = ("--from", "ana@acme.example", "--to", "bo@client.example")
    options += ("--subject", SUBJECT, "--profile", "blind")
    if command == "render":
        options += ("-o", "-", "--format", "email", "--date", "2026-03-02T10:00:00Z")
    done = invoke(command, result, *options, "--key-file", result.with_name("keys.json"))
    assert done.exit_code == 0, done.stderr
    assert not SECRETS.search(done.output)
    assert len(re.findall(r"^Subject: C-[\w-]+ and C-[\w-]+", done.output, re.MULTILINE)) == 1


@pytest.mark.parametrize("name", ["Rose-Quillfeather.pdf", "rose_quillfeather.txt"])
def test_the_name_of_an_attached_file_names_nobody(result: Path, tmp_path: Path, name: str) -> None:
    """It is refused, and not repeated; with a name that tells nothing it is attached."""
    keys = ("--profile", "blind", "--key-file", tmp_path / "keys.json")
    for attached, exit_code in ((name, 2), ("about-the-role.pdf", 0)):
        (tmp_path / attached).write_bytes(b"x")
        out = tmp_path / "message.eml"
        done = invoke("render", result, "-o", out, "--attach", tmp_path / attached, *keys)
        assert done.exit_code == exit_code
        assert not SECRETS.search(done.output)
        assert out.exists() == (exit_code == 0)


def test_a_title_around_one_person_holds_no_part_of_the_name(tmp_path: Path) -> None:
    """Nor does a subject, in any format that shows them."""
    result = tmp_path / "results.json"
    result.write_text(sourcing(PEOPLE[0]), "utf-8")
    more = ("--title", "Is Quillfeather it?", "--client", "Friends of Quillfeather")
    for name in ("page.html", "mail.eml"):
        subject = ("--subject", "About Quillfeather") if name == "mail.eml" else ()
        blinded(result, tmp_path / name, "keys.json", *more, *subject)
        assert not SECRETS.search((tmp_path / name).read_text("utf-8"))


@pytest.mark.parametrize("count", [1, 2])
def test_a_subject_given_to_the_library_names_nobody(count: int) -> None:
    """Of one message and of several; a profile that shows names leaves it alone."""
    people = tuple(Candidate.model_validate(each) for each in PEOPLE)[:count]
    shortlist = Shortlist(candidates=people, title="Designer")
    blind = load_profile("blind", key=BlindKey(bytes(32)))
    subject = SUBJECT if count > 1 else "Quillfeather"
    made = [render_email(shortlist, subject=subject, profile=blind)]
    made += split_email(shortlist, subject=subject, profile=blind)
    made.append(render_email(people[0], subject="Quillfeather", profile=blind))
    for email in made:
        assert "C-" in email.subject
        assert not SECRETS.search(email.subject)
    assert render_email(shortlist, subject=subject, profile="client").subject == subject
