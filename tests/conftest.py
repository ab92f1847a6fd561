"""Fixtures of the browser tests (Chromium, npm packages, a loopback server) and what is said aloud.

A part that is missing skips its tests aloud; with ``CI`` set in the environment it fails them.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest
from harness import PagePool, PageServer, RecordedPage, recorded_page
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent / "browser"
_MISSING = "MISSING PART: "
_ARGUMENTS = (
    "--no-sandbox",  # Chromium refuses to start its sandbox as root, as in most CI containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Sub-pixel colours depend on what lies under a text; pictures are compared for equality.
    "--disable-lcd-text",
    # A second lock beside the aborted requests: no name but the loopback address resolves.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

OpenPage = Callable[..., RecordedPage]

# A machine that is busy with something else is no fault of what is tested.
settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


def pytest_configure() -> None:
    """Let tests interrupt what they start, also where a shell runs them in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let somebody ask for more candidates than a suite has time for."""
    parser.addoption(
        "--dossier-people",
        type=int,
        metavar="N",
        help="how many random candidates tests/pdf/test_paper.py puts on paper, by default 48",
    )


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        pytest.fail(_MISSING + reason, pytrace=False)
    pytest.skip(_MISSING + reason)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Folder of the npm packages that package-lock.json names."""
    folder = HERE / "node_modules"
    if not (folder / ".package-lock.json").is_file():
        _missing("npm packages of the browser tests; run: npm ci --prefix tests/browser")
    return folder


@pytest.fixture(scope="session")
def axe(node_modules: Path) -> str:
    """The source of axe-core."""
    return (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, one process per test worker."""
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    executable = next(filter(None, found), None)
    if executable is None:
        _missing("Chromium; run: apt-get install chromium (or put google-chrome on the PATH)")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # may be missing
    except ModuleNotFoundError:
        _missing("Playwright; run: pip install --group test")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(node_modules: Path) -> Iterator[PageServer]:
    """A loopback server of pages kept in memory and of the npm packages."""
    with PageServer(node_modules) as running:
        yield running


@pytest.fixture(scope="session")
def page_pool(chromium: Browser, server: PageServer) -> Iterator[PagePool]:
    """Recorded pages that one test after another borrows."""
    with closing(PagePool(chromium, server)) as pool:
        yield pool


@pytest.fixture
def open_page(page_pool: PagePool) -> Iterator[OpenPage]:
    """Borrow blank recorded pages; keywords go to ``harness.recorded_page``."""
    with ExitStack() as pages:

        def borrow_one(**options: Any) -> RecordedPage:  # noqa: ANN401  # Playwright checks them
            return pages.enter_context(page_pool.borrowed(**options))

        yield borrow_one


@pytest.fixture
def page(open_page: OpenPage) -> RecordedPage:
    """A blank recorded page of 1000 x 1200 CSS px."""
    return open_page()


@pytest.fixture
def fresh_page(chromium: Browser, server: PageServer) -> Iterator[RecordedPage]:
    """One that nobody else uses, for who listens to it, tells its debugger or times a load."""
    with recorded_page(chromium, server) as page:
        yield page


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest) -> Literal["dark", "light"]:
    """Each of the two base themes in turn."""
    value: Literal["dark", "light"] = request.param
    return value


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured, and say aloud which tests did not run because a part is missing."""
    measured = [
        text
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, text in report.user_properties
        if name == "measured"
    ]
    if measured:
        terminalreporter.section("measured")
        for text in measured:
            terminalreporter.line(text)

    counts: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        # longrepr of a skipped report: (file, line, reason)
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if _MISSING in reason:
            part = reason.partition(_MISSING)[2]
            counts[part] = counts.get(part, 0) + 1
    if counts:
        terminalreporter.section("TESTS DID NOT RUN", sep="!", red=True, bold=True)
        for part, count in counts.items():
            terminalreporter.line(f"{count} without {part}", red=True, bold=True)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of temporary files, of this process and those that it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder
