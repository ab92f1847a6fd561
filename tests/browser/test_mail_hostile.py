"""Hostile text in a message: nothing runs, loads, leads away or moves what is beside it."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from mail_pages import DENSITIES, REPLY_TO, Density, mail, measure, show_mails

from candidate_cards import Candidate, Shortlist, parse_shortlist
from candidate_cards.exports import render
from hostile_corpus import (
    BAD_URLS,
    EMAIL_FIELD,
    FLAG,
    GOOD_URLS,
    PAYLOADS,
    SHORT_PAYLOADS,
    TEXT_FIELDS,
    URL_FIELD,
    Field,
    folded,
    harmless_candidate,
    hostile_wires,
    payloads,
    printable_payloads,
    read_wires,
    replace_texts,
    text_at,
)

if TYPE_CHECKING:
    from harness import RecordedPage

_LINK = re.compile(
    r"https://([a-z]+\.)?linkedin\.com/[!-~]*"
    rf"|mailto:{re.escape(REPLY_TO)}\?subject=Re%3A%20[\w.~%-]*"
    r"|mailto:[^?&,;:@<>\s]+@[a-z.]+",
    re.ASCII,
)

_FRAME: tuple[Field, ...] = (("name",), ("currentRole",), ("currentCompany",), ("location",))
_CARD: tuple[Field, ...] = (
    *(*_FRAME, ("rationale",), ("skills", 1), ("aiFitPoints", 1), ("aiRedFlags", 1)),
)
_SHOWN: dict[Density, tuple[Field, ...]] = {"row": _FRAME, "card": _CARD, "detail": TEXT_FIELDS}
_LEAD = 280  # characters of a summary that every density shows


@pytest.fixture(params=DENSITIES)
def density(request: pytest.FixtureRequest) -> Density:
    """Each density in turn."""
    value: Density = request.param
    return value


def _document(content: Candidate | Shortlist, density: Density = "detail") -> str:
    # Many people in one document, and more of each than a message may have.
    return str(
        render(
            content, format="email", density=density, profile="internal", reply_to=REPLY_TO
        ).document
    )


def _assert_nothing_happened(page: RecordedPage) -> None:
    flags = page.tab.evaluate(
        f"""() => [window, ...[...document.querySelectorAll("iframe")]
          .map((frame) => frame.contentWindow)].map((view) => view.{FLAG} ?? null)"""
    )
    assert set(flags) == {None}
    assert page.noise() == []
    # The document itself is the only thing that was ever asked for.
    assert [url for url in page.requests if not url.endswith("/favicon.ico")] == page.requests[:1]


# In the page: the block of each candidate, which is a table with its heading, or a row.
_BLOCKS = """
const rows = [...document.querySelectorAll("tbody > tr:has(> th[scope=row])")];
const sheets = [...document.querySelectorAll("h2")].map((name) => name.closest("table"));
const blocks = sheets.length ? sheets : rows;
"""

_TRIGGER = """() => {
  for (const element of document.querySelectorAll("body, body *")) {
    for (const kind of ["pointerenter", "mouseover", "mouseenter", "pointerdown", "mousedown",
      "focusin", "keydown", "dblclick", "contextmenu", "toggle", "animationstart", "error"])
      element.dispatchEvent(new Event(kind, { bubbles: true, composed: true }));
    element.focus?.();
  }
}"""

_FOLLOWED = """() => {
  const follow = ["href", "src", "action", "formaction", "xlink:href", "srcset", "poster", "data",
    "background", "ping", "srcdoc", "content", "codebase"];
  const links = [], bad = [];
  for (const element of document.body.querySelectorAll("*"))
    for (const { name, value } of element.attributes)
      if (element.localName === "a" && name === "href") links.push(value);
      else if (name.startsWith("on") || follow.includes(name))
        bad.push(`${element.localName} ${name}=${value}`);
  return [links, bad];
}"""


def test_every_payload_in_every_field_is_inert_text(page: RecordedPage, density: Density) -> None:
    """Nothing runs, is asked for or leads away; each payload reads as text beside plain people."""
    wires = hostile_wires()
    shortlist = read_wires(wires)
    tab = page.show(_document(shortlist, density))
    tab.evaluate(_TRIGGER)
    _assert_nothing_happened(page)
    links, bad = tab.evaluate(_FOLLOWED)
    assert len(links) > len(wires) / 2
    assert [link for link in links if not _LINK.fullmatch(link)] == []
    assert bad == []

    texts = tab.evaluate(f"() => {{ {_BLOCKS} return blocks.map((one) => one.textContent); }}")
    assert len(texts) == len(wires)
    lost = []
    for candidate, text in zip(shortlist.candidates, texts, strict=True):
        wire = candidate.model_dump(mode="json", by_alias=True)
        words = folded(text)
        fields = [*_SHOWN[density], EMAIL_FIELD]
        if "/in/" not in wire["linkedinUrl"]:  # otherwise it may be a link, named by our words
            fields.append(URL_FIELD)
        for field in fields:
            expected = folded(text_at(wire, field))
            if field == ("rationale",) and density == "card" and len(expected) > _LEAD:
                expected = expected[: _LEAD // 4]
            if expected not in words:
                lost.append(f"{field} of {candidate.profile_id[-20:]!r}")
    assert not lost, "\n".join(lost)

    rows = tab.evaluate(f"() => {{ {_BLOCKS} return rows.length; }}")
    assert rows == len(wires), "everyone is in the comparison"
    plain = [n for n, wire in enumerate(wires) if wire["profileId"].startswith("plain")]
    assert len(plain) > len(wires) / 20
    neighbours = tab.evaluate(
        f"""(plain) => {{
          {_BLOCKS}
          const looks = (element) => {{
            const {{ x, width, height }} = element.getBoundingClientRect();
            // Fractions of a pixel depend on where on the page a block begins.
            const box = [x, width, Math.round(height)];
            const copy = element.cloneNode(true);
            const rank = copy.querySelector("h2") ?? copy.cells[0];
            rank.firstChild.data = rank.firstChild.data.replace(/^\\d+/, "#");
            return JSON.stringify([copy.outerHTML, box]);
          }};
          return plain.map((n) => looks(blocks[n]) + looks(rows[n]));
        }}""",
        plain,
    )
    assert len(set(neighbours)) == 1
    assert '"#' in neighbours[0] or ">#" in neighbours[0]


def test_every_payload_in_the_frame_is_inert_text(page: RecordedPage) -> None:
    """Role, brief, client, author and a failed profile may say anything, in head and body."""
    payloads_ = [payload.text for payload in SHORT_PAYLOADS]
    count = len(payloads_)
    mails, shown = {}, {}
    for number in range(count):
        title, brief, client, author, name, failed = (
            payloads_[(number + shift) % count] for shift in range(6)
        )
        wire = {
            "candidates": [{"profileId": "prof_0", "name": name}],
            "failed": [{"profileId": f"prof_{failed}"}],
        }
        about: Shortlist = parse_shortlist(
            json.dumps(wire), title=title, brief=brief, client=client, author=author
        )
        assert len(about.failed) == 1
        mails[str(number)] = _document(about, "row")
        shown[str(number)] = [about.title, about.client, about.author, about.candidates[0].name]
    show_mails(page, mails)
    found = page.tab.evaluate(
        """() => [...document.querySelectorAll("iframe")].map((frame) => {
          const mail = frame.contentDocument;
          return [frame.title, mail.documentElement.textContent, mail.title,
            mail.querySelector("[role=article]").getAttribute("aria-label"),
            mail.querySelectorAll("h1").length, mail.querySelectorAll("*").length,
            [...mail.querySelectorAll("[href], [src]")].map((element) => element.outerHTML)];
        })"""
    )
    _assert_nothing_happened(page)
    assert len(found) == count
    sizes = set()
    for label, text, title, name, headings, elements, links in found:
        assert headings == 1
        # The one link writes to the sender.
        assert len(links) == 1
        assert links[0].startswith('<a href="mailto:ana@acme.example?subject=Re%3A%20'), label
        assert folded(title) == folded(name)
        for expected in shown[label]:
            assert folded(expected or "") in folded(text), label
        sizes.add(elements)
    # Only whether a text is empty after cleaning decides what elements there are.
    assert max(sizes) - min(sizes) <= 8


def test_a_candidate_alone_names_the_message_and_nothing_else(page: RecordedPage) -> None:
    """A hostile name alone is title, label, heading and subject of the reply, all of it text."""
    mails = {
        payload.id: _document(
            read_wires(
                [{**harmless_candidate(), "name": payload.text, "headline": payload.text}]
            ).candidates[0],
            "card",
        )
        for payload in SHORT_PAYLOADS[::3]
    }
    assert {payload.partition("-")[0] for payload in mails} >= {one.group for one in SHORT_PAYLOADS}
    show_mails(page, mails)
    found = page.tab.evaluate(
        """() => [...document.querySelectorAll("iframe")].map((frame) => {
          const mail = frame.contentDocument;
          return [frame.title, mail.querySelectorAll("*").length,
            [...mail.querySelectorAll("[href], [src]")].map((element) => element.href ?? "?")];
        })"""
    )
    _assert_nothing_happened(page)
    # Values that run from the right are kept apart by elements of their own.
    assert len({elements for _, elements, _ in found}) <= 2
    for label, _, links in found:
        assert len(links) == 4, label
        assert [link for link in links if not _LINK.fullmatch(link)] == [], label


def test_every_payload_alone_in_a_field_reads_verbatim(page: RecordedPage) -> None:
    """Payloads that need no cleaning arrive in the message character for character."""
    printable = printable_payloads()
    wires = [
        {"profileId": payload.id, "name": payload.text, "aiFitPoints": [payload.text]}
        for payload in printable
    ]
    tab = page.show(_document(read_wires(wires)))
    texts = tab.evaluate(
        f"""() => {{ {_BLOCKS} return blocks.map((one, n) => [rows[n].innerText,
          one.querySelector("h2").innerText, one.querySelector("li").innerText]); }}"""
    )
    lost = [
        payload
        for payload, places in zip(printable, texts, strict=True)
        if not all(payload.text in folded(place) for place in places)
    ]
    assert lost == []
    _assert_nothing_happened(page)


def test_bad_addresses_are_text_and_good_ones_are_links(
    page: RecordedPage, density: Density
) -> None:
    """An address that is not https on LinkedIn is shown as it is and never becomes a link."""
    urls = (*BAD_URLS, *GOOD_URLS)
    wires = [
        {"profileId": f"prof_{number}", "name": "Bo", "linkedinUrl": url}
        for number, url in enumerate(urls)
    ]
    shortlist = read_wires(wires)
    tab = page.show(_document(shortlist, density))
    found = tab.evaluate(
        f"""() => {{ {_BLOCKS} return blocks.map((one) => [one.textContent,
          [...one.querySelectorAll("[href]")].map((link) => link.href)
            .filter((href) => !href.startsWith("mailto:"))]); }}"""
    )
    assert len(found) == len(urls)
    for candidate, (text, links) in zip(shortlist.candidates[: len(BAD_URLS)], found, strict=False):
        assert links == [], candidate.linkedin_url
        assert folded(candidate.linkedin_url or "") in folded(text)
    for url, (_, links) in zip(GOOD_URLS, found[len(BAD_URLS) :], strict=True):
        assert len(links) == 1, url
        assert _LINK.fullmatch(links[0])
    _assert_nothing_happened(page)


def _text_places(value: object, path: Field = ()) -> list[Field]:
    """Return every place of a text in a payload, ids excepted."""
    if isinstance(value, dict):
        return [
            place
            for key, item in value.items()
            if key not in {"profileId", "pronunciation"}
            for place in _text_places(item, (*path, key))
        ]
    if isinstance(value, list):
        return [place for n, item in enumerate(value) for place in _text_places(item, (*path, n))]
    return [path] if isinstance(value, str) else []


_WORDS = ("x" * 10_000, "W" * 10_000, "\u5b57" * 10_000)


@pytest.mark.parametrize("wrap", ["anywhere", "break-word only"])
def test_very_long_words_do_not_widen_a_message(page: RecordedPage, wrap: str) -> None:
    """A word of 10,000 letters, or 100 kB, breaks into lines at 360 px, wherever it stands."""
    places = _text_places(harmless_candidate())
    assert len(places) >= 20
    mails = {}
    for number, place in enumerate(places):
        # Straight into the model: loading would cut the word to its field's limit.
        wire = replace_texts(harmless_candidate(), {place: _WORDS[number % len(_WORDS)]})
        mails[str(place)] = _document(
            Shortlist(candidates=(Candidate.model_validate(wire), Candidate(profile_id="b")))
        )
    wire = replace_texts(harmless_candidate(), {("name",): "x" * 100_000})
    mails["100 kB"] = _document(Shortlist(candidates=(Candidate.model_validate(wire),)))
    frame = Shortlist(title="x" * 100_000, brief=_WORDS[0], client=_WORDS[1], author=_WORDS[2])
    mails["frame"] = _document(frame, "row")
    long = payloads("long")
    mails["all of them"] = _document(
        read_wires(
            [
                replace_texts(
                    harmless_candidate(f"prof_{number}"),
                    {
                        field: long[(number + shift) % len(long)].text
                        for shift, field in enumerate((*_CARD, EMAIL_FIELD, URL_FIELD))
                    },
                )
                for number in range(len(long))
            ]
        ),
        "card",
    )
    if wrap == "break-word only":
        known = ";word-wrap:break-word;overflow-wrap:anywhere"
        assert all(known in html for html in mails.values())
        mails = {
            label: html.replace(known, ";word-wrap:break-word") for label, html in mails.items()
        }
    show_mails(page, mails)
    found = {one.label: one.problems() for one in measure(page, 360, "light")}
    assert len(found) == len(mails)
    assert {label: faults for label, faults in found.items() if faults} == {}
    _assert_nothing_happened(page)


# In the page: each value that is on one line, and not laid out as it is alone. Compared is where
# its letters stand, from the leftmost.
_TURNED = """(values) => {
  BLOCKS
  const turned = [], range = document.createRange();
  let looked = 0;
  const lefts = (node, from, length) => {
    const boxes = [...Array(length).keys()].map((n) => {
      range.setStart(node, from + n);
      range.setEnd(node, from + n + 1);
      return range.getBoundingClientRect();
    });
    if (new Set(boxes.map((box) => Math.round(box.top))).size > 1) return null;
    const first = Math.min(...boxes.map((box) => box.left));
    return boxes.map((box) => box.left - first);
  };
  const alone = document.createElement("span");
  alone.style.cssText = "position: absolute; white-space: nowrap; unicode-bidi: isolate";
  alone.dir = "auto";
  values.forEach((own, n) => {
    for (const block of new Set([blocks[n], rows[n]])) {
      const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT), nodes = [];
      while (walker.nextNode()) nodes.push(walker.currentNode);
      for (const value of own) for (const node of nodes) {
        const from = node.data.indexOf(value);
        const here = from < 0 ? null : lefts(node, from, value.length);
        if (!here) continue;
        looked += 1;
        alone.textContent = value;
        node.parentElement.append(alone);
        const there = lefts(alone.firstChild, 0, value.length);
        alone.remove();
        if (here.some((left, n) => Math.abs(left - there[n]) > 0.5))
          turned.push(`${value} in: ${node.data.trim().slice(0, 60)}`);
      }
    }
  });
  return [looked, [...new Set(turned)]];
}""".replace("BLOCKS", _BLOCKS)


def _turned(page: RecordedPage, wires: list[dict[str, Any]], values: list[list[str]]) -> list[str]:
    """Return the values of each candidate that are torn or turned round by what is beside them."""
    html = _document(read_wires(wires)).replace(
        # Letters beside others are kerned differently, which is no harm; wide, so that lines hold.
        "</head>",
        "<style>* { font-kerning: none; font-variant-ligatures: none }</style></head>",
    )
    looked, turned = page.show(html).evaluate(_TURNED, values)
    assert looked >= 2 * len(wires)
    return [ascii(text).replace("\\u20", " \\u20") for text in turned]


def test_a_value_reads_the_same_whatever_stands_beside_it(page: RecordedPage) -> None:
    """Role, company, place and skills keep their letters together and in order, in any scripts."""
    texts = ("\u05d0\u05d1\u05d2", "3D (CAD)", "\u05d3 12", "34 \u0627\u0628\u062a", "Acme, Inc.")
    wires: list[dict[str, Any]] = []
    values: list[list[str]] = []
    for name, role, company in product(
        ("Ada Low", "\u05d9\u05e2\u05dc \u05db\u05d4\u05df"), texts, texts
    ):
        own: dict[Field, str] = {
            ("name",): name,
            ("currentRole",): role,
            ("currentCompany",): company,
        }
        own |= {("location",): "Porto (PT)", ("skills", 0): "C++", ("skills", 1): role}
        own |= {("skills", 2): company}
        own |= {("aiDetailedRationale", 0, "title"): role}
        own |= {("aiDetailedRationale", 0, "company"): company}
        wires.append(replace_texts(harmless_candidate(f"prof_{len(wires)}"), own))
        values.append([*dict.fromkeys(own.values())])
    turned = _turned(page, wires, values)
    assert not turned, "\n".join(turned)


def test_bidi_controls_turn_nothing_beside_them(page: RecordedPage) -> None:
    """What stands beside a text with direction controls reads as it does beside a plain one."""
    wires: list[dict[str, Any]] = []
    values: list[list[str]] = []
    for payload in payloads("bidi"):
        for fields in (TEXT_FIELDS[::2], TEXT_FIELDS[1::2]):
            wire = replace_texts(
                harmless_candidate(f"prof_{len(wires)}"), dict.fromkeys(fields, payload.text)
            )
            wires.append(wire)
            plain = harmless_candidate()
            values.append([text_at(plain, field) for field in TEXT_FIELDS if field not in fields])
    turned = _turned(page, wires, values)
    assert not turned, "\n".join(turned)


def test_a_browser_that_is_fooled_is_noticed(page: RecordedPage) -> None:
    """The measure measures: the same payloads, unescaped in a message, run and ask."""
    html = mail(read_wires([harmless_candidate()]))
    assert html.count("Marta Quill") >= 2
    payloads_ = payloads("markup")[:8]
    assert PAYLOADS[:8] == payloads_
    show_mails(page, {one.id: html.replace("Marta Quill", one.text) for one in payloads_})
    page.tab.wait_for_timeout(100)
    flags = page.tab.evaluate(
        f"""() => [...document.querySelectorAll("iframe")].map((frame) =>
          frame.contentWindow.{FLAG})"""
    )
    fooled = [flag == one.number for flag, one in zip(flags, payloads_, strict=True)]
    assert sum(fooled) >= len(fooled) // 2
    assert page.noise()
