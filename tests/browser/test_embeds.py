"""Embedded cards in pages of other people: under their policies, beside their styles and frames."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pytest
from harness import PageServer, changed_share, recorded_page, violations
from hosts import HOSTILE, Host, Slot
from samples import BARE, FULL, SHORT, candidate_from

from candidate_cards.service import Company
from candidate_cards.service.tokens import Tokens
from embedding import LOOK, SECRET, Embedding, embedding
from hostile_corpus import FLAG, hostile_wires, read_wires

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness import RecordedPage
    from playwright.sync_api import Browser, FloatRect, Frame, Page

_PEOPLE: Final = {"full": FULL, "short": SHORT, "bare": BARE}
_RULES: Final = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
    }
}
_SHEET: Final = "/host.css"


@pytest.fixture(scope="module")
def service(server: PageServer) -> Iterator[Embedding]:
    """A service whose company ``acme`` lets the test server's pages frame its cards."""
    companies = {"acme": Company(frame_ancestors=(server.origin,))}
    with embedding(companies=companies) as running:
        for name, wire in _PEOPLE.items():
            person = candidate_from({**wire, "profileId": name})
            running.save(person)
            running.save(person, company="other")
        yield running


@pytest.fixture
def page(chromium: Browser, server: PageServer, service: Embedding) -> Iterator[RecordedPage]:
    """A recorded page of 1000 x 1200 CSS px that may ask the service too."""
    with recorded_page(chromium, server, friends=(service.url,)) as opened:
        yield opened


def _policy(service: Embedding, *more: str) -> dict[str, str]:
    """Return the strictest policy that a host can have with our script in it."""
    directives = (
        "default-src 'none'",
        f"script-src {service.url}",
        f"frame-src {service.url}",
        "style-src 'self'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
        *more,
    )
    return {"Content-Security-Policy": "; ".join(directives)}


def _host(server: PageServer, body: str, style: str = "") -> str:
    """Return a page in a language, with a title and a style sheet of its own."""
    server.put(style or "main { width: 480px }", path=_SHEET, media_type="text/css")
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Host</title>'
        f'<link rel="stylesheet" href="{_SHEET}"></head><body><main><h1>Candidates</h1>{body}'
        "</main></body></html>"
    )


def _urls(service: Embedding, *names: str, **look: Any) -> list[str]:  # noqa: ANN401  JSON
    return [each["url"] for each in service.make(*names, **look)]


def _element(url: str) -> str:
    return (
        f'<candidate-card src="{escape(url)}"><a href="{escape(url)}">A card</a></candidate-card>'
    )


def _script(service: Embedding, attributes: str = "async") -> str:
    return f'<script {attributes} src="{service.url}/embed.js"></script>'


# In the host: the frame of each element that has one, and what it takes up.
_FRAMES = """[...document.querySelectorAll('candidate-card')].map(element => {
    const frame = element.shadowRoot?.querySelector('iframe');
    const box = frame?.getBoundingClientRect();
    return frame && { src: frame.src, title: frame.title, sandbox: frame.getAttribute('sandbox'),
        x: box.x, y: box.y, width: box.width, height: box.height,
        isFallbackShown: element.shadowRoot.querySelector('slot') !== null };
})"""

# In the frame: how tall the page in it is, and whether anything of it is out of sight.
_CONTENT = """() => {
    const root = document.documentElement;
    return { height: root.getBoundingClientRect().height, width: innerWidth,
        hidden: Math.max(root.scrollHeight - innerHeight, root.scrollWidth - innerWidth) };
}"""


def _frames(tab: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tab.evaluate(_FRAMES)
    return found


def _shown(tab: Page, count: int) -> list[dict[str, Any]]:
    """Return the frames of a page once that many show their cards."""
    tab.wait_for_function(
        f"count => {_FRAMES}.filter(frame => frame && frame.height > 0).length === count",
        arg=count,
    )
    return _frames(tab)


def _inner(tab: Page, url: str) -> Frame:
    """Return the page in a frame, which a busy machine takes a while to begin."""
    for _ in range(500):
        for frame in tab.frames:
            if frame.url == url:
                return frame
        tab.wait_for_timeout(20)
    message = "no frame has the page"
    raise AssertionError(message)


def _fits(tab: Page, urls: Iterable[str]) -> list[str]:
    """Say which frames are not as tall as the page inside, which scrolls or is cut then."""
    frames = {frame["src"]: frame for frame in _frames(tab) if frame}
    wrong = []
    for url in urls:
        width, height = frames[url]["width"], frames[url]["height"]
        content = _inner(tab, url).evaluate(_CONTENT)
        fits = abs(height - content["height"]) <= 1 and content["hidden"] <= 0
        if not fits or content["width"] != round(width):
            wrong.append(f"{width} x {height} px for {content}")
    return wrong


def _settled(tab: Page, urls: list[str]) -> list[str]:
    """Return what does not fit once nothing changes any more, or after ten seconds."""
    _eventually(tab, lambda: not _fits(tab, urls))
    return _fits(tab, urls)


def _eventually(tab: Page, is_right: Callable[[], bool]) -> None:
    """Wait until something is so, or ten seconds."""
    for _ in range(100):
        if is_right():
            return
        tab.wait_for_timeout(100)


def _quiet(page: RecordedPage, service: Embedding, count: int) -> None:
    """Nothing was reported, and nothing was asked for but page, sheet, script and frames."""
    assert page.noise() == []
    asked = [url for url in page.requests if url.startswith(f"{service.url}/embed/")]
    assert len(asked) == count
    rest = {url.removeprefix(page.server.origin) for url in page.requests} - set(asked)
    assert {url for url in rest if "page-" not in url} == {_SHEET, f"{service.url}/embed.js"}


def test_ten_cards_in_one_page_under_a_strict_policy(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """Each gets its own height, nothing is violated, and no other request is made."""
    urls = [
        url
        for theme in ("light", "dark", "harbour")
        for url in _urls(service, "full", "short", "bare", theme=theme)
    ]
    urls += _urls(service, "full", density="detail")
    assert len(set(urls)) == 10
    body = _script(service) + "".join(map(_element, urls))
    html = _host(server, body, "candidate-card { width: 300px } main { width: 600px }")
    page.tab.set_viewport_size({"width": 1000, "height": 6000})
    tab = page.show(html, headers=_policy(service))
    frames = _shown(tab, 10)
    assert _settled(tab, urls) == []
    assert [frame["src"] for frame in frames] == urls
    assert len({frame["height"] for frame in frames}) >= 4
    assert {frame["isFallbackShown"] for frame in frames} == {False}
    sandbox = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
    assert {frame["sandbox"] for frame in frames} == {sandbox}
    _quiet(page, service, 10)


@pytest.mark.parametrize("density", ["row", "card", "detail"])
def test_a_frame_is_as_tall_as_its_card_at_every_width(
    page: RecordedPage, service: Embedding, server: PageServer, density: str
) -> None:
    """From 280 to 900 px, there and back and unfolded, nothing is cut, scrolls or stays empty."""
    (url,) = _urls(service, "full", density=density)
    tab = page.show(_host(server, _script(service) + _element(url)), headers=_policy(service))
    _shown(tab, 1)
    widths = [*range(280, 901, 31), 900, 280]
    seen = {}
    for width in widths:
        tab.evaluate(
            "width => { document.querySelector('main').style.width = `${width}px` }", width
        )
        assert _settled(tab, [url]) == [], f"at {width} px"
        content = _inner(tab, url).evaluate(_CONTENT)
        assert content["width"] == width
        seen[width] = content["height"]
    assert seen[280] > seen[900]
    if density == "card":
        _inner(tab, url).locator("summary.cc-lead").click()
        assert _settled(tab, [url]) == []
        assert _inner(tab, url).evaluate(_CONTENT)["height"] > seen[280]
    assert page.noise() == []


@pytest.mark.parametrize("host", HOSTILE, ids=lambda host: host.name)
def test_no_style_of_a_host_reaches_a_card(
    host: Host, page: RecordedPage, service: Embedding
) -> None:
    """In a hostile host a card is as tall, as wide and, pixel by pixel, as it is alone."""
    (url,) = _urls(service, "full", theme="light")
    page.tab.set_viewport_size({"width": 1000, "height": 2400})

    def picture(where: Host) -> Any:  # noqa: ANN401  a picture and a box
        slot = Slot("#ffffff", 900, _element(url))
        tab = page.show(where.document([slot]).replace("</head>", f"{_script(service)}</head>"))
        (frame,) = _shown(tab, 1)
        assert _settled(tab, [url]) == []
        # Moved to whole pixels, where glyphs are drawn alike.
        tab.evaluate(
            """() => {
              const slot = document.querySelector('[data-slot]');
              const set = (name, value) => slot.style.setProperty(name, value, 'important');
              set('position', 'fixed'); set('left', '16px'); set('top', '16px');
              set('z-index', '2147483647'); set('will-change', 'transform');
            }"""
        )
        (frame,) = _frames(tab)
        box = {name: frame[name] for name in ("x", "y", "width", "height")}
        tab.wait_for_timeout(100)
        return box, page.picture(clip=box)  # type: ignore[arg-type]  # four numbers

    alone_box, alone = picture(Host("blank"))
    box, shown = picture(host)
    assert box == alone_box
    assert changed_share(shown, alone) == 0
    assert page.noise() == []


def test_neither_side_reaches_the_other(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """A frame has an origin of its own: it reads nothing, changes nothing and leads nowhere."""
    urls = _urls(service, "full", "short")
    body = _script(service) + "".join(map(_element, urls))
    tab = page.show(_host(server, body), headers=_policy(service))
    _shown(tab, 2)
    before = tab.url
    for url in urls:
        tried = _inner(tab, url).evaluate(
            """() => {
              const attempts = {
                document: () => parent.document.body,
                storage: () => localStorage.length,
                cookie: () => document.cookie,
                sibling: () => parent[0].document,
                away: () => { top.location.href = 'https://evil.invalid/'; return 'led away'; },
                dialog: () => { alert('here'); return null; },
              };
              return Object.entries(attempts).map(([name, attempt]) => {
                try { return [name, String(attempt())]; }
                catch (error) { return [name, error.name]; }
              });
            }"""
        )
        assert dict(tried) == {
            "document": "SecurityError",
            "storage": "SecurityError",
            "cookie": "SecurityError",
            "sibling": "SecurityError",
            "away": "SecurityError",
            "dialog": "null",
        }
        assert _inner(tab, url).evaluate("window.origin") == "null"
    assert tab.evaluate(
        "[...document.querySelectorAll('candidate-card')].map("
        "element => element.shadowRoot.querySelector('iframe').contentDocument)"
    ) == [None, None]
    assert tab.url == before
    # A page that forgets the sandbox, or is none at all, makes no difference.
    tab = page.show(_host(server, f'<iframe src="{urls[0]}"></iframe>'))
    assert _inner(tab, urls[0]).evaluate("window.origin") == "null"
    tab.goto(urls[0])
    assert tab.evaluate("window.origin") == "null"
    assert page.dialogs == []
    assert page.outside == []


@pytest.mark.parametrize("scheme", ["light", "dark", "only light", "light dark"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_ground_of_a_host_shows_around_a_card(
    page: RecordedPage, service: Embedding, server: PageServer, theme: str, scheme: str
) -> None:
    """Outside the rounded corners there is the host's own ground, whatever schemes the two have."""
    style = f":root {{ color-scheme: {scheme} }} body {{ background: rgb(12 200 90) }}"
    (made,) = service.make("short", theme=theme)
    for is_pasted_frame in (False, True):
        body = made["frameHtml"] if is_pasted_frame else _script(service) + _element(made["url"])
        tab = page.show(_host(server, body, style))
        if not is_pasted_frame:
            _shown(tab, 1)
            assert _settled(tab, [made["url"]]) == []
        box = tab.locator("iframe").bounding_box()
        assert box is not None
        _inner(tab, made["url"]).wait_for_load_state()
        tab.wait_for_timeout(200)  # until it is painted
        corner: FloatRect = {"x": round(box["x"]), "y": round(box["y"]), "width": 60, "height": 2}
        picture = page.picture(clip=corner)
        assert picture.getpixel((0, 0)) == (12, 200, 90), is_pasted_frame
        assert picture.getpixel((59, 1)) != (12, 200, 90), "the card is there"


def test_embedded_cards_break_no_rule_of_wcag(
    page: RecordedPage, axe: str, service: Embedding, server: PageServer
) -> None:
    """axe-core finds nothing in a host page with cards of each theme, nor in the frames' pages."""
    urls = [
        url
        for theme in ("light", "dark", "harbour")
        for url in _urls(service, "full", "bare", theme=theme, density="detail")
    ]
    gone = f"{service.url}/embed/1.gone"
    body = _script(service) + "".join(map(_element, [*urls, gone]))
    page.tab.set_viewport_size({"width": 1000, "height": 6000})
    tab = page.show(_host(server, body))
    _shown(tab, 7)
    for frame in tab.frames:
        frame.evaluate(axe)
        # Frames answer to axe across origins only if they are told to.
        frame.evaluate("axe.configure({ allowedOrigins: ['<unsafe_all_origins>'] })")
    result = tab.evaluate("rules => axe.run(rules)", _RULES)
    assert result["violations"] == []
    inside = [node["target"] for rule in result["passes"] for node in rule["nodes"]]
    assert len({str(target[:-1]) for target in inside if len(target) > 1}) >= 7
    tab.goto(urls[0])
    assert violations(tab, axe, _RULES) == []


def test_hostile_candidates_do_nothing_in_a_frame(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """Whatever a candidate's texts hold, nothing runs, is asked for or leads away."""
    # All of them, in every field, are looked at in the element that a frame holds.
    people = read_wires(hostile_wires()[::9]).candidates
    service.save(*people)
    ids = [person.profile_id for person in people]
    seen = 0
    page.tab.set_viewport_size({"width": 1000, "height": 8000})
    for start in range(0, len(ids), 10):
        urls = _urls(service, *ids[start : start + 10], density="detail")
        assert len(urls) == len(set(ids[start : start + 10]))
        page.forget()
        tab = page.show(
            _host(server, _script(service) + "".join(map(_element, urls))),
            headers=_policy(service),
        )
        _shown(tab, len(urls))
        for frame in tab.frames:
            assert frame.evaluate(f"window.{FLAG}") is None
        _quiet(page, service, len(urls))
        seen += len(urls)
    assert seen >= 20


def test_a_card_below_the_screen_has_its_height_already(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """A frame that is loaded but not in sight tells its height, so that nothing moves later."""
    (url,) = _urls(service, "full")
    style = "main { width: 480px; padding-top: 1800px }"  # the screen ends at 1200
    tab = page.show(_host(server, _script(service) + _element(url), style))
    (frame,) = _shown(tab, 1)
    assert frame["y"] > 1200
    assert _fits(tab, [url]) == []


def test_heights_of_others_are_not_believed(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """What another frame, the host itself or a card says about another card changes no size."""
    urls = _urls(service, "full", "short")
    liar = server.put(
        "<!DOCTYPE html><script>parent.postMessage("
        "{ type: 'candidate-cards:height', height: 4000, scheme: 'dark' }, '*')</script>"
    )
    body = _script(service) + "".join(map(_element, urls)) + f'<iframe src="{liar}"></iframe>'
    tab = page.show(_host(server, body))
    _shown(tab, 2)
    assert _settled(tab, urls) == []
    before = _frames(tab)
    tab.evaluate(
        "postMessage({ type: 'candidate-cards:height', height: 4000, scheme: 'dark' }, '*')"
    )
    # A card speaks for itself only, and only a number that is a height counts.
    for height in ("4000", None, [4000], {"a": 1}, -5, 0, "NaN"):
        _inner(tab, urls[0]).evaluate(
            "([height, target]) => parent.postMessage({ type: 'candidate-cards:height', height:"
            " height === 'NaN' ? NaN : height, scheme: 'dark' }, target)",
            [height, server.origin],
        )
    _inner(tab, urls[0]).evaluate("target => parent.postMessage('x', target)", server.origin)
    _inner(tab, urls[0]).evaluate("target => parent.postMessage(null, target)", server.origin)
    tab.wait_for_timeout(300)
    assert _frames(tab) == before
    _inner(tab, urls[0]).evaluate(
        "target => parent.postMessage({ type: 'candidate-cards:height', height: 1e12 }, target)",
        server.origin,
    )
    tab.wait_for_function(f"() => {_FRAMES}[0].height === 10000")
    assert _frames(tab)[1] == {**before[1], "y": _frames(tab)[1]["y"]}
    assert page.noise() == []


def test_a_page_that_is_not_listed_shows_a_link(
    chromium: Browser, server: PageServer, service: Embedding
) -> None:
    """A host outside frame-ancestors gets no card, no height and no error page, but the link."""
    with (
        PageServer() as stranger,
        recorded_page(chromium, stranger, friends=(service.url, server.origin)) as page,
    ):
        (url,) = _urls(service, "full")
        (theirs,) = _urls(service, "full", company="other")
        body = _script(service) + _element(url)
        tab = page.show(_host(stranger, body))
        tab.wait_for_timeout(1000)
        (frame,) = _frames(tab)
        assert (frame["height"], frame["isFallbackShown"]) == (0, True)
        assert tab.get_by_role("link", name="A card").is_visible()
        assert any("frame-ancestors" in text for text in page.console_errors)
        # A listed page inside one that is not is refused as well.
        inner = server.put(_host(server, _script(service) + _element(url)))
        tab = page.show(_host(stranger, f'<iframe src="{inner}"></iframe>'))
        tab.wait_for_timeout(1000)
        assert _inner(tab, inner).evaluate(_FRAMES)[0]["isFallbackShown"]
        # A company without a list lets the service's own pages only.
        tab = page.show(_host(stranger, _script(service) + _element(theirs)))
        tab.wait_for_timeout(500)
        assert _frames(tab)[0]["isFallbackShown"]


def test_an_expired_embed_says_so_in_its_frame(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """In place of the card stands one sentence, in a frame of its height."""
    past = datetime.now(UTC) - timedelta(seconds=5)
    embed_id = service.store.add_embed("acme", "full", look=LOOK, expires_at=past)
    token = Tokens([SECRET.encode()]).sign(embed_id, past)
    url = f"{service.url}/embed/{token}"
    tab = page.show(_host(server, _script(service) + _element(url)), headers=_policy(service))
    (frame,) = _shown(tab, 1)
    assert _settled(tab, [url]) == []
    assert _inner(tab, url).inner_text("body").strip() == "This card is not available any more."
    assert 20 < frame["height"] < 100
    assert all("404" in text for text in page.console_errors)


def test_cards_come_and_go_with_their_elements(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """Elements added, changed, moved and removed by script are followed."""
    first, second = _urls(service, "full", "bare")
    tab = page.show(_host(server, _script(service)), headers=_policy(service))
    tab.wait_for_function("() => Boolean(customElements.get('candidate-card'))")
    tab.evaluate(
        """url => {
          const element = document.createElement('candidate-card');
          element.setAttribute('src', url);
          element.title = 'Somebody';
          document.querySelector('main').append(element);
        }""",
        first,
    )
    (frame,) = _shown(tab, 1)
    assert frame["title"] == "Somebody"
    assert _settled(tab, [first]) == []
    tab.evaluate("url => document.querySelector('candidate-card').setAttribute('src', url)", second)
    tab.wait_for_function(
        f"url => {_FRAMES}.some(frame => frame.src === url && frame.height > 0)", arg=second
    )
    assert _settled(tab, [second]) == []
    tab.evaluate("document.body.append(document.querySelector('candidate-card'))")
    _shown(tab, 1)
    assert _settled(tab, [second]) == []
    tab.evaluate("document.querySelector('candidate-card').remove()")
    _eventually(tab, lambda: len(tab.frames) == 1)
    assert len(tab.frames) == 1
    assert page.noise() == []


def test_nothing_but_the_service_is_framed(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """Addresses of others, scripts and nonsense make no frame; what stands inside stays."""
    other = server.put("<!DOCTYPE html><title>Other</title>")
    addresses = (
        other,
        "javascript:alert(1)//",
        "data:text/html,x",
        "blob:x",
        "//evil.invalid/embed/x",
        f"{service.url.replace('127.0.0.1', '127.0.0.1.evil.invalid')}/embed/x",
        f"https://{service.url.removeprefix('http://')}@evil.invalid/",
        "http://[",
        "",
    )
    body = (
        _script(service) + "".join(map(_element, addresses)) + "<candidate-card>x</candidate-card>"
    )
    tab = page.show(_host(server, body))
    tab.wait_for_function("() => Boolean(customElements.get('candidate-card'))")
    tab.wait_for_timeout(300)
    assert _frames(tab) == [None] * (len(addresses) + 1)
    assert tab.get_by_role("link", name="A card").count() == len(addresses)
    assert page.noise() == []


def test_without_the_script_there_is_a_link(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """Where the script is not let in, the pasted HTML is a link to the card."""
    (made,) = service.make("full", theme="light")
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'self'"}
    tab = page.show(_host(server, made["scriptHtml"]), headers=policy)
    link = tab.get_by_role("link", name="Candidate")
    assert link.is_visible()
    assert link.get_attribute("href") == made["url"]
    tab.goto(made["url"])
    assert tab.get_by_role("heading", name=FULL["name"]).is_visible()


def test_the_pinned_script_loads_and_another_does_not(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """With the hash that the service tells the script runs; with another the link stays."""
    answer = service.http().post("/embeds", json={"profileIds": ["full"]}).json()
    script, (made,) = answer["script"], answer["data"]
    right, wrong = script["integrity"], script["integrity"].replace("sha384-", "sha384-A")[:71]
    for integrity, count in ((right, 1), (wrong, 0)):
        tag = f'<script src="{script["url"]}" integrity="{integrity}" crossorigin></script>'
        tab = page.show(_host(server, tag + _element(made["url"])), headers=_policy(service))
        if count:
            _shown(tab, 1)
            assert page.noise() == []
        else:
            tab.wait_for_timeout(300)
            assert not tab.evaluate("() => Boolean(customElements.get('candidate-card'))")
            assert tab.get_by_role("link", name="A card").is_visible()


def test_a_frame_tells_its_height(
    page: RecordedPage, service: Embedding, server: PageServer
) -> None:
    """The message says type, height, id and scheme, and not who it is about."""
    (made,) = service.make("short", theme="light")
    body = "<script>window.heard = []; addEventListener('message', ({ data, origin }) =>"
    body += " heard.push([data, origin]))</script>"
    tab = page.show(_host(server, body + made["frameHtml"]))
    tab.wait_for_function("heard.length > 0")
    data, origin = tab.evaluate("heard[0]")
    assert origin == "null"
    height = _inner(tab, made["url"]).evaluate(_CONTENT)["height"]
    assert data == {
        "type": "candidate-cards:height",
        "height": data["height"],
        "id": made["id"],
        "scheme": "light",
    }
    assert height <= data["height"] < height + 1
    assert page.noise() == []
