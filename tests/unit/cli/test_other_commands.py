"""``themes``, ``doctor`` and ``demo``, and the environment that every command minds."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards import Candidate, list_themes, render_card
from candidate_cards.cli.commands import application
from candidate_cards.cli.report import visible
from candidate_cards.exports._pdf.pango import pango_command
from command_line import invoke

if TYPE_CHECKING:
    from pathlib import Path

_RELEASE = "platform.freedesktop_os_release"


class _Requests(HTMLParser):
    """Collects what a browser would fetch, and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "script":
            self.found.append(tag)
        for name in ("src", "srcset", "poster", "data"):
            if not (values.get(name) or "data:").startswith("data:"):
                self.found.append(f"{tag} {name}")
        if tag == "link" and not (values.get("href") or "").startswith("data:"):
            self.found.append("link")


def test_themes_lists_every_theme_with_the_hash_of_its_style_sheet() -> None:
    """The printed source expression admits exactly the style element of `element` cards."""
    rows = json.loads(invoke("themes", "--json").stdout)
    assert [row["name"] for row in rows] == [info.name for info in list_themes()]
    assert {"dark", "light"} <= {row["name"] for row in rows}
    for row in rows:
        card = render_card(Candidate(profile_id="p"), format="element", theme=row["name"])
        (sheet,) = re.findall(r"<style[^>]*>(.*?)</style>", card, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
        assert row["csp"] == f"'sha256-{digest}'"
        assert row["colorScheme"] in {"dark", "light"}


def test_themes_prints_the_same_as_a_table() -> None:
    """Without --json each theme is a line that holds the values of the JSON."""
    lines = invoke("themes").stdout.splitlines()[1:]
    rows = json.loads(invoke("themes", "--json").stdout)
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        name, scheme, _, csp = (*re.split(r"\s{2,}", line)[:3], line.split()[-1])
        assert (name, scheme, csp) == (row["name"], row["colorScheme"], row["csp"])


def test_checking_a_sound_theme_says_ok(tmp_path: Path) -> None:
    """A theme without a problem passes."""
    path = tmp_path / "acme.toml"
    path.write_text('name = "acme"\nextends = "light"\n', "utf-8")
    result = invoke("themes", "check", path)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{path}: ok\n"
    rows = json.loads(invoke("themes", "check", path, "--json").stdout)
    assert rows == [{"path": str(path), "problems": []}]


def test_checking_lists_every_problem_of_every_theme(tmp_path: Path) -> None:
    """All problems of all files are listed, and the exit code is 1."""
    bad, good = tmp_path / "bad.toml", tmp_path / "good.toml"
    bad.write_text(
        'name = "bad"\nextends = "light"\n[color]\nground = "url(x)"\nno-such = "#000000"\n',
        "utf-8",
    )
    good.write_text('name = "good"\nextends = "dark"\n', "utf-8")
    result = invoke("themes", "check", bad, good)
    assert result.exit_code == 1
    assert "no-such" in result.stdout
    assert "ground" in result.stdout
    assert f"{good}: ok" in result.stdout
    rows = json.loads(invoke("themes", "check", bad, good, "--json").stdout)
    assert [bool(row["problems"]) for row in rows] == [True, False]


def test_doctor_finds_this_installation_healthy() -> None:
    """Where the tests run, cards render: the exit code is 0 and nothing failed."""
    result = invoke("doctor", "--json")
    assert result.exit_code == 0, result.stdout
    report = json.loads(result.stdout)
    assert report["healthy"] is True
    names = {check["name"] for check in report["checks"]}
    themes = {f"theme {info.name}" for info in list_themes()}
    assert {"Python", "candidate-cards", "templates", "themes", "PDF engine", *themes} <= names
    assert "failed" not in {check["status"] for check in report["checks"]}
    text = invoke("doctor")
    assert text.exit_code == 0
    assert len(text.stdout.splitlines()) >= len(names)


def test_doctor_asks_for_no_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only an extra needs is told, once, where it is there, and missed by nobody else."""
    folder = tmp_path / "candidate_cards-0.dist-info"
    folder.mkdir()
    requirements = (
        "click>=8",
        "not-installed-base>=1",
        "not-installed-extra>=1; extra == 'serve'",
        "pytest>=9; extra == 'serve'",
        "pytest>=9; extra == 'store'",
        "candidate-cards[store]; extra == 'serve'",
    )
    lines = ["Name: candidate-cards", "Version: 0", *(f"Requires-Dist: {r}" for r in requirements)]
    (folder / "METADATA").write_text("\n".join(lines), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    checks = json.loads(invoke("doctor", "--json").stdout)["checks"]
    named = ("candidate-cards", "click", "not-installed-base", "not-installed-extra", "pytest")
    found = [(check["name"], check["status"]) for check in checks if check["name"] in named]
    assert found == [
        ("candidate-cards", "ok"),
        ("click", "ok"),
        ("not-installed-base", "failed"),
        ("pytest", "ok"),
    ]


@pytest.mark.parametrize(
    "module", ["raise OSError('no libpango')", "raise ImportError('no such module')"]
)
def test_a_missing_pdf_engine_is_a_warning_with_advice(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Pango HTML still works; what WeasyPrint prints then does not spoil the JSON."""
    (tmp_path / "weasyprint.py").write_text(f"print('advice on stdout')\n{module}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    result = invoke("doctor", "--json")
    assert result.exit_code == 0
    (engine,) = (
        check for check in json.loads(result.stdout)["checks"] if check["name"] == "PDF engine"
    )
    assert engine["status"] == "warning"
    assert engine["advice"]
    assert "advice on stdout" in result.stderr


def test_a_missing_folder_is_a_failure_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without a data folder exits with 1 and says so."""

    def missing(name: str) -> None:
        message = f"the {name} folder is missing"
        raise FileNotFoundError(message)

    monkeypatch.setattr("candidate_cards.cli.doctor.resource_root", missing)
    result = invoke("doctor", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["healthy"] is False
    failed = {check["name"] for check in report["checks"] if check["status"] == "failed"}
    assert failed == {"locales", "templates", "themes"}


@pytest.mark.parametrize(
    ("system", "release", "command"),
    [
        ("linux", {"ID": "debian"}, "apt-get"),
        ("linux", {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt-get"),
        ("linux", {"ID": "fedora"}, "dnf"),
        ("linux", {"ID": "alpine"}, "apk"),
        ("linux", {"ID": "unheard-of"}, "package manager"),
        ("darwin", {}, "brew install pango"),
        ("win32", {}, "MSYS2"),
    ],
)
def test_advice_on_pango_fits_the_system(
    system: str, release: dict[str, str], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one command that is printed is the one of this system."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(_RELEASE, lambda: release)
    assert command in pango_command()


def test_the_demo_says_what_to_open(tmp_path: Path) -> None:
    """Every file that the demo names is there, and all of it asks nothing of a network."""
    folder = tmp_path / "demo"
    result = invoke("demo", folder)
    assert result.exit_code == 0, result.output
    named = re.findall(r"^  (\S+\.html) ", result.stdout, re.MULTILINE)
    assert len(named) == 6
    for path in named:
        assert os.path.exists(path)  # noqa: PTH110 - as printed
    pages = list(folder.rglob("*.html"))
    assert len(pages) > len(named)
    for page in pages:
        requests = _Requests()
        requests.feed(page.read_text("utf-8"))
        assert requests.found == [], page.name


def test_the_demo_shows_what_differs(tmp_path: Path) -> None:
    """Themes, densities and ways to embed are different files of the same people."""
    assert invoke("demo", tmp_path).exit_code == 0
    for names in (
        ["shortlist-dark.html", "shortlist-light.html", "shortlist-harbour.html"],
        ["card-row.html", "card-card.html", "card-detail.html"],
        ["host-element.html", "host-fragment.html"],
        ["shortlist-client.html", "shortlist-blind.html"],
    ):
        texts = {(tmp_path / name).read_text("utf-8") for name in names}
        assert len(texts) == len(names)
    assert "shadowrootmode" in (tmp_path / "host-element.html").read_text("utf-8")
    assert "shadowrootmode" not in (tmp_path / "host-fragment.html").read_text("utf-8")
    shown, blind = (
        (tmp_path / f"shortlist-{name}.html").read_text("utf-8") for name in ("client", "blind")
    )
    assert "Mark\u00e9ta" in shown
    assert "Mark\u00e9ta" not in blind
    fragments = list((tmp_path / "fragments").iterdir())
    assert len(fragments) >= 3
    for fragment in fragments:
        assert fragment.read_text("utf-8").startswith('<div lang="en"')


def test_the_demo_can_be_repeated_but_overwrites_nothing_else(tmp_path: Path) -> None:
    """A second run is fine; a file that somebody changed is kept until --force."""
    assert invoke("demo", tmp_path).exit_code == 0
    assert invoke("demo", tmp_path).exit_code == 0
    changed = tmp_path / "card-row.html"
    changed.write_text("mine", "utf-8")
    result = invoke("demo", tmp_path)
    assert result.exit_code == 1
    assert "card-row.html" in result.stderr
    assert changed.read_text("utf-8") == "mine"
    assert invoke("demo", tmp_path, "--force").exit_code == 0
    assert changed.read_text("utf-8") != "mine"


@settings(deadline=None)
@given(st.text())
def test_visible_text_is_printable_and_keeps_what_was(text: str) -> None:
    """Escaping leaves printable text alone and lets nothing else through."""
    assert visible(text).isprintable()
    if text.isprintable():
        assert visible(text) == text


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR turns off the colours that a terminal would get."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in CliRunner().invoke(application, ["doctor"], color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    plain = CliRunner().invoke(application, ["doctor"], color=True).stdout
    assert plain
    assert "\x1b[" not in plain


def test_completion_is_the_line_that_help_shows() -> None:
    """The shell gets a completion function from the documented variable."""
    line = next(
        line for line in invoke("--help").stdout.splitlines() if "_CANDIDATE_CARDS_COMPLETE" in line
    )
    variable, source = re.findall(r"(\w+)=(\w+)", line)[0]
    done = subprocess.run(
        [sys.executable, "-c", "from candidate_cards.cli import main; main()"],
        check=False,
        capture_output=True,
        env={**os.environ, variable: source},
        encoding="utf-8",
    )
    assert "complete -o" in done.stdout
    assert "_CANDIDATE_CARDS_COMPLETE=bash_complete" in done.stdout
