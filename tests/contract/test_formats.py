"""Every format keeps its rules with every theme in every density."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from html.parser import HTMLParser
from itertools import product
from typing import TYPE_CHECKING, Any, NoReturn, get_args
from urllib.parse import urlsplit

import pytest
from pytest_socket import SocketBlockedError

from candidate_cards import (
    Candidate,
    Labels,
    Shortlist,
    export_candidates,
    render_card,
    render_shortlist,
    style_source,
)
from candidate_cards.cards import (
    DEFAULT_LABELS,
    USUAL_NOTICE,
    Density,
    card_view,
    message_view,
    notice_of,
    single_view,
)
from candidate_cards.cards.notices import DIGITAL_SOURCE_TYPE
from candidate_cards.exports import get_exporter, list_formats
from candidate_cards.rendering import compile_template
from candidate_cards.themes import list_themes, load_theme
from hostile_corpus import harmless_candidate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DENSITIES: tuple[Density, ...] = get_args(Density)
# What a PDF engine draws is no text, and has tests of its own in tests/pdf.
DRAWN_FORMATS = ("pdf", "png")
FORMATS = [name for name in list_formats() if name not in DRAWN_FORMATS]
THEMES = [info.name for info in list_themes()]
LOOKS = list(product(THEMES, DENSITIES))
EVERY = list(product(FORMATS, THEMES, DENSITIES))
# A message has markup of its own; what cards promise to a page is not asked of it.
CARD_FORMATS = [
    name for name in FORMATS if get_exporter(name).template.template.startswith("card/")
]
EVERY_CARD = list(product(CARD_FORMATS, THEMES, DENSITIES))
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
_HOST_OF_PROFILES = re.compile(r"(?:[a-z]+\.)?linkedin\.com")


class Element:
    """A start tag, what is inside it, and the words directly in it."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Element | None) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children: list[Element] = []
        self.words: list[str] = []

    def all(self) -> list[Element]:
        """Return it and all below it, in order."""
        return [self, *(below for child in self.children for below in child.all())]

    def text(self) -> str:
        """Return all words inside, of style elements too, with single spaces."""
        return " ".join(" ".join(word for part in self.all() for word in part.words).split())

    def find(self, tag: str) -> list[Element]:
        """Return the elements of a name, itself included."""
        return [part for part in self.all() if part.tag == tag]


class _Reader(HTMLParser):
    """Reads a document strictly: every element is closed, by its own end tag, once."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.doctypes: list[str] = []
        self.top = Element("", {}, None)
        self._open = self.top
        self.feed(html)
        self.close()
        assert self._open is self.top, f"<{self._open.tag}> is not closed"

    def handle_decl(self, decl: str) -> None:
        self.doctypes.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"<{tag}> repeats an attribute"
        element = Element(tag, attributes, self._open)
        self._open.children.append(element)
        if tag not in VOID:
            self._open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.tag == tag, f"</{tag}> closes <{self._open.tag}>"
        assert self._open.parent is not None
        self._open = self._open.parent

    def handle_data(self, data: str) -> None:
        self._open.words.append(data)


def _read(html: str) -> Element:
    return _Reader(html).top


def _people() -> list[Candidate]:
    full = harmless_candidate()
    sparse = {"profileId": "prof_2", "name": "Bo Sparse"}
    unsafe = {
        **full,
        "profileId": "prof_3",
        "name": "Cy & Söhne <x>",
        "linkedinUrl": "javascript:1",
    }
    return [Candidate.model_validate(wire) for wire in (full, sparse, unsafe)]


PEOPLE = _people()
SHORTLIST = Shortlist(candidates=tuple(PEOPLE), title="Role", brief="Brief", client="C", author="A")


def _one(format_: str, theme: str, density: Density, person: Candidate = PEOPLE[0]) -> str:
    return str(
        render_card(person, format=format_, theme=theme, density=density, profile="internal")
    )


def _all(format_: str, theme: str, density: Density) -> str:
    return str(
        render_shortlist(
            SHORTLIST, format=format_, theme=theme, density=density, profile="internal"
        )
    )


def test_there_is_something_to_test() -> None:
    """The formats, themes and densities that the project promises are the ones walked here."""
    assert {"element", "email", "fragment", "page"} <= set(FORMATS)
    assert set(CARD_FORMATS) == {"element", "fragment", "page"}
    assert {*list_formats()} == {*FORMATS, *DRAWN_FORMATS}
    assert {"dark", "light"} <= set(THEMES)
    assert DENSITIES == ("row", "card", "detail")


# What every format promises.


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_describes_itself(name: str) -> None:
    """Name, media type and extension have their forms, and bytes come out."""
    exporter = get_exporter(name)
    assert exporter.name == name
    assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", exporter.media_type)
    assert re.fullmatch(r"\.[a-z0-9]+", exporter.file_extension)
    assert isinstance(export_candidates(SHORTLIST, format=name), bytes)


@pytest.mark.parametrize(("name", "theme", "density"), EVERY)
def test_a_document_is_whole_and_shows_everybody(name: str, theme: str, density: Density) -> None:
    """Elements nest and close, and each candidate's name stands in a heading or a row's head."""
    for html, people in (
        (_all(name, theme, density), PEOPLE),
        *((_one(name, theme, density, person), [person]) for person in PEOPLE),
    ):
        heads = [part.text() for part in _read(html).all() if re.fullmatch("h[1-6]|th", part.tag)]
        at = 0
        for person in people:
            places = [place for place, text in enumerate(heads) if str(person.name) in text]
            assert places
            assert places[0] >= at
            at = places[0]


@pytest.mark.parametrize(("name", "theme", "density"), EVERY_CARD)
def test_a_card_has_its_name_as_heading_and_label(name: str, theme: str, density: Density) -> None:
    """Each candidate's name is a heading and the card's label."""
    for html, people in (
        (_all(name, theme, density), PEOPLE),
        *((_one(name, theme, density, person), [person]) for person in PEOPLE),
    ):
        top = _read(html)
        articles = [part for part in top.all() if part.attributes.get("role") == "article"]
        labels = [article.attributes["aria-label"] for article in articles]
        names = [person.name for person in people]
        assert labels == names * (len(labels) // len(names))
        for article, label in zip(articles, labels, strict=True):
            headings = [part for part in article.all() if re.fullmatch("h[1-6]", part.tag)]
            assert headings[0].text() == label
        roots = [part for part in top.all() if "data-ng-non-bindable" in part.attributes]
        cards = [root for root in roots if root.children[0].attributes.get("role") == "article"]
        assert len(cards) == len(articles)
        for root in roots:
            assert (root.attributes["lang"], root.attributes["dir"]) == ("en", "ltr")


@pytest.mark.parametrize(("name", "theme", "density"), EVERY)
def test_a_document_asks_for_nothing(name: str, theme: str, density: Density) -> None:
    """No script, handler, frame or form, and no address but profile, mail and embedded picture."""
    html = _all(name, theme, density)
    for word in (DIGITAL_SOURCE_TYPE, "https://schema.org/digitalSourceType"):  # names of terms
        html = html.replace(word, "")
    top = _read(html)
    forbidden = {"script", "iframe", "object", "embed", "form", "input", "base", "link", "video"}
    for part in top.all():
        assert part.tag not in forbidden
        for attribute, value in part.attributes.items():
            assert not attribute.startswith("on")
            assert attribute not in {"srcset", "srcdoc", "action", "ping", "background", "poster"}
            if attribute in {"href", "xlink:href"}:
                assert part.tag == "a"
                address = urlsplit(value)
                if address.scheme != "mailto":
                    assert address.scheme == "https"
                    assert _HOST_OF_PROFILES.fullmatch(address.netloc)
            if attribute == "src":
                assert part.tag == "img"
                assert re.match(r"data:image/[a-z+]+;base64,|cid:[0-9a-f]{16}\.png@logo\.", value)
            if attribute == "style":
                assert not re.search(r"url|@|expression|[{}<>\"]", value)
    for sheet in top.find("style"):
        assert not re.search(r"url\(|@import|image-set|expression\(|//", sheet.text())
    outside = re.sub(r'(?:href|src)="[^"]*"', "", html)
    assert "://" not in outside


@pytest.mark.parametrize(("name", "theme", "density"), EVERY_CARD)
def test_a_link_opens_apart_and_tells_nothing(name: str, theme: str, density: Density) -> None:
    """Profile links open in a tab of their own, which learns nothing of the page it came from."""
    links = [
        part
        for part in _read(_all(name, theme, density)).find("a")
        if part.attributes["href"].startswith("https:")
    ]
    assert links
    for link in links:
        assert link.attributes["target"] == "_blank"
        assert {"noopener", "noreferrer", "nofollow"} <= set(link.attributes["rel"].split())


@pytest.mark.parametrize("name", FORMATS)
def test_emails_are_in_no_byte_unless_asked_for(name: str) -> None:
    """Without the option an address is neither shown nor hidden in a document."""
    for density in DENSITIES:
        shown = export_candidates(SHORTLIST, format=name, density=density, show_emails=True)
        without = export_candidates(SHORTLIST, format=name, density=density, show_emails=False)
        assert b"marta@example.test" in shown
        assert b"marta@" not in without
        assert b"mailto:" not in without


@pytest.mark.parametrize("name", CARD_FORMATS)
def test_candidates_keep_their_rank(name: str) -> None:
    """Cards stand in the order of the shortlist, which is the ranking."""
    for people in (PEOPLE, PEOPLE[::-1]):
        html = str(render_shortlist(Shortlist(candidates=tuple(people)), format=name))
        labels = re.findall(r'role="article" aria-label="([^"]*)"', html)
        assert labels[: len(people)] == [
            (person.name or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            for person in people
        ]


@pytest.mark.parametrize("name", FORMATS)
def test_looks_differ_where_they_should(name: str) -> None:
    """Each theme and each density gives another document; the order of keys does not."""
    documents = {_one(name, theme, density) for theme, density in LOOKS}
    assert len(documents) == len(LOOKS)
    wire = harmless_candidate()
    turned = Candidate.model_validate(dict(reversed(wire.items())))
    assert _one(name, "dark", "card", turned) == _one(name, "dark", "card")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("level", range(1, 7))
def test_headings_begin_where_asked(name: str, level: int) -> None:
    """The name has the level that was asked for; sections stand one below, and none is skipped."""
    html = str(render_card(PEOPLE[0], format=name, density="detail", heading_level=level))
    article = next(part for part in _read(html).all() if part.attributes.get("role") == "article")
    levels = [part.tag for part in article.all() if re.fullmatch("h[1-6]", part.tag)]
    assert levels[0] == f"h{level}"
    assert set(levels[1:]) == {f"h{min(level + 1, 6)}"}


# What each of the three first formats promises.


@pytest.mark.parametrize(("theme", "density"), LOOKS)
def test_a_fragment_is_plain_styled_elements(theme: str, density: Density) -> None:
    """A root ``<div>`` per candidate, and one for the notice: no class, id, script or style."""
    top = _read(_all("fragment", theme, density))
    assert [child.tag for child in top.children] == ["div"] * (len(PEOPLE) + 1)
    assert not "".join(top.words).strip()
    for root in top.children:
        assert root.attributes["style"].startswith("all:initial;")
        assert "data-ng-non-bindable" in root.attributes
        for part in root.all():
            assert not {"class", "id", "name", "part", "slot"} & set(part.attributes)
            assert part.tag not in {"style", "template", "script", "title"}
            if part.tag == "meta":  # microdata, which HTML allows anywhere
                assert set(part.attributes) == {"itemprop", "content"}
                continue
            inside_a_drawing = "svg" in _ancestors(part)
            assert inside_a_drawing or part.attributes["style"].startswith("all:")


def _ancestors(part: Element) -> list[str]:
    found: list[str] = []
    above = part.parent
    while above is not None:
        found.append(above.tag)
        above = above.parent
    return found


@pytest.mark.parametrize(("theme", "density"), LOOKS)
def test_fragments_of_a_shortlist_are_those_of_its_candidates(theme: str, density: Density) -> None:
    """A shortlist's fragments are the single ones in a row; the notice stands once, behind."""
    single = [_one("fragment", theme, density, person) for person in PEOPLE]
    together = _all("fragment", theme, density)
    *cards, notice = _read(together).children
    for card, html in zip(cards, single, strict=True):
        (alone,) = _read(html).children
        mine, own = card.children[0].children, alone.children[0].children
        # The last is the sentence or, alone, the notice that holds it; rows are without.
        noticed = [part.tag for part in own if "itemscope" in part.attributes]
        kept = len(own) - len(noticed)
        assert [part.text() for part in mine[:kept]] == [part.text() for part in own[:kept]]
        assert len(mine) == kept + (bool(noticed) and density != "row")
    assert "itemscope" in notice.children[0].attributes
    assert together.count("itemscope") == 1


@pytest.mark.parametrize(("theme", "density"), LOOKS)
def test_an_element_is_a_shadow_root_and_a_fragment(theme: str, density: Density) -> None:
    """One host holds a template with one style sheet and classes, and the fragment beside it."""
    for html, fragment in (
        (_one("element", theme, density), _one("fragment", theme, density)),
        (_all("element", theme, density), _all("fragment", theme, density)),
    ):
        (host,) = _read(html).children
        assert host.tag == "div"
        assert set(host.attributes) == {"lang", "dir"}
        template, *beside = host.children
        assert (template.tag, template.attributes) == ("template", {"shadowrootmode": "open"})
        sheet, *cards = template.children
        assert sheet.tag == "style"
        assert sheet.attributes == {}
        assert len(template.find("style")) == 1
        for part in (below for card in cards for below in card.all()):
            assert "style" not in part.attributes
            assert "id" not in part.attributes
            for name in part.attributes.get("class", "").split():
                assert name.startswith("cc-")
        assert any("class" in part.attributes for card in cards for part in card.all())
        # What the host shows without the shadow root is the other format, to the letter.
        assert _outline(beside) == _outline(_read(fragment).children)
        assert [card.text() for card in cards] == [root.text() for root in beside]


def _outline(parts: list[Element]) -> list[object]:
    return [(part.tag, part.attributes, part.words, _outline(part.children)) for part in parts]


@pytest.mark.parametrize(("theme", "density"), LOOKS)
def test_an_element_without_fallback_needs_no_style_attribute(theme: str, density: Density) -> None:
    """Under a policy that forbids style attributes, none is there to be refused."""
    html = str(
        render_card(PEOPLE[0], format="element", theme=theme, density=density, fallback=False)
    )
    (host,) = _read(html).children
    assert [child.tag for child in host.children] == ["template"]
    assert not [part for part in host.all() if "style" in part.attributes]


@pytest.mark.parametrize("theme", THEMES)
def test_an_elements_sheet_is_one_text_per_theme(theme: str) -> None:
    """Whoever is shown, in whatever density, the sheet is constant, so one hash admits it."""
    sheets = {
        sheet.words[0]
        for density in DENSITIES
        for html in (_all("element", theme, density), _one("element", theme, density, PEOPLE[1]))
        for sheet in _read(html).find("style")
    }
    assert len(sheets) == 1
    assert style_source(theme) == f"'{_hash(sheets.pop())}'"


def test_an_elements_sheet_changes_with_what_it_is_made_from(tmp_path: Path) -> None:
    """Another direction of writing or another template has a hash of its own, which is right."""
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "states.css").write_text(".cc-card { color: red }", "utf-8")
    rtl = Labels(lang="ar", dir="rtl")
    choices: tuple[dict[str, Any], ...] = ({}, {"labels": rtl}, {"templates": tmp_path})
    sources = {style_source("light", **choice): choice for choice in choices}
    assert len(sources) == len(choices)
    for source, choice in sources.items():
        html = str(render_card(PEOPLE[0], format="element", theme="light", **choice))
        (style,) = _read(html).find("style")
        assert source == f"'{_hash(style.words[0])}'"


@pytest.mark.parametrize(("theme", "density"), LOOKS)
def test_a_page_is_complete(theme: str, density: Density) -> None:
    """A page has doctype, language, encoding, title and one main part with every card in it."""
    for html, title, cards in (
        (_all("page", theme, density), "Role", len(PEOPLE)),
        (_one("page", theme, density), PEOPLE[0].name, 1),
    ):
        reader = _Reader(html)
        assert html.startswith("<!DOCTYPE html>")
        assert reader.doctypes == ["DOCTYPE html"]
        (document,) = reader.top.children
        assert document.tag == "html"
        assert document.attributes == {"lang": "en", "dir": "ltr"}
        assert [child.tag for child in document.children] == ["head", "body"]
        head, body = document.children
        assert head.children[0].attributes == {"charset": "utf-8"}
        assert [part.text() for part in head.find("title")] == [title]
        assert any(part.attributes.get("name") == "viewport" for part in head.find("meta"))
        (main,) = body.find("main")
        articles = [part for part in main.all() if part.attributes.get("role") == "article"]
        assert len(articles) == cards
        tops = [part.text() for part in body.find("h1")]
        assert tops == [title]
        assert not [part for part in document.all() if "style" in part.attributes]
        # An id of a page must be the only one of its kind; there is none.
        assert not [part for part in document.all() if "id" in part.attributes]


@pytest.mark.parametrize(("theme", "density"), LOOKS)
def test_a_pages_policy_admits_its_own_sheet_and_nothing_else(theme: str, density: Density) -> None:
    """The policy in the page forbids all but its style sheet, by hash, and embedded pictures."""
    top = _read(_all("page", theme, density))
    (policy,) = [
        part.attributes["content"]
        for part in top.find("meta")
        if part.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    (sheet,) = top.find("style")
    directives = {
        name: sources for name, *sources in (directive.split() for directive in policy.split(";"))
    }
    assert directives == {
        "default-src": ["'none'"],
        "style-src": [f"'{_hash(sheet.words[0])}'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@pytest.mark.parametrize("name", ["element", "page"])
def test_a_nonce_marks_the_sheet_and_changes_nothing_else(name: str) -> None:
    """The nonce of a host's policy stands on the style element, escaped, and only there."""
    plain = str(render_card(PEOPLE[0], format=name))
    marked = str(render_card(PEOPLE[0], format=name, nonce='r4nd"<om'))
    (sheet,) = _read(marked).find("style")
    assert sheet.attributes == {"nonce": 'r4nd"<om'}
    assert marked.replace(' nonce="r4nd&#34;&lt;om"', "") == plain


# What rendering may depend on: its arguments.


_RENDER_EVERYTHING = """
import hashlib, json, sys
from candidate_cards import Candidate, Shortlist, export_candidates
people = tuple(map(Candidate.model_validate, json.load(sys.stdin)))
shortlist = Shortlist(candidates=people, title="Role")
for name in json.loads(sys.argv[1]):
    for theme in ("dark", "light"):
        data = export_candidates(
            shortlist, format=name, theme=theme, density="detail", profile="internal"
        )
        print(name, theme, hashlib.sha256(data).hexdigest())
"""


def _in_another_process(folder: Path, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _RENDER_EVERYTHING, json.dumps(FORMATS)],
        input=json.dumps([person.to_wire() for person in PEOPLE]),
        capture_output=True,
        check=True,
        cwd=folder,
        encoding="utf-8",
        env={
            "PATH": os.environ["PATH"],
            # Anything that this process can import, the other one can.
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            **environment,
        },
    )
    return done.stdout.splitlines()


def test_every_process_renders_the_same_bytes(tmp_path: Path) -> None:
    """Hash seed, time zone, language and working directory do not matter."""
    elsewhere = tmp_path / "another folder"
    elsewhere.mkdir()
    shortlist = Shortlist(candidates=tuple(PEOPLE), title="Role")
    here = [
        f"{name} {theme} "
        + hashlib.sha256(
            export_candidates(
                shortlist, format=name, theme=theme, density="detail", profile="internal"
            )
        ).hexdigest()
        for name in FORMATS
        for theme in ("dark", "light")
    ]
    for folder, environment in (
        (tmp_path, {"PYTHONHASHSEED": "1", "TZ": "Asia/Kolkata", "LANG": "C", "LC_ALL": "C"}),
        (elsewhere, {"PYTHONHASHSEED": "4711", "TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8"}),
    ):
        assert _in_another_process(folder, **environment) == here


class _Untouchable:
    """Stands in for something that must not be asked."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> NoReturn:
        pytest.fail(f"rendering asked {self._name}.{name}")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        pytest.fail(f"rendering called {self._name}")

    def __getitem__(self, key: object) -> NoReturn:
        pytest.fail(f"rendering read {self._name}[{key!r}]")

    def __contains__(self, key: object) -> NoReturn:
        pytest.fail(f"rendering read {self._name}[{key!r}]")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.usefixtures("socket_disabled")
def test_nothing_but_arguments_and_templates_is_asked(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiling and rendering open no connection and ask no clock, chance or environment."""
    exporter, theme = get_exporter(name), load_theme("light")
    constants = {
        "density": "detail",
        "embedded": exporter.template.embedded,
        "labels": DEFAULT_LABELS,
        "usual": notice_of((), USUAL_NOTICE, DEFAULT_LABELS),
        "heading": 2,
        "subheading": 3,
    }
    view = card_view(PEOPLE[0], density="detail")
    frame = single_view(view)
    notice = notice_of([view], USUAL_NOTICE, DEFAULT_LABELS)
    message = message_view(frame, [view], DEFAULT_LABELS, notice=notice)
    values = {
        "shortlist": frame,
        "cards": [view],
        "message": message,
        "notice": notice,
        "nonce": "",
        "fallback": True,
    }

    def work() -> str:
        return str(compile_template(exporter.template, theme, constants).render(values))

    expected = work()  # what is imported on the way may read its settings
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", _Untouchable("os.environ"))
        patch.setattr(os, "getenv", _Untouchable("os.getenv"))
        patch.setattr(os, "urandom", _Untouchable("os.urandom"))
        for module, names in (
            (time, ("time", "time_ns", "localtime", "gmtime", "strftime")),
            (random, ("random", "randint", "choice", "getrandbits")),
        ):
            for function in names:
                patch.setattr(module, function, _Untouchable(f"{module.__name__}.{function}"))
        found = work()
    assert found == expected


def test_the_guards_of_the_test_above_work(
    monkeypatch: pytest.MonkeyPatch,
    socket_disabled: None,  # noqa: ARG001  a fixture
) -> None:
    """A function that asks the environment, the clock or the network is caught by them."""
    asked: list[Callable[[], Any]] = [lambda: os.environ["HOME"], lambda: "HOME" in os.environ]
    with monkeypatch.context() as patch:
        patch.setattr(os, "environ", _Untouchable("os.environ"))
        for ask in asked:
            with pytest.raises(pytest.fail.Exception):
                ask()
    with pytest.raises((SocketBlockedError, UserWarning)):  # warnings are errors here
        socket.socket()
