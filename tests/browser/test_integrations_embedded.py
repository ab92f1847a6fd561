"""The example integrations whose cards come from the service, in frames of its own."""

from __future__ import annotations

import re
import runpy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from harness import recorded_page, violations
from visiting import AXE_RULES, Visitor, serve_files

from candidate_cards import load_shortlist
from candidate_cards.contract.serving import listening
from candidate_cards.service import Company
from embedding import SECRET
from services import serving_cards
from sites import FLASK, FOLDER, PLAIN, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness import PageServer
    from playwright.sync_api import Browser, Frame, Page
    from visiting import Theme

    from services import LocalService

SHORTLIST: Final = load_shortlist(FOLDER.parent / "payloads" / "shortlist.json")
_NAMES: Final = [person.name for person in SHORTLIST.candidates]
_COMPANY: Final = "acme"

# In a frame: whose card it shows, in which scheme, and whether anything of it is out of sight.
_SHOWN: Final = """() => {
    const root = document.documentElement;
    const host = [...document.body.children].find(element => element.shadowRoot);
    const card = host?.shadowRoot.querySelector("[role=article]");
    return { name: card?.getAttribute("aria-label") ?? document.body.innerText.trim(),
        scheme: card && getComputedStyle(card).colorScheme, origin: window.origin,
        hidden: Math.max(root.scrollHeight - innerHeight, root.scrollWidth - innerWidth) };
}"""


@dataclass(frozen=True)
class Running:
    """A service and the sites that take cards from it.

    Attributes:
        service: It.
        pages: A site's page by its name: origin and path.
        key_file: Where the Flask application has its key.
    """

    service: LocalService
    pages: dict[str, tuple[str, str]]
    key_file: Path


@pytest.fixture(scope="module")
def sites(server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The Flask application and the plain page, whose origins the service lets frame its cards."""
    key_file = tmp_path_factory.mktemp("key") / "key"
    with listening("127.0.0.1", 0) as listener:
        environment = {"CARDS_SERVICE": listener.base_url, "CARDS_KEY_FILE": str(key_file)}
        with running(FLASK, environment) as flask:
            companies = {_COMPANY: Company(frame_ancestors=(flask, server.origin))}
            with serving_cards(
                listener=listener, companies=companies, embed_secrets=(SECRET,)
            ) as service:
                service.save(_COMPANY, *SHORTLIST.candidates)
                account = service.account(_COMPANY, scopes=["cards:render"])
                key_file.write_text(f"{account.key.get_secret_value()}\n", "utf-8")
                path = PLAIN.index.replace("index", "embedded")
                pages = {FLASK.name: (flask, "/embedded"), PLAIN.name: (server.origin, path)}
                yield Running(service, pages, key_file)


@pytest.fixture(params=[FLASK.name, PLAIN.name])
def name(request: pytest.FixtureRequest) -> str:
    """Each site in turn."""
    value: str = request.param
    return value


@pytest.fixture
def visitor(
    chromium: Browser, server: PageServer, sites: Running, name: str, theme: Theme
) -> Iterator[Visitor]:
    """Somebody who prefers the theme, and may ask the site and the service."""
    _put_plain_page(server, sites.service, theme)
    origin, _ = sites.pages[name]
    friends = (origin, sites.service.base_url)
    with recorded_page(chromium, server, friends=friends, color_scheme=theme) as page:
        yield Visitor(page, origin, theme)


def _put_plain_page(server: PageServer, service: LocalService, theme: Theme) -> None:
    """Serve the plain page with addresses in it, as the application's own server would."""
    build = runpy.run_path(str(FOLDER / PLAIN.name / PLAIN.file))
    html: str = build["pages"]()["embedded.html"]
    client = service.account(_COMPANY).http
    ids = [person.profile_id for person in SHORTLIST.candidates]
    made = client.post("/embeds", json={"profileIds": ids, "theme": theme}).json()["data"]
    assert re.findall(r'src="[^"]*TOKEN-(\d)"', html) == ["1", "2", "3"]
    for number, one in enumerate(made, 1):
        html = html.replace(f"TOKEN-{number}", one["token"])
    assert build["SERVICE"] in html
    serve_files(server, {"embedded.html": html.replace(build["SERVICE"], service.base_url)})


def _frames(tab: Page) -> list[Frame]:
    """Return the frames of a page, once all of them have told how tall they are."""
    tab.wait_for_function(
        """count => {
            const frames = [...document.querySelectorAll("candidate-card")]
                .map(element => element.shadowRoot?.querySelector("iframe"));
            return frames.length === count && frames.every(frame => frame?.offsetHeight > 40);
        }""",
        arg=len(_NAMES),
    )
    return [frame for frame in tab.frames if frame is not tab.main_frame]


def _shown(tab: Page) -> list[dict[str, Any]]:
    return sorted(
        (frame.evaluate(_SHOWN) for frame in _frames(tab)),
        key=lambda shown: _NAMES.index(shown["name"]) if shown["name"] in _NAMES else 9,
    )


def test_frames_show_their_cards_and_are_quiet(
    sites: Running, name: str, visitor: Visitor, theme: Theme
) -> None:
    """Each person's card comes in a frame of no origin, and no policy is broken."""
    shown = _shown(visitor.visit(sites.pages[name][1]))
    assert [each["name"] for each in shown] == _NAMES
    assert {(each["scheme"], each["origin"]) for each in shown} == {(theme, "null")}
    assert visitor.noise() == []
    # Nobody's name or number is in an address.
    asked = " ".join(visitor.page.requests)
    assert not any(person.profile_id in asked for person in SHORTLIST.candidates)


@pytest.mark.parametrize("theme", ["light"])
def test_frames_follow_every_width(sites: Running, name: str, visitor: Visitor) -> None:
    """From 280 to 900 px no frame cuts its card, and the page never scrolls sideways."""
    tab = visitor.visit(sites.pages[name][1])
    frames = _frames(tab)
    cut = []
    for width in range(280, 901, 62):
        tab.set_viewport_size({"width": width, "height": 700})
        for frame in frames:
            # A browser lays frames out when they come on screen.
            frame.frame_element().scroll_into_view_if_needed()
            frame.wait_for_function(f"() => ({_SHOWN})().hidden <= 0", polling=50)
        if tab.evaluate("document.documentElement.scrollWidth") > width:
            cut.append(width)
    assert cut == []
    assert visitor.noise() == []


def test_pages_have_no_barrier(sites: Running, name: str, visitor: Visitor, axe: str) -> None:
    """axe-core finds nothing in a page around frames."""
    tab = visitor.visit(sites.pages[name][1])
    _frames(tab)
    assert violations(tab, axe, AXE_RULES) == []


@pytest.mark.parametrize("theme", ["light"])
def test_an_erased_candidate_is_gone(sites: Running, name: str, visitor: Visitor) -> None:
    """The frame of somebody who was erased says so; the others stay."""
    first, *others = SHORTLIST.candidates
    tab = visitor.visit(sites.pages[name][1])
    _frames(tab)
    assert sites.service.service.store.erase(_COMPANY, first.profile_id)
    try:
        # The same addresses: a page that is older than the erasure.
        for frame in _frames(tab):
            frame.goto(frame.url)
        names = [frame.evaluate(_SHOWN)["name"] for frame in _frames(tab)]
    finally:
        sites.service.save(_COMPANY, first)
    assert sorted(names) == sorted(
        ["This card is not available any more.", *(other.name or "" for other in others)]
    )


def test_a_service_that_refuses_breaks_no_other_page(sites: Running) -> None:
    """With a key that the service does not know one page has no cards, and the others have."""
    origin, path = sites.pages[FLASK.name]
    key = sites.key_file.read_text("utf-8")
    assert httpx.get(f"{origin}{path}", trust_env=False).status_code == 200
    sites.key_file.write_text("not-a-key", "utf-8")
    try:
        assert httpx.get(f"{origin}{path}", trust_env=False).status_code == 502
        assert httpx.get(f"{origin}{FLASK.index}", trust_env=False).status_code == 200
    finally:
        sites.key_file.write_text(key, "utf-8")
