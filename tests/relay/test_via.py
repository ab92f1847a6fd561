"""``candidate-cards render --via``: the vendor's cards, ours, and what the report says of them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from vendor_server import CLOSE, TRUNCATED, Act, Asked, VendorServer, reply

from candidate_cards import parse_shortlist, render_card
from candidate_cards.cli.exit_codes import ExitCode
from command_line import candidate, invoke, sourcing
from inert_html import faults_of, words_of
from relaying import CANARY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

_THREE = sourcing(candidate("p1"), candidate("p2"), candidate("p3"))


def _hostile(asked: Asked) -> Act:
    cards: list[dict[str, object]] = [
        {
            "profileId": each,
            "success": True,
            "htmlContent": f"<div>From the vendor: {each}<script>alert(1)</script></div>",
        }
        for each in asked.json["profileIds"]
        if each != "p2"
    ]
    cards.append({"profileId": "p2", "success": False, "errorCode": "PROFILE_NOT_FOUND"})
    return reply(200, {"success": True, "renderedCount": 9, "data": cards})


@pytest.fixture
def vendor() -> Iterator[VendorServer]:
    """A vendor who makes cards of all but one, with a script in each."""
    with VendorServer(_hostile) as running:
        yield running


@pytest.fixture(autouse=True)
def only_the_key_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else of the vendor is in the environment."""
    monkeypatch.setenv("INSTAVIEW_API_KEY", CANARY)
    monkeypatch.delenv("INSTAVIEW_BASE_URL", raising=False)
    monkeypatch.delenv("INSTAVIEW_COMPANY_ID", raising=False)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A file with three candidates."""
    path = tmp_path / "three.json"
    path.write_text(_THREE, "utf-8")
    return path


def _render(three: Path, vendor: VendorServer, *arguments: object) -> Result:
    result = invoke("render", three, "--format", "fragment", "--base-url", vendor.url, *arguments)
    assert CANARY not in result.output
    return result


def test_the_vendors_cards_take_the_place_of_ours(
    three: Path, vendor: VendorServer, tmp_path: Path
) -> None:
    """One file a card, inert; who has none is reported, and the exit code says that some failed."""
    folder = tmp_path / "cards"
    result = _render(
        three, vendor, "--via", "proxy", "--theme", "light", "-o", f"{folder}/", "--json"
    )
    assert result.exit_code == ExitCode.PARTIAL
    assert sorted(path.name for path in folder.iterdir()) == ["p1.html", "p3.html"]
    for profile_id in ("p1", "p3"):
        html = (folder / f"{profile_id}.html").read_text("utf-8").rstrip("\n")
        assert faults_of(html) == []
        assert words_of(html) == f"From the vendor: {profile_id}"
    report = json.loads(result.stdout)
    assert report["via"] == {"mode": "proxy", "vendor": ["p1", "p3"], "local": [], "reason": None}
    assert [(each["profileId"], each["errorCode"]) for each in report["failed"]] == [
        ("p2", "PROFILE_NOT_FOUND")
    ]
    assert report["candidates"] == 2
    assert [output["profileId"] for output in report["outputs"]] == ["p1", "p3"]
    assert [asked.json["theme"] for asked in vendor.requests] == ["light"]
    assert vendor.requests[0].headers["authorization"] == f"Bearer {CANARY}"


def test_one_file_has_the_cards_in_ranking_order(three: Path, vendor: VendorServer) -> None:
    """On stdout nothing but cards; the report on stderr says who made them."""
    result = _render(three, vendor, "--via", "proxy", "-o", "-")
    assert result.exit_code == ExitCode.PARTIAL
    cards = result.stdout.splitlines()
    assert [words_of(card) for card in cards] == ["From the vendor: p1", "From the vendor: p3"]
    assert "Via proxy: 2 cards from the vendor, 0 made here" in result.stderr
    assert "failed: p2: PROFILE_NOT_FOUND" in result.stderr


def test_where_the_vendor_fails_cards_are_ours(three: Path) -> None:
    """With the look that was asked for, and the reason in the report."""
    with VendorServer(lambda _: CLOSE) as vendor:
        result = _render(
            three,
            vendor,
            *("--via", "fallback", "-o", "-", "--density", "row", "--json"),
        )
    assert result.exit_code == ExitCode.OK, result.stderr
    people = parse_shortlist(_THREE).candidates
    assert result.stdout == "".join(f"{render_card(each, density='row')}\n" for each in people)
    assert json.loads(result.stderr)["via"] == {
        "mode": "fallback",
        "vendor": [],
        "local": ["p1", "p2", "p3"],
        "reason": "connection",
    }


def test_a_mixture_says_how_much_is_whose(tmp_path: Path) -> None:
    """Eleven people: ten of the vendor's, and one made here since its second answer broke."""
    path = tmp_path / "eleven.json"
    path.write_text(sourcing(*(candidate(f"q{number}") for number in range(11))), "utf-8")
    good = {
        "success": True,
        "renderedCount": 10,
        "data": [
            {"profileId": f"q{number}", "success": True, "htmlContent": "<p>x</p>"}
            for number in range(10)
        ],
    }
    with VendorServer(lambda _: TRUNCATED, [reply(200, good)]) as vendor:
        result = _render(path, vendor, "--via", "fallback", "-o", "-")
    assert result.exit_code == ExitCode.OK
    assert (
        "Via fallback: 10 cards from the vendor, 1 made here (the vendor was not heard: connection)"
        in result.stderr
    )


def test_the_vendors_error_is_the_end_of_a_proxy(three: Path, tmp_path: Path) -> None:
    """Nothing is written, and the reason is on stderr."""
    refusal = reply(401, {"success": False, "error": {"code": "INVALID_API_KEY", "message": "no"}})
    for act, mode in ((CLOSE, "proxy"), (refusal, "proxy"), (refusal, "fallback")):
        with VendorServer(acts=[act]) as vendor:
            result = _render(three, vendor, "--via", mode, "-o", tmp_path / "out.html")
        assert result.exit_code == ExitCode.FAILURE
        assert "POST /sourcing/render-html" in result.stderr
        assert not (tmp_path / "out.html").exists()


def test_no_card_at_all_is_a_failure(tmp_path: Path, vendor: VendorServer) -> None:
    """Nobody whom the vendor knows: no file, and an exit code that says so."""
    path = tmp_path / "one.json"
    path.write_text(sourcing(candidate("p2")), "utf-8")
    result = _render(path, vendor, "--via", "fallback", "-o", tmp_path / "out.html")
    assert result.exit_code == ExitCode.FAILURE
    assert "failed: p2: PROFILE_NOT_FOUND" in result.stderr
    assert not (tmp_path / "out.html").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--via", "proxy", "--format", "page"), "takes --format fragment"),
        (("--via", "proxy", "--format", "element"), "takes --format fragment"),
        (("--via", "fallback", "--format", "pdf"), "takes --format fragment"),
        (("--via", "proxy", "--theme", "./acme.toml"), "takes --theme dark or light"),
        (("--via", "fallback", "--theme", "midnight"), "takes --theme dark or light"),
        (("--via", "proxy", "--density", "row"), "takes no --density"),
        (("--via", "proxy", "--emails"), "takes no --emails"),
        (("--via", "proxy", "--heading-level", "3"), "takes no --heading-level"),
        (("--base-url", "http://127.0.0.1:9"), "--base-url is for --via proxy and --via fallback"),
        (("--via", "vendor"), "is not one of"),
    ],
)
def test_what_the_vendor_cannot_do_is_a_wrong_command_line(
    three: Path,
    vendor: VendorServer,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    """It says what would do, and asks nobody."""
    monkeypatch.setenv("INSTAVIEW_BASE_URL", vendor.url)
    (three.parent / "midnight.toml").write_text('extends = "dark"', "utf-8")
    theme = str(three.parent / "midnight.toml")
    words = [theme if word in {"midnight", "./acme.toml"} else word for word in arguments]
    result = invoke("render", three, "-o", "-", "--format", "fragment", *words)
    assert result.exit_code == ExitCode.USAGE
    assert reason in result.stderr
    assert vendor.connections == 0


def test_a_key_is_needed_to_ask(
    three: Path, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From the environment or a file, as for the vendor's other commands."""
    monkeypatch.delenv("INSTAVIEW_API_KEY")
    result = _render(three, vendor, "--via", "proxy", "-o", "-")
    assert result.exit_code == ExitCode.USAGE
    assert "INSTAVIEW_API_KEY" in result.stderr
    key = tmp_path / "key"
    key.write_text(f"{CANARY}\n", "utf-8")
    key.chmod(0o600)
    result = _render(three, vendor, "--via", "proxy", "--api-key-file", key, "-o", "-")
    assert result.exit_code == ExitCode.PARTIAL


def test_the_environment_of_the_vendor_does_not_matter_to_local_cards(
    three: Path, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base URL that is set for other commands is no reason to refuse this one."""
    monkeypatch.setenv("INSTAVIEW_BASE_URL", vendor.url)
    result = invoke("render", three, "-o", "-", "--format", "fragment", "--json")
    assert result.exit_code == ExitCode.OK
    assert "via" not in json.loads(result.stderr)
    assert vendor.connections == 0


def test_local_cards_load_nothing_that_talks(three: Path) -> None:
    """Neither a network library nor the parser of somebody else's HTML."""
    code = (
        "import sys; from candidate_cards.cli.commands import application\n"
        f"try: application(['render', {str(three)!r}, '-o', '-', '--format', 'fragment'])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "loaded = {'httpx', 'nh3', 'stamina', 'candidate_cards.relay'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
