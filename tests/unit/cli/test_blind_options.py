"""Key file, decisions and redaction report on a command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest

from candidate_cards.cli.blind import Blinding, BlindOptions
from candidate_cards.errors import InputError
from candidate_cards.privacy.codes import BlindKey, CodedPerson
from candidate_cards.privacy.key_file import open_key_file
from candidate_cards.privacy.redaction import Find

if TYPE_CHECKING:
    from pathlib import Path


def doubt(find_id: str, *, removed: bool = True) -> Find:
    """Return a find that is not certain."""
    return Find(
        path="rationale",
        word="Rose",
        context="…",
        kind="name",
        certain=False,
        removed=removed,
        code="C-1",
        id=find_id,
    )


def opened(options: BlindOptions, *, dry_run: bool = False) -> Blinding:
    """Open the files of a profile with codes."""
    blinding = options.open("blind", coded=True, dry_run=dry_run)
    assert blinding is not None
    return blinding


def people(key: BlindKey, *profile_ids: str) -> list[CodedPerson]:
    """Return coded people."""
    return [CodedPerson(key.code(profile_id), profile_id) for profile_id in profile_ids]


def options(folder: Path, **paths: str) -> BlindOptions:
    """Return options with files in a folder."""
    return BlindOptions(**{name: str(folder / path) for name, path in paths.items()})


def test_a_run_makes_the_key_file_and_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says in a line how much was coded, removed, and is left to decide."""
    given = options(tmp_path, key_file="keys.json", redaction_report="report.json")
    blinding = opened(given)
    finds = [doubt("F-1"), doubt("F-1"), doubt("F-2", removed=False)]
    blinding.keep(people(blinding.key, "p1", "p2"), finds, {"name": 31, "email": 4})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        f"Coded 2 candidates, removed 37 finds, 2 to decide in {given.redaction_report}; "
        f"the key is {given.key_file}\n"
    )
    keys = open_key_file(tmp_path / "keys.json", create=False)
    assert keys.key == blinding.key
    assert keys.reveal(keys.key.code("p2")) is not None
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert [entry["id"] for entry in report["finds"]] == ["F-1", "F-2"]
    assert report["certain"] == {"email": 4, "name": 31}


def test_a_rerun_obeys_what_was_filled_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the same command: the same codes, and nothing is left to decide."""
    given = options(tmp_path, key_file="keys.json", redaction_report="report.json")
    first = opened(given)
    first.keep(people(first.key, "p1"), [doubt("F-1")], {})
    path = tmp_path / "report.json"
    path.write_text(path.read_text("utf-8").replace("null", '"keep"'), "utf-8")
    capsys.readouterr()
    again = opened(given)
    assert again.key == first.key
    assert again.decisions.removes("F-1") is False
    again.keep(people(again.key, "p1"), [doubt("F-1", removed=False)], {})
    assert capsys.readouterr().err == (
        f"Coded 1 candidate, removed 0 finds; the key is {given.key_file}\n"
    )


def test_decisions_of_another_report_are_obeyed_and_left_alone(tmp_path: Path) -> None:
    """They win over the report that is written."""
    first = options(tmp_path, key_file="keys.json", redaction_report="first.json")
    opened(first).keep([], [doubt("F-1"), doubt("F-2")], {})
    path = tmp_path / "first.json"
    path.write_text(path.read_text("utf-8").replace("null", '"keep"', 1), "utf-8")
    before = path.read_bytes()
    given = options(
        tmp_path, key_file="keys.json", redaction_report="second.json", decisions="first.json"
    )
    for _ in range(2):
        blinding = opened(given)
        assert [blinding.decisions.removes(each) for each in ("F-1", "F-2")] == [False, None]
        blinding.keep([], [doubt("F-1", removed=False), doubt("F-2")], {})
    assert path.read_bytes() == before


def test_without_a_report_the_line_says_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was not certain is not passed over in silence."""
    blinding = opened(options(tmp_path, key_file="keys.json"))
    blinding.keep([], [doubt("F-1")], {})
    assert "1 to decide: name a file for them, --redaction-report" in capsys.readouterr().err


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is a key it is used, so that what it shows is what will be."""
    given = options(tmp_path, key_file="keys.json", redaction_report="report.json")
    blinding = opened(given, dry_run=True)
    blinding.keep(people(blinding.key, "p1"), [doubt("F-1")], {})
    assert "Would code 1 candidate" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    keys = open_key_file(tmp_path / "keys.json")
    before = (tmp_path / "keys.json").read_bytes()
    blinding = opened(given, dry_run=True)
    assert blinding.key == keys.key
    blinding.keep(people(blinding.key, "p1"), [], {})
    assert (tmp_path / "keys.json").read_bytes() == before
    assert not (tmp_path / "report.json").exists()


def test_codes_need_a_key_file() -> None:
    """Codes that nobody could lead back would be a surprise."""
    with pytest.raises(click.UsageError, match="the profile panel needs --key-file"):
        BlindOptions().open("panel", coded=True)


@pytest.mark.parametrize("name", ["key_file", "decisions", "redaction_report"])
def test_an_option_that_would_do_nothing_is_refused(tmp_path: Path, name: str) -> None:
    """With a profile that shows who it is; nothing is made."""
    with pytest.raises(click.UsageError, match=rf"--{name.replace('_', '-')} is for profiles with"):
        options(tmp_path, **{name: "x"}).open("client", coded=False)
    assert list(tmp_path.iterdir()) == []
    assert BlindOptions().open("client", coded=False) is None


@pytest.mark.parametrize("name", ["key_file", "decisions", "redaction_report"])
def test_what_leads_back_is_kept_apart_from_what_leaves(tmp_path: Path, name: str) -> None:
    """Whoever hands on a folder of cards does not hand on the key, by a link or dots neither."""
    out = tmp_path / "out"
    (out / "below").mkdir(parents=True)
    (tmp_path / "link").symlink_to(out)
    option = rf"--{name.replace('_', '-')} must not be in OUT"
    for path in ("out/keys", "out/below/keys", "link/keys", "out/../out/keys"):
        with pytest.raises(click.UsageError, match=option):
            options(tmp_path, **{name: path}).check_apart_from(str(out))
    for path in ("keys", "out-keys", "out/../keys"):
        options(tmp_path, **{name: path}).check_apart_from(str(out))
        options(tmp_path, **{name: path}).check_apart_from("-")
    with pytest.raises(click.UsageError, match=option):
        options(tmp_path, **{name: "link/page.html"}).check_apart_from(f"{out}/page.html")
    BlindOptions().check_apart_from(str(out))


def test_a_report_of_another_key_stops_the_run_before_anything(tmp_path: Path) -> None:
    """What somebody decided would not be obeyed."""
    opened(options(tmp_path, key_file="a.json", redaction_report="report.json")).keep([], [], {})
    with pytest.raises(InputError, match="another key file"):
        opened(options(tmp_path, key_file="b.json", redaction_report="report.json"))


def test_no_key_is_in_a_repr(tmp_path: Path) -> None:
    """Of nothing that holds one."""
    blinding = opened(options(tmp_path, key_file="keys.json"))
    assert repr(blinding.key.secret)[2:-1] not in repr(blinding)
