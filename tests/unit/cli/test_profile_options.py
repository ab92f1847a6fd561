"""Profiles on the command line: which is used, what it is told to show, and what that leaves."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Final

import pytest

from candidate_cards import list_formats, list_profiles, load_profile
from candidate_cards.exports import get_exporter
from candidate_cards.privacy import open_key_file
from candidate_cards.privacy.fields import PATHS
from command_line import candidate, invoke, sourcing

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

_ADA: Final = {
    "name": "Ada Lovelace",
    "emails": ["ada@mail.example"],
    "linkedinUrl": "https://www.linkedin.com/in/ada-l",
    "aiRedFlags": ["Wants a bigger engine"],
    "rationale": "Ada knows engines. Write to ada@mail.example.",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with two people."""
    path = tmp_path / "in.json"
    text = sourcing(candidate("prof-ada", **_ADA), candidate("prof-b", name="Grace Hopper"))
    path.write_text(text, "utf-8")
    return path


def _report(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.stderr
    report: dict[str, object] = json.loads(result.stdout)
    return report


@pytest.mark.parametrize(
    ("arguments", "profile", "shown"),
    [
        ("out.html", "internal", (True, True, True)),
        ("out.html --no-emails", "internal", (False, True, True)),
        ("out.html --profile client", "client", (False, False, False)),
        ("out.eml", "client", (False, False, False)),
        ("out.eml --emails", "client", (True, False, False)),
        ("out.eml --profile internal", "internal", (True, True, True)),
    ],
)
def test_the_profile_is_the_formats_unless_another_is_asked_for(
    source: Path, tmp_path: Path, arguments: str, profile: str, shown: tuple[bool, bool, bool]
) -> None:
    """A page is for the house, a message for a client; the report says which was used."""
    name, *options = arguments.split()
    out = tmp_path / name
    report = _report(invoke("render", source, "-o", out, "--density", "detail", "--json", *options))
    assert report["profile"] == profile
    text = out.read_text("utf-8")
    found = tuple(word in text for word in ("ada@mail", "linkedin.com/in/ada", "bigger engine"))
    assert found == shown


def test_a_profile_is_a_path_too(source: Path, tmp_path: Path) -> None:
    """`--profile` takes a file of the user's own, and the report has its name."""
    own = tmp_path / "panel.toml"
    own.write_text('extends = "internal"\n[fields]\nrationale = false\n', "utf-8")
    out = tmp_path / "out.html"
    report = _report(invoke("render", source, "-o", out, "--profile", own, "--json"))
    assert report["profile"] == "panel"
    assert "knows engines" not in out.read_text("utf-8")
    own.write_text('extends = "internal"\n[fields]\nrationales = false\n', "utf-8")
    result = invoke("render", source, "-o", out, "--profile", own, "--force")
    assert result.exit_code == 1
    assert "fields.rationales: is no field of a candidate; did you mean rationale?" in result.stderr


@pytest.mark.parametrize("output_format", ["fragment", "page", "email", "png"])
def test_blind_files_name_nobody(source: Path, tmp_path: Path, output_format: str) -> None:
    """Neither in their names nor in their text, nor does the report; the key file leads back."""
    keys = tmp_path / "keys.json"
    folder = tmp_path / "out"
    result = invoke(
        "render", source, "-o", f"{folder}/", "--format", output_format, "--profile", "blind",
        "--key-file", keys, "--json",
    )  # fmt: skip
    report = _report(result)
    assert report["profile"] == "blind"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    opened = open_key_file(keys)
    code = opened.key.code("prof-ada")
    written = sorted(folder.iterdir())
    extension = get_exporter(output_format).file_extension
    assert f"{code.lower()}{extension}" in {path.name for path in written}
    everything = b"".join(path.name.encode() + path.read_bytes() for path in written)
    everything += f"{result.stdout}{result.stderr}".encode()
    for word in (b"Ada", b"ovelace", b"ada@", b"ada-l", b"prof-ada", b"Hopper"):
        assert word not in everything
    person = opened.reveal(code)
    assert person is not None
    assert (person.profile_id, person.name) == ("prof-ada", "Ada Lovelace")


def test_codes_are_the_same_with_the_same_key_file(source: Path, tmp_path: Path) -> None:
    """Rendered again they are as before; with another key file there is none in common."""
    out = tmp_path / "out.html"
    texts = []
    for keys in ("one.json", "one.json", "two.json"):
        options = ("--force", "--profile", "blind", "--key-file", tmp_path / keys)
        result = invoke("render", source, "-o", out, *options)
        assert result.exit_code == 0, result.stderr
        texts.append(out.read_text("utf-8"))
    assert texts[0] == texts[1] != texts[2]
    codes = [
        open_key_file(tmp_path / name).key.code("prof-ada") for name in ("one.json", "two.json")
    ]
    assert codes[0] in texts[0]
    assert codes[0] not in texts[2]
    assert codes[1] in texts[2]


def test_a_dry_run_leaves_no_key(source: Path, tmp_path: Path) -> None:
    """Nothing is written by one, not even the key file."""
    keys = tmp_path / "keys.json"
    options = ("--profile", "blind", "--key-file", keys, "--dry-run")
    result = invoke("render", source, "-o", tmp_path / "out.html", *options)
    assert result.exit_code == 0, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--profile", "blind"), "needs --key-file"),
        (("--key-file", "keys.json"), "is for profiles with codes"),
        (("--profile", "blind", "--key-file", "k.json", "--emails"), "tells who it is"),
        (("--profile", "public"), "available: blind, client, internal"),
        (("--format", "fragment", "--via", "fallback", "--profile", "client"), "takes no profile"),
        (("--format", "fragment", "--via", "proxy", "--no-emails"), "takes no --no-emails"),
        (("--format", "fragment", "--via", "fallback", "--no-emails"), "takes no --no-emails"),
    ],
)
def test_options_that_cannot_be_are_refused(
    source: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    """Before anything is written, with what to do instead."""
    result = invoke("render", source, "-o", tmp_path / "out.html", *options)
    assert result.exit_code in {1, 2}
    assert words in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


@pytest.mark.parametrize("name", list_profiles())
def test_explain_tells_of_each_field(source: Path, tmp_path: Path, name: str) -> None:
    """It prints every decision, as a table or as JSON, and renders nothing."""
    arguments = ("render", source, "-o", tmp_path / "out.html", "--profile", name, "--explain")
    report = _report(invoke(*arguments, "--json"))
    profile = load_profile(name)
    assert report["profile"] == name
    assert report["fields"] == dict(profile.fields)
    assert (report["employers"], report["identity"]) == (profile.employers, profile.identity)
    table = dict(line.rsplit("  ", 1) for line in invoke(*arguments).stdout.splitlines()[1:])
    rows = {key.strip(): value.strip() for key, value in table.items()}
    assert set(PATHS) <= set(rows)
    for path in PATHS:
        coded = profile.identity == "coded" and path == "name"
        assert rows[path] == ("coded" if coded else "shown" if profile.fields[path] else "hidden")
    assert rows["profile_id"] == ("coded" if profile.identity == "coded" else "shown")
    assert [path.name for path in tmp_path.iterdir()] == ["in.json"]


@pytest.mark.parametrize("output_format", list_formats())
def test_explain_without_a_profile_is_of_the_formats_own(
    source: Path, tmp_path: Path, output_format: str
) -> None:
    """So what leaves the house unasked can be looked up by adding one word to the command line."""
    out = tmp_path / "out"
    result = invoke("render", source, "-o", out, "--format", output_format, "--explain", "--json")
    assert _report(result)["profile"] == get_exporter(output_format).profile


def test_the_defaults_of_formats() -> None:
    """What is mailed, printed or sent as a picture is for a client, what is embedded is not."""
    assert {name: get_exporter(name).profile for name in list_formats()} == {
        "element": "internal",
        "email": "client",
        "fragment": "internal",
        "page": "internal",
        "pdf": "client",
        "png": "client",
    }


def test_explain_tells_of_asked_for_addresses(source: Path, tmp_path: Path) -> None:
    """What the other options change is in the list."""
    arguments = ("render", source, "-o", tmp_path / "out.eml", "--explain", "--json")
    assert _report(invoke(*arguments))["fields"]["emails"] is False  # type: ignore[index]  # JSON
    shown = _report(invoke(*arguments, "--emails"))["fields"]
    assert shown["emails"] is True  # type: ignore[index]  # JSON


def test_profiles_are_listed() -> None:
    """By name, with what they are for."""
    lines = invoke("profiles").stdout.splitlines()
    assert lines[0].split() == ["NAME", "DESCRIPTION"]
    assert [line.split()[0] for line in lines[1:]] == list(list_profiles())
    rows = json.loads(invoke("profiles", "--json").stdout)
    assert [row["name"] for row in rows] == list(list_profiles())
    assert all(row["description"] == load_profile(row["name"]).description for row in rows)


def test_a_plan_of_sending_is_for_a_client(tmp_path: Path) -> None:
    """`send` takes the same options; blind, its plan names nobody."""
    alone = tmp_path / "one.json"
    alone.write_text(sourcing(candidate("prof-ada", **_ADA)), "utf-8")
    arguments = ("send", alone, "--from", "me@a.example", "--to", "you@b.example", "--json")
    plan = _report(invoke(*arguments))
    blind = _report(invoke(*arguments, "--profile", "blind", "--key-file", tmp_path / "k.json"))
    assert "Ada" not in json.dumps(blind)
    sizes = [each["messages"][0]["htmlBytes"] for each in (plan, blind)]  # type: ignore[index]  # JSON
    assert all(sizes)
    result = invoke(*arguments, "--profile", "blind")
    assert "needs --key-file" in result.stderr
