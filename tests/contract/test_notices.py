"""Every artefact says of scores and AI-written texts what they are; what shows neither does not.

What is expected is put together here from the labels, apart from the code that does so.
"""

from __future__ import annotations

import io
import json
import re
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any, Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from PIL import Image

from candidate_cards import Candidate, Shortlist, list_formats, render_email
from candidate_cards._text import clean_text
from candidate_cards.cards import (
    DEFAULT_LABELS,
    Density,
    Labels,
    NoticeFacts,
    list_languages,
    load_labels,
)
from candidate_cards.cards.languages import date_text
from candidate_cards.exports import get_exporter, render
from candidate_cards.exports.png import render_picture
from candidate_cards.themes import list_themes
from command_line import candidate, invoke, sourcing
from hostile_corpus import PAYLOADS, folded, harmless_candidate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DENSITIES: tuple[Density, ...] = get_args(Density)
THEMES: Final = [info.name for info in list_themes() if info.origin == "bundled"]
SOURCE_TYPE: Final = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
_TERM: Final = "https://schema.org/digitalSourceType"
_OWN: Final = "candidate-cards:"
#: Pieces, which somebody's page holds, and documents.
PIECES: Final = ("element", "fragment")
DOCUMENTS: Final = ("email", "page")

_BARE: Final = {"profileId": "p", "name": "Bo Quill", "currentRole": "Welder", "skills": ["Steel"]}
CONTENTS: Final = {
    "both": {**harmless_candidate(), "name": "Bo Quill"},
    "score": {**_BARE, "matchScore": 71},
    "text": {**_BARE, "rationale": "Keeps calm.", "aiFitPoints": ["Steel"]},
    "neither": _BARE,
}
FACTS: Final = {
    "usual": NoticeFacts(),
    "given": NoticeFacts(
        source="Profiles of Acme s.r.o.",
        contact="privacy@acme.example",
        keep_until=date(2026, 9, 2),
    ),
    "coded": NoticeFacts(coded=True),
    "left out": NoticeFacts(shown=False),
}


def _person(content: str) -> Candidate:
    return Candidate.model_validate(CONTENTS[content])


def _people(content: str) -> Shortlist:
    people = (_person("neither"), _person(content), _person(content))
    return Shortlist(candidates=people, title="Welder")


def _tells(content: str, density: Density) -> tuple[bool, bool]:
    """Return whether a look at a content shows a score, and whether a text that AI wrote."""
    return content in {"both", "score"}, content in {"both", "text"} and density != "row"


def _claims(scored: bool, written: bool, labels: Labels) -> list[tuple[str, str]]:  # noqa: FBT001
    claims = [("score-meaning", labels.notice_score)] if scored else []
    claims += [("ai-text", labels.notice_ai)] if written else []
    return claims + ([("decision", labels.notice_decision)] if claims else [])


def _origin(facts: NoticeFacts, labels: Labels = DEFAULT_LABELS) -> list[str]:
    """Return the sentences that are not about AI."""
    source = facts.source or labels.notice_source_usual
    contact = facts.contact or labels.notice_contact_usual
    kept = labels.notice_keep_usual
    if facts.keep_until:
        kept = labels.notice_keep_until.format(date=date_text(facts.keep_until, labels))
    return [
        *([labels.notice_coded] if facts.coded else []),
        labels.notice_source.format(source=source).replace("..", "."),
        labels.notice_contact.format(contact=contact),
        kept,
    ]


def _told(facts: NoticeFacts, scored: bool, written: bool) -> dict[str, str]:  # noqa: FBT001
    """Return what programs are to read in a document."""
    claims = _claims(scored, written, DEFAULT_LABELS)
    told = {"digital-source-type": SOURCE_TYPE} if claims else {}
    if not facts.shown:
        return told | {"notice": "left out by the sender"}
    told |= dict(claims)
    told["data-source"] = facts.source or DEFAULT_LABELS.notice_source_usual
    told["contact"] = facts.contact or DEFAULT_LABELS.notice_contact_usual
    told |= {"keep-until": facts.keep_until.isoformat()} if facts.keep_until else {}
    return told | ({"identity": "coded"} if facts.coded else {})


def _root(html: str) -> Any:  # noqa: ANN401  lxml has no types
    return lxml_html.document_fromstring(html)


def _head(root: Any) -> dict[str, str]:  # noqa: ANN401  lxml has no types
    pairs = [
        (meta.get("name").removeprefix(_OWN), meta.get("content"))
        for meta in root.xpath(f"//head/meta[starts-with(@name, '{_OWN}')]")
    ]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _item(item: Any) -> dict[str, str]:  # noqa: ANN401  lxml has no types
    """Return a piece of microdata."""
    parts = item.xpath(".//*[@itemprop]")
    pairs = [
        (
            part.get("itemprop").replace(_TERM, "digital-source-type"),
            part.get("content") if part.tag == "meta" else folded(part.text_content()),
        )
        for part in parts
    ]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _words(part: Any) -> str:  # noqa: ANN401  lxml has no types
    return " ".join(folded(part.text_content()).split())


def _show(
    format_: str, density: Density, content: Candidate | Shortlist, facts: NoticeFacts
) -> str:
    made = render(content, format=format_, density=density, notice=facts, profile="internal")
    return str(made.document)


_CELLS: Final = list(product(DENSITIES, CONTENTS, FACTS))


@pytest.mark.parametrize("format_", DOCUMENTS)
@pytest.mark.parametrize(("density", "content", "facts"), _CELLS)
def test_a_document_says_it_once_and_programs_read_the_same(
    format_: str, density: Density, content: str, facts: str
) -> None:
    """Each sentence that applies stands once, at the end; no other does; the head has the facts."""
    chosen = FACTS[facts]
    scored, written = _tells(content, density)
    for who in (_person(content), _people(content)):
        root = _root(_show(format_, density, who, chosen))
        for hidden in root.xpath("//div[contains(@style, 'display:none')]"):
            hidden.drop_tree()  # what an inbox shows, where the notice may lengthen it
        body = _words(root.find("body"))
        claims = _claims(scored, written, DEFAULT_LABELS) if chosen.shown else []
        origin = _origin(chosen) if chosen.shown else []
        whole = " ".join((*(text for _, text in claims), *origin))
        assert body.endswith(whole)
        assert body.count(DEFAULT_LABELS.notice_title) == chosen.shown
        for sentence in (
            *(DEFAULT_LABELS.notice_score, DEFAULT_LABELS.notice_ai),
            *(DEFAULT_LABELS.notice_decision, DEFAULT_LABELS.notice_coded),
        ):
            assert body.count(sentence) == whole.count(sentence), sentence
        assert _head(root) == _told(chosen, scored, written)
        assert root.xpath("//*[@itemscope]") == []


@pytest.mark.parametrize("format_", PIECES)
@pytest.mark.parametrize(("density", "content", "facts"), _CELLS)
def test_a_piece_alone_says_it_inside_the_card(
    format_: str, density: Density, content: str, facts: str
) -> None:
    """A card has the short sentence and folds the whole; a row has the short form."""
    chosen = FACTS[facts]
    scored, written = _tells(content, density)
    root = _root(_show(format_, density, _person(content), chosen))
    cards = root.xpath("//*[@role='article']")
    assert len(cards) == (2 if format_ == "element" else 1)
    for card in cards:
        items = card.xpath(".//*[@itemscope]")
        if not scored and not written:
            assert items == []
            assert not re.search(r"\bAI\b|machine|decides", _words(card))
            continue
        (item,) = items
        told = _told(chosen, scored, written)
        if not chosen.shown:
            assert _words(item) == ""
            assert DEFAULT_LABELS.notice not in _words(card)
            assert _item(item) == told
            continue
        claims = [text for _, text in _claims(scored, written, DEFAULT_LABELS)]
        if density == "row":
            given = [] if facts == "usual" else _origin(chosen)
            assert item.tag == "p"
            assert _words(item) == " ".join((DEFAULT_LABELS.notice, *given))
            kept = {"digital-source-type", *(told if given else ())} - {"score-meaning", "decision"}
            said = {name: value for name, value in told.items() if name in kept}
            assert _item(item) == {**said, "decision": DEFAULT_LABELS.notice}
            continue
        assert item.tag == "details"
        summary, text = item
        assert (summary.tag, text.tag) == ("summary", "p")
        assert _words(summary) == f"{DEFAULT_LABELS.notice} {DEFAULT_LABELS.notice_title}"
        assert _words(text) == " ".join((*claims, *_origin(chosen)))
        assert _item(item) == told


@pytest.mark.parametrize("format_", PIECES)
@pytest.mark.parametrize(("density", "content", "facts"), _CELLS)
def test_a_piece_with_many_says_it_behind_the_last(
    format_: str, density: Density, content: str, facts: str
) -> None:
    """The whole stands once, open, in a root of its own; each card keeps its short sentence."""
    chosen = FACTS[facts]
    scored, written = _tells(content, density)
    root = _root(_show(format_, density, _people(content), chosen))
    copies = 2 if format_ == "element" else 1
    items = root.xpath("//*[@itemscope]")
    assert len(items) == (copies if scored or written else 0)
    for number, item in enumerate(items, 1):
        assert not item.xpath("ancestor::*[@role='article']")
        assert len(item.xpath("preceding::*[@role='article']")) == 3 * number
        assert _item(item) == _told(chosen, scored, written)
        claims = [text for _, text in _claims(scored, written, DEFAULT_LABELS)]
        said = [*claims, *_origin(chosen)] if chosen.shown else []
        assert _words(item) == " ".join(said)
    cards = root.xpath("//*[@role='article']")
    assert len(cards) == 3 * copies
    short = [DEFAULT_LABELS.notice in _words(card) for card in cards]
    by_machine = (scored or written) and chosen.shown and density != "row"
    assert short == [False, by_machine, by_machine] * copies


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("format_", "density"), list(product((*PIECES, *DOCUMENTS), DENSITIES)))
@pytest.mark.parametrize("facts", ["usual", "left out"])
def test_a_score_is_marked_where_it_stands(
    theme: str, format_: str, density: Density, facts: str
) -> None:
    """Beside each number stands the mark, which stays where the notice is left out."""
    made = render(
        _people("score"), format=format_, density=density, theme=theme, notice=FACTS[facts]
    )
    root = _root(str(made.document))
    if format_ == "email":
        cells = root.xpath("//*[contains(concat(' ', @class, ' '), ' t-good ')]")
        heads = [_words(head) for head in root.xpath("//th[@scope='col']")]
        assert "Match (AI)" in heads
        # In the table the column's head says it.
        own = [_words(cell) for cell in cells if not cell.xpath("ancestor::tbody")]
        assert own == ([] if density == "row" else ["71 Good match (AI)"] * 2)
        return
    texts = [_words(card) for card in root.xpath("//*[@role='article']")]
    marked = [text for text in texts if re.search(r"\b71 Good match AI\b", text)]
    assert len(marked) == 2 * (2 if format_ == "element" else 1)
    assert len([text for text in texts if "Not scored" in text and " AI" not in text]) >= 1
    for label in root.xpath("//*[@role='img']/@aria-label"):
        assert label in {"71 out of 100, Good match (AI)", "Not scored"}


@pytest.mark.parametrize("facts", FACTS)
@pytest.mark.parametrize("content", CONTENTS)
def test_a_message_says_the_same_in_plain_text(content: str, facts: str) -> None:
    """The text ends with the sentences of the HTML, and marks each score."""
    chosen = FACTS[facts]
    text = " ".join(render_email(_people(content), notice=chosen, profile="internal").text.split())
    scored, written = _tells(content, "card")
    claims = _claims(scored, written, DEFAULT_LABELS)
    said = [*(sentence for _, sentence in claims), *_origin(chosen)]
    if chosen.shown:
        assert text.endswith(" ".join((DEFAULT_LABELS.notice_title, *said)))
    else:
        assert not any(sentence in text for sentence in said)
    assert len(re.findall(r"71 out of 100, Good match \(AI\)", text)) == (2 if scored else 0)
    assert ("(AI)" in text) == bool(claims)


@pytest.mark.parametrize("language", list_languages())
@pytest.mark.parametrize("format_", [*PIECES, *DOCUMENTS])
def test_a_notice_speaks_the_language_of_its_document(format_: str, language: str) -> None:
    """Title, sentences and day are the catalogue's, and nothing of them is English."""
    labels = load_labels(language)
    facts = NoticeFacts(keep_until=date(2026, 9, 2))
    made = render(_people("both"), format=format_, notice=facts, labels=labels, profile="internal")
    words = _words(_root(str(made.document)).find("body"))
    said = [text for _, text in _claims(True, True, labels)] + _origin(facts, labels)  # noqa: FBT003
    assert " ".join(" ".join(said).split()) in words
    if labels.lang != "en":
        english = (DEFAULT_LABELS.notice, DEFAULT_LABELS.notice_score, DEFAULT_LABELS.notice_ai)
        assert not [sentence for sentence in english if sentence in words]
    assert made.notice.keep_until == "2026-09-02"


@pytest.mark.parametrize("format_", list_formats())
@pytest.mark.parametrize("facts", FACTS)
def test_every_format_has_a_notice_for_what_encodes_it(format_: str, facts: str) -> None:
    """Whatever the format, the view that its encoder gets says what is shown, to both readers."""
    made = render(_people("both"), format=format_, notice=FACTS[facts], profile="internal")
    written = made.density != "row"
    assert dict(made.notice.facts) == _told(FACTS[facts], True, written)  # noqa: FBT003
    claims = [text for _, text in _claims(True, written, DEFAULT_LABELS)]  # noqa: FBT003
    said = [*claims, *_origin(FACTS[facts])] if FACTS[facts].shown else []
    assert list(made.notice.sentences) == said
    assert made.notice.text == " ".join(said)


@pytest.mark.parametrize("content", ["both", "neither"])
@pytest.mark.parametrize("facts", ["given", "left out"])
def test_a_picture_holds_the_facts(content: str, facts: str) -> None:
    """What a picture has no room for is in the file, the kind of its source in XMP too."""
    for who in (_person(content), _people(content)):
        data = render_picture(who, notice=FACTS[facts], profile="internal")
        with Image.open(io.BytesIO(data)) as picture:
            texts = {str(key): str(value) for key, value in picture.info.items()}
        xmp = texts.pop("XML:com.adobe.xmp", "")
        scored = content == "both"
        written = scored and isinstance(who, Candidate)
        told = _told(FACTS[facts], scored, written)
        assert {key.removeprefix(_OWN): text for key, text in texts.items() if _OWN in key} == told
        assert (f'Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"' in xmp) == scored


@pytest.mark.parametrize("content", CONTENTS)
def test_a_dossier_says_it_on_its_last_page_and_near_each_score(content: str) -> None:
    """Method, sentences and bands are there as they apply; a line stands on the person's page."""
    for facts in FACTS.values():
        made = render(_people(content), format="pdf", notice=facts, profile="internal")
        root = _root(str(made.document))
        scored, written = _tells(content, "detail")
        claims = [text for _, text in _claims(scored, written, DEFAULT_LABELS)]
        notices = root.xpath("//div[@class='notice']")
        assert len(notices) == (facts.shown or scored)
        text = " ".join(map(_words, notices))
        said = [*claims, *_origin(facts)] if facts.shown else []
        assert " ".join(said) in text
        assert (DEFAULT_LABELS.method_text in text) == (facts.shown and bool(claims))
        assert (DEFAULT_LABELS.bands_title in text) == scored
        pages = [_words(page) for page in root.xpath("//article")]
        near = bool(claims) and facts.shown
        assert [DEFAULT_LABELS.notice in page for page in pages] == [False, near, near]
        assert [bool(re.search(r"\b71 Good match AI\b", page)) for page in pages] == [
            *(False, scored, scored)
        ]


# What somebody says of source and contact is text, whatever it is.


def _outline(html: str) -> list[tuple[str, list[str]]]:
    return [(part.tag, sorted(part.keys())) for part in _root(html).iter("*")]


def _plain(format_: str) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    for who in ("one", "many"):
        content = _person("both") if who == "one" else _people("both")
        harmless = NoticeFacts(source="Somewhere", contact="Somebody")
        yield who, _outline(_show(format_, "card", content, harmless))


def _check_inert(format_: str, facts: NoticeFacts, outlines: Mapping[str, object]) -> None:
    source = clean_text(facts.source, limit=300)[0] or DEFAULT_LABELS.notice_source_usual
    contact = clean_text(facts.contact, limit=300)[0] or DEFAULT_LABELS.notice_contact_usual
    for who, outline in outlines.items():
        content = _person("both") if who == "one" else _people("both")
        html = _show(format_, "card", content, facts)
        assert _outline(html) == outline
        root = _root(html)
        readings = [_item(item) for item in root.xpath("//*[@itemscope]")] or [_head(root)]
        for told in readings:
            assert (told["data-source"], told["contact"]) == (source, contact)
        if get_exporter(format_).template.embedded:
            start = html.find("</style>")
            assert not re.search(r">[^<]*(\{\{|\{%|\[\[|\$\{)", html[max(start, 0) :])


@pytest.mark.parametrize("format_", [*PIECES, *DOCUMENTS])
def test_hostile_facts_are_text(format_: str) -> None:
    """No payload adds an element or attribute, and programs read what was said, cleaned."""
    outlines = dict(_plain(format_))
    assert len(PAYLOADS) > 300
    for payload in PAYLOADS:
        _check_inert(format_, NoticeFacts(source=payload.text, contact=payload.text), outlines)


_texts = st.text(max_size=80) | st.text("<>&\"'{}[]$%.\u202e\u2067\x00\ud800a ", max_size=40)


@pytest.mark.parametrize("format_", [*PIECES, *DOCUMENTS])
@settings(max_examples=60, deadline=None)
@given(source=_texts, contact=_texts)
def test_any_facts_are_text(format_: str, source: str, contact: str) -> None:
    """Whatever source and contact are, they are one clean line of each document."""
    outlines = {"one": dict(_plain(format_))["one"]}
    _check_inert(format_, NoticeFacts(source=source, contact=contact), outlines)


def test_a_long_fact_is_cut() -> None:
    """Of a text without end 300 characters are shown, and none of them is half."""
    for character in ("a", "👩‍👩‍👧", "e\u0301"):
        facts = NoticeFacts(source=character * 100_000)
        made = render(_person("both"), format="fragment", notice=facts)
        assert made.notice.source == f"{character * 299}…"


# On the command line


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    """Return a file with a candidate that has a score."""
    path = tmp_path / "in.json"
    path.write_text(sourcing(candidate("p1", matchScore=71)), "utf-8")
    return path


@pytest.mark.parametrize("extension", [".html", ".eml"])
def test_options_reach_document_and_report(payload: Path, extension: str) -> None:
    """Source, contact and day are what was said, and the report repeats them."""
    out = payload.with_name(f"out{extension}")
    options = ("--data-source", "Our files", "--contact", "Ana", "--keep-until", "2026-09-02")
    result = invoke("render", payload, "-o", out, *options, "--json")
    assert result.exit_code == 0, result.stderr
    text = out.read_text("utf-8").replace("=\n", "")
    for words in ("Our files", "Ana", "2026-09-02"):
        assert words in text
    assert json.loads(result.stdout)["notice"] == {
        "shown": True,
        "dataSource": "Our files",
        "contact": "Ana",
        "keepUntil": "2026-09-02",
    }


def test_leaving_it_out_is_recorded(payload: Path) -> None:
    """The document says it to programs, the report to programs and people."""
    out = payload.with_name("out.html")
    result = invoke("render", payload, "-o", out, "--no-notice", "--json")
    assert json.loads(result.stdout)["notice"]["shown"] is False
    assert _head(_root(out.read_text("utf-8")))["notice"] == "left out by the sender"
    for command in (
        ("render", payload, "-o", out, "--force"),
        ("send", payload, "--from", "a@acme.example", "--to", "b@client.example"),
    ):
        assert "(--no-notice)" in invoke(*command, "--no-notice").stderr
        assert "(--no-notice)" not in invoke(*command).stderr
    plan = invoke(*command, "--no-notice", "--json")
    assert json.loads(plan.stdout)["notice"]["shown"] is False


@pytest.mark.parametrize("command", ["render", "send"])
def test_a_day_that_is_none_is_wrong_usage(payload: Path, command: str) -> None:
    """A day that no calendar has is refused, for any format."""
    rest = (
        ("-o", payload.with_name("out.html")) if command == "render" else ("--from", "a@b.example")
    )
    result = invoke(command, payload, *rest, "--keep-until", "2026-02-30")
    assert result.exit_code == 2
    assert "--keep-until: must be a day" in result.stderr
