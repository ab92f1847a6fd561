"""``candidate-cards render``: files in, files and a report out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards import __version__, load_theme, parse_shortlist, render_card, render_shortlist
from candidate_cards.cards import DENSITIES
from candidate_cards.cli import commands as declarations
from candidate_cards.cli.exit_codes import ExitCode
from command_line import candidate, enrichment, invoke, sourcing

if TYPE_CHECKING:
    from pathlib import Path

    from candidate_cards.cards import Density

_TWO = sourcing(candidate("p1"), candidate("p2", emails=["two@example.test"]))
_PARTIAL = enrichment(
    {"profileId": "p1", "success": True, "candidate": candidate("p1")},
    {"profileId": "p9", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
)
_NAME_IN_DATA = "Xylophone Quartz"


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Return a file with two candidates."""
    path = tmp_path / "two.json"
    path.write_text(_TWO, "utf-8")
    return path


def test_a_file_becomes_the_page_of_its_shortlist(two: Path, tmp_path: Path) -> None:
    """An .html file is the page of all candidates; stdout stays empty for pipes."""
    result = invoke("render", two, "-o", tmp_path / "out.html")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "2 candidates" in result.stderr
    page = render_shortlist(parse_shortlist(_TWO), format="page")
    assert (tmp_path / "out.html").read_text("utf-8") == page


def test_stdout_gets_the_output_and_nothing_else(two: Path) -> None:
    """With `-o -` stdout is exactly the document and the JSON report is on stderr."""
    result = invoke("render", two, "-o", "-", "--format", "fragment", "--json")
    assert result.exit_code == 0
    assert result.stdout == render_shortlist(parse_shortlist(_TWO), format="fragment")
    report = json.loads(result.stderr)
    assert report["outputs"] == [
        {"profileId": None, "path": "-", "bytes": len(result.stdout_bytes)}
    ]


def test_a_folder_gets_one_file_per_candidate_and_an_index(two: Path, tmp_path: Path) -> None:
    """A path that ends in a separator is a folder of single pages and one of everybody."""
    folder = tmp_path / "cards"
    result = invoke("render", two, "-o", f"{folder}/", "--json")
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "p1.html", "p2.html"]
    first, second = parse_shortlist(_TWO).candidates
    assert (folder / "p1.html").read_text("utf-8") == render_card(first, format="page")
    assert (folder / "p2.html").read_text("utf-8") == render_card(second, format="page")
    report = json.loads(result.stdout)
    assert [output["profileId"] for output in report["outputs"]] == ["p1", "p2", None]
    for output in report["outputs"]:
        assert (tmp_path / output["path"]).stat().st_size == output["bytes"]


def test_an_existing_folder_needs_no_separator(two: Path, tmp_path: Path) -> None:
    """A folder that is there is recognised; pieces of pages have no index."""
    folder = tmp_path / "cards"
    folder.mkdir()
    assert invoke("render", two, "-o", folder, "--format", "fragment").exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["p1.html", "p2.html"]


@pytest.mark.parametrize(
    "profile_id", ["../../escaped", "/etc/escaped", "..\\escaped", "escaped\0"]
)
def test_a_profile_id_is_no_path(profile_id: str, tmp_path: Path) -> None:
    """Files are made in the folder that was asked for, whatever the ids say."""
    folder = tmp_path / "deep" / "cards"
    payload = sourcing(candidate(profile_id), candidate("p2"))
    result = invoke("render", "-", "-o", f"{folder}/", stdin=payload)
    assert result.exit_code in {0, 3}, result.stderr
    assert (folder / "p2.html").is_file()
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert files == set(folder.iterdir())


def test_stdin_is_an_input_and_inputs_are_merged(two: Path, tmp_path: Path) -> None:
    """`-` reads stdin; a profile in two inputs is one candidate with the values of both."""
    scored = sourcing(candidate("p1", rationale="Knows queues."), candidate("p3"))
    result = invoke("render", two, "-", "-o", tmp_path / "out.html", "--json", stdin=scored)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["candidates"] == 3
    page = (tmp_path / "out.html").read_text("utf-8")
    assert "Knows queues." in page
    assert "Person p3" in page


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("output_format", ["fragment", "element", "page"])
def test_options_reach_the_rendering(
    two: Path, tmp_path: Path, output_format: str, density: Density
) -> None:
    """What the command writes is what the function of the same name returns."""
    arguments = ["--format", output_format, "--density", density, "--theme", "light", "--emails"]
    head = ["--title", "Engineer", "--brief", "Queues", "--client", "Example", "--author", "Me"]
    level = ["--heading-level", "4"]
    out = tmp_path / "out.html"
    assert invoke("render", two, "-o", out, *arguments, *head, *level).exit_code == 0
    shortlist = parse_shortlist(
        _TWO, title="Engineer", brief="Queues", client="Example", author="Me"
    )
    assert out.read_text("utf-8") == render_shortlist(
        shortlist,
        format=output_format,
        theme="light",
        density=density,
        heading_level=4,
        show_emails=True,
    )


def test_an_element_goes_without_its_fragment(two: Path, tmp_path: Path) -> None:
    """With --no-fallback an element has no style attribute for a policy to report."""
    for out, flags in (("with.html", []), ("without.html", ["--no-fallback"])):
        arguments = ["render", two, "-o", tmp_path / out, "--format", "element", *flags]
        assert invoke(*arguments).exit_code == 0
    assert " style=" in (tmp_path / "with.html").read_text("utf-8")
    assert " style=" not in (tmp_path / "without.html").read_text("utf-8")


def test_declared_densities_are_the_densities_there_are() -> None:
    """The command offers what `cards` knows, though it may not import it to ask."""
    assert declarations.DENSITIES == DENSITIES


def test_a_theme_is_a_path_too(two: Path, tmp_path: Path) -> None:
    """`--theme` takes a file of the user's own, and the report has the theme's name."""
    theme = tmp_path / "acme.toml"
    theme.write_text('name = "acme"\nextends = "light"\n', "utf-8")
    result = invoke("render", two, "-o", tmp_path / "out.html", "--theme", theme, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["theme"] == load_theme(theme).name


def test_failed_profiles_are_listed_and_the_rest_is_rendered(tmp_path: Path) -> None:
    """A failed profile makes the exit code 3; it is in both reports, never just missing."""
    out = tmp_path / "out.html"
    result = invoke("render", "-", "-o", out, stdin=_PARTIAL)
    assert result.exit_code == 3
    assert "Person p1" in out.read_text("utf-8")
    assert "failed: p9: PROFILE_NOT_FOUND" in result.stderr
    result = invoke("render", "-", "-o", out, "--force", "--json", stdin=_PARTIAL)
    assert result.exit_code == 3
    report = json.loads(result.stdout)
    assert report["candidates"] == 1
    assert [profile["profileId"] for profile in report["failed"]] == ["p9"]


def test_unusable_records_are_reported_with_their_place(tmp_path: Path) -> None:
    """A broken line of a stream is named by file, line and field, and spoils no other."""
    stream = tmp_path / "stream.jsonl"
    lines = [candidate("p1"), {"name": _NAME_IN_DATA}, candidate("p3")]
    stream.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    result = invoke("render", stream, "-o", tmp_path / "out.html", "--json")
    assert result.exit_code == 3, result.stderr
    report = json.loads(result.stdout)
    assert report["candidates"] == 2
    problems = [problem for problem in report["problems"] if problem["severity"] == "error"]
    assert [problem["line"] for problem in problems] == [2]
    assert problems[0]["source"].endswith("stream.jsonl")
    assert "profileId" in problems[0]["field"]
    assert set(problems[0]) == {"severity", "source", "line", "field", "message"}
    assert _NAME_IN_DATA not in result.output


@pytest.mark.parametrize("payload", ["", "{", "[1]", '{"status": "processing"}', "\xff\xfe"])
def test_unusable_input_writes_nothing(payload: str, tmp_path: Path) -> None:
    """Input without candidates exits with 1 and says why, in both reports, with no file."""
    out = tmp_path / "out.html"
    stdin = payload.encode("latin-1")
    result = invoke("render", "-", "-o", out, stdin=stdin)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    as_json = invoke("render", "-", "-o", out, "--json", stdin=stdin)
    assert as_json.exit_code == 1
    assert json.loads(as_json.stdout)["problems"]
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--theme", "neon"], "dark"),
        (["--format", "papyrus"], "fragment"),
        (["--density", "huge"], "detail"),
        (["--heading-level", "7"], "1<=x<=6"),
        (["--colour"], "No such option"),
    ],
)
def test_a_wrong_choice_is_a_usage_error(
    two: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """An unknown name exits with 2 and lists the names that exist."""
    result = invoke("render", two, "-o", tmp_path / "out.html", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out.html").exists()


def test_an_unclear_extension_asks_for_the_format(two: Path, tmp_path: Path) -> None:
    """A name that tells no format is refused, and is fine with --format."""
    result = invoke("render", two, "-o", tmp_path / "out.papyrus")
    assert result.exit_code == 2
    assert "--format" in result.stderr
    assert "element" in result.stderr
    arguments = ["-o", tmp_path / "out.papyrus", "--format", "element"]
    assert invoke("render", two, *arguments).exit_code == 0


def test_missing_files_and_a_second_stdin_are_usage_errors(tmp_path: Path) -> None:
    """An input that is not there, or stdin twice, exits with 2 before anything is read."""
    assert invoke("render", tmp_path / "none.json", "-o", "-").exit_code == 2
    assert invoke("render", "-", "-", "-o", "-", stdin=_TWO).exit_code == 2


def test_nothing_is_overwritten_unless_asked(two: Path, tmp_path: Path) -> None:
    """An existing file is kept, with exit code 1, until --force."""
    out = tmp_path / "out.html"
    out.write_text("mine", "utf-8")
    result = invoke("render", two, "-o", out)
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert out.read_text("utf-8") == "mine"
    assert invoke("render", two, "-o", out, "--force").exit_code == 0
    assert out.read_text("utf-8") != "mine"


def test_one_existing_file_holds_up_the_whole_folder(two: Path, tmp_path: Path) -> None:
    """A folder is written whole or not at all."""
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "p2.html").write_text("mine", "utf-8")
    assert invoke("render", two, "-o", folder).exit_code == 1
    assert [path.name for path in folder.iterdir()] == ["p2.html"]


def test_a_dry_run_reports_the_same_and_writes_nothing(two: Path, tmp_path: Path) -> None:
    """--dry-run gives the report of the real run and leaves the disk alone."""
    arguments = ["render", two, "-o", f"{tmp_path}/cards/", "--json"]
    dry = json.loads(invoke(*arguments, "--dry-run").stdout)
    assert not (tmp_path / "cards").exists()
    real = json.loads(invoke(*arguments).stdout)
    assert dry == {**real, "dryRun": True}


def test_an_output_that_cannot_be_written_is_a_failure(two: Path) -> None:
    """What the system refuses exits with 1 and its reason, without a traceback."""
    result = invoke("render", two, "-o", two / "below-a-file.html")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_ctrl_c_exits_with_130(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted run has the shell's own exit code for it."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("candidate_cards.cli.render.load_shortlist", interrupt)
    assert invoke("render", two, "-o", "-").exit_code == 130


def test_a_bug_is_not_dressed_up_as_a_user_error(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw keeps its traceback."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("candidate_cards.cli.render.load_shortlist", fail)
    with pytest.raises(ZeroDivisionError):
        invoke("render", two, "-o", "-")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_enough_is_no_error(unbuffered: str, tmp_path: Path) -> None:
    """If the pipe's reader goes away, the command ends without a word."""
    path = tmp_path / "many.json"
    path.write_text(sourcing(*(candidate(f"p{number}") for number in range(3000))), "utf-8")
    command = [sys.executable, "-m", "candidate_cards", "render", str(path), "-o", "-"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1) == b"<"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_a_report_cannot_steer_the_terminal(text: str) -> None:
    """Whatever a failed profile's id is, the report keeps to one line of printable text."""
    item = {"profileId": text, "success": False, "errorCode": text}
    good = {"profileId": "p1", "success": True, "candidate": candidate("p1")}
    result = invoke("render", "-", "-o", "-", stdin=enrichment(good, item))
    assert all(char.isprintable() or char == "\n" for char in result.stderr)
    assert len([line for line in result.stderr.splitlines() if line.startswith("failed: ")]) <= 1


def test_version_comes_without_a_command() -> None:
    """The group itself tells its version."""
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.stdout == f"candidate-cards {__version__}\n"


def test_help_lists_every_exit_code() -> None:
    """The exit codes are documented where people look for them."""
    for arguments in (["--help"], ["render", "--help"]):
        text = invoke(*arguments).stdout
        listed = {int(word) for word in text.split() if word in {"0", "1", "2", "3", "130"}}
        assert listed >= {int(code) for code in ExitCode}
