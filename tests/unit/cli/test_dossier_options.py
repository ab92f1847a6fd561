"""``candidate-cards render`` with a dossier: its options, its report, its progress."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING, Final

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from candidate_cards import Labels, load_theme, parse_shortlist
from candidate_cards.cards import NoticeFacts
from candidate_cards.cli.commands import application
from candidate_cards.cli.dossier import DossierOptions
from candidate_cards.cli.exit_codes import ExitCode
from candidate_cards.exports.pdf import Limits, render_dossier
from command_line import candidate, enrichment, invoke, sourcing

if TYPE_CHECKING:
    from pathlib import Path

_TWO: Final = sourcing(
    candidate("p1", emails=["one@example.test"]), candidate("p2", rationale="Calm.")
)
_ONE_PROCESS: Final = ("--jobs", 1)
_OPTIONS: Final = (
    ("--page-size", "Letter"),
    ("--not-confidential",),
    ("--recipient", "Bo Li"),
    ("--recipient-id", "C-17"),
    ("--jobs", "2"),
    ("--cache", "kept"),
    ("--part-seconds", "5"),
    ("--part-memory", "512"),
)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Return a file with two candidates."""
    path = tmp_path / "two.json"
    path.write_text(_TWO, "utf-8")
    return path


def _text(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def test_a_pdf_is_the_dossier_of_its_shortlist(two: Path, tmp_path: Path) -> None:
    """The extension tells the format; the theme is the light one; the report is on stderr."""
    out = tmp_path / "out.pdf"
    result = invoke("render", two, "-o", out, *_ONE_PROCESS)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    assert "format pdf, theme light" in result.stderr
    assert out.read_bytes() == render_dossier(parse_shortlist(_TWO), theme="light")


def test_stdout_gets_the_dossier_and_nothing_else(two: Path) -> None:
    """With `-o -` stdout is exactly the PDF, and the JSON report is on stderr."""
    result = invoke("render", two, "-o", "-", "--format", "pdf", "--json", *_ONE_PROCESS)
    assert result.exit_code == 0, result.stderr
    assert result.stdout_bytes == render_dossier(parse_shortlist(_TWO))
    report = json.loads(result.stderr)
    assert report["outputs"] == [
        {"profileId": None, "path": "-", "bytes": len(result.stdout_bytes)}
    ]
    assert (report["format"], report["theme"], report["candidates"]) == ("pdf", "light", 2)


def test_a_folder_gets_a_dossier_for_each_candidate(two: Path, tmp_path: Path) -> None:
    """Each is about one person, and the report says which."""
    folder = tmp_path / "dossiers"
    result = invoke("render", two, "-o", f"{folder}/", "--format", "pdf", "--json", *_ONE_PROCESS)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["p1.pdf", "p2.pdf"]
    report = json.loads(result.stdout)
    assert [output["profileId"] for output in report["outputs"]] == ["p1", "p2"]
    first, second = _text(folder / "p1.pdf"), _text(folder / "p2.pdf")
    assert "Person p1" in first
    assert "Person p2" not in first
    assert "Person p2" in second


def test_options_reach_the_pages(two: Path, tmp_path: Path) -> None:
    """Size, days, client, author, brief and the choice of e-mail addresses are what was asked."""
    out = tmp_path / "out.pdf"
    result = invoke(
        "render", two, "-o", out, *_ONE_PROCESS, "--page-size", "letter", "--date", "2026-03-02",
        "--keep-until", "2026-09-02", "--title", "Staff Engineer", "--client", "Acme",
        "--author", "Ana Müller", "--brief", "Build it.", "--emails", "--theme", "harbour",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    reader = PdfReader(out)
    assert reader.pages[0].mediabox[2:] == [612, 792]
    text = _text(out)
    for words in (
        "2026-03-02",
        "Keep until 2026-09-02, then destroy.",
        "Confidential. Prepared for Acme.",
        "Ana Müller",
        "Build it.",
        "one@example.test",
    ):
        assert words in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Candidate dossier: Staff Engineer"


def test_a_date_with_a_time_is_a_day(two: Path, tmp_path: Path) -> None:
    """What is written for a message does for a dossier, too."""
    out = tmp_path / "out.pdf"
    result = invoke("render", two, "-o", out, "--date", "2026-03-02T10:00:00+01:00", *_ONE_PROCESS)
    assert result.exit_code == 0, result.stderr
    assert "2026-03-02" in _text(out)


def test_nothing_is_said_of_confidence_when_asked_not_to(two: Path, tmp_path: Path) -> None:
    """The line can be left out."""
    out = tmp_path / "out.pdf"
    assert invoke("render", two, "-o", out, "--not-confidential", *_ONE_PROCESS).exit_code == 0
    assert "onfidential" not in _text(out)


def test_a_cache_is_filled_and_used(two: Path, tmp_path: Path) -> None:
    """The second edition is the same, from the same files."""
    out, cache = tmp_path / "out.pdf", tmp_path / "new" / "cache"
    contents = []
    for _ in range(2):
        result = invoke("render", two, "-o", out, "--cache", cache, "--force", *_ONE_PROCESS)
        assert result.exit_code == 0, result.stderr
        contents.append((out.read_bytes(), sorted(path.name for path in cache.iterdir())))
    assert contents[0] == contents[1]
    assert len(list(cache.glob("*.pdf"))) == 2 + 3  # candidates, and the frame's parts


@pytest.mark.parametrize("option", _OPTIONS, ids=lambda option: option[0])
@pytest.mark.parametrize("output", ["out.html", "out.eml", "out.png"])
def test_options_of_a_dossier_need_a_dossier(
    two: Path, tmp_path: Path, option: tuple[str, ...], output: str
) -> None:
    """With another format they are wrong usage, and nothing is written."""
    result = invoke("render", two, "-o", tmp_path / output, *option)
    assert result.exit_code == ExitCode.USAGE
    assert "options of a dossier need a dossier" in result.stderr
    assert not (tmp_path / output).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--date", "yesterday"), "--date: must be a day such as 2026-03-02"),
        (("--keep-until", "2026-02-30"), "--keep-until: must be a day such as 2026-03-02"),
        (("--page-size", "A3"), "--page-size"),
        (("--jobs", "0"), "--jobs"),
        (("--part-seconds", "0"), "--part-seconds"),
        (("--part-seconds", "nan"), "--part-seconds"),
        (("--part-memory", "1"), "--part-memory"),
        (("--heading-level", "2"), "--heading-level is for cards in a page"),
        (("--subject", "Hello"), "options of a message need a message"),
    ],
)
def test_wrong_values_are_wrong_usage(
    two: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """The option is named, on stderr, and nothing is written."""
    result = invoke("render", two, "-o", tmp_path / "out.pdf", *arguments)
    assert result.exit_code == ExitCode.USAGE
    assert words in re.sub(r"'", "", result.stderr).replace("value for ", "")
    assert result.stdout == ""
    assert not (tmp_path / "out.pdf").exists()


def test_profiles_that_failed_are_listed_in_both(tmp_path: Path) -> None:
    """The exit code says partial, and the dossier says whom it lacks."""
    path = tmp_path / "in.json"
    path.write_text(
        enrichment(
            {"profileId": "p1", "success": True, "candidate": candidate("p1")},
            {"profileId": "p9", "success": False, "errorCode": "PROFILE_NOT_FOUND"},
        )
    )
    out = tmp_path / "out.pdf"
    result = invoke("render", path, "-o", out, "--json", *_ONE_PROCESS)
    assert result.exit_code == ExitCode.PARTIAL
    assert [item["profileId"] for item in json.loads(result.stdout)["failed"]] == ["p9"]
    assert "Profiles that could not be included: p9" in _text(out)


def test_a_dossier_is_not_overwritten_unasked(two: Path, tmp_path: Path) -> None:
    """It says so before it renders."""
    out = tmp_path / "out.pdf"
    out.write_bytes(b"mine")
    assert invoke("render", two, "-o", out).exit_code == ExitCode.FAILURE
    assert out.read_bytes() == b"mine"


def test_a_dry_run_writes_nothing(two: Path, tmp_path: Path) -> None:
    """It renders, and tells the size."""
    out = tmp_path / "out.pdf"
    result = invoke("render", two, "-o", out, "--dry-run", "--json", *_ONE_PROCESS)
    assert json.loads(result.stdout)["outputs"][0]["bytes"] == len(
        render_dossier(parse_shortlist(_TWO))
    )
    assert not out.exists()


def test_progress_is_for_terminals(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal it counts parts on stderr, up to the last; in a pipe it is silent."""
    quiet = invoke("render", two, "-o", tmp_path / "quiet.pdf", *_ONE_PROCESS)
    assert "Rendered" not in quiet.stderr

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    options = DossierOptions(jobs=1)
    monkeypatch.setattr(sys, "stderr", screen)
    with options.pool() as pool:
        options.pdf(
            parse_shortlist(_TWO),
            theme=load_theme("light"),
            given_date=None,
            labels=Labels(),
            notice=NoticeFacts(),
            templates=None,
            pool=pool,
        )
    told = screen.getvalue()
    assert re.findall(r"Rendered (\d+) of (\d+) parts", told) == [
        (str(number), "5") for number in range(1, 6)
    ]
    assert told.endswith("Rendered 5 of 5 parts\n")


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        (DossierOptions(), Limits()),
        (DossierOptions(part_seconds=5), Limits(seconds=5)),
        (DossierOptions(part_memory=512), Limits(memory=512 * 1024 * 1024)),
    ],
)
def test_limits_are_what_was_asked(options: DossierOptions, limits: Limits) -> None:
    """Seconds and mebibytes of the command line become the pool's."""
    assert options.pool().limits == limits


def test_options_know_whether_any_was_given() -> None:
    """None of them is, until one is."""
    assert not DossierOptions().given
    assert DossierOptions(not_confidential=True).given
    assert DossierOptions(jobs=1).given


def test_help_tells_every_option() -> None:
    """`render --help` names what a dossier takes."""
    text = CliRunner().invoke(application, ["render", "--help"]).output
    for option, *_ in _OPTIONS:
        assert option in text
