"""Copies for somebody: a watermark in nobody's way, a password that holds, and what a copy says."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal
from xml.etree import ElementTree as ET

import pikepdf
import pypdfium2
import pytest
from dossier_people import random_candidates
from dossier_reading import Dossier, squeezed
from hypothesis import given
from hypothesis import strategies as st
from pdfua import Severity, validate
from pikepdf import Dictionary, Name, Pdf, Stream
from PIL import Image, ImageChops
from pydantic import SecretStr
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from candidate_cards import Candidate, InputError, Shortlist, load_theme
from candidate_cards._contrast import PAIRS, contrast
from candidate_cards.cards import (
    DEFAULT_BANDS,
    DEFAULT_LABELS,
    DossierFacts,
    DossierView,
    NoticeFacts,
    NoticeView,
    dossier_view,
    list_languages,
    load_labels,
    shortlist_view,
)
from candidate_cards.errors import CandidateCardsError
from candidate_cards.exports._pdf.engine import render_pdf
from candidate_cards.exports._pdf.locks import lock
from candidate_cards.exports._pdf.merging import (
    COPY_NAMESPACE,
    Footer,
    Info,
    Part,
    Watermark,
    merge,
)
from candidate_cards.exports._pdf.watermarks import ink
from candidate_cards.exports.pdf import PdfPool, render_dossier
from candidate_cards.themes import list_themes
from command_line import candidate, invoke, sourcing
from hostile_corpus import SHORT_PAYLOADS

if TYPE_CHECKING:
    from pathlib import Path

    from candidate_cards.cards import Labels

_THEMES: Final = [info.name for info in list_themes() if info.origin == "bundled"]
_RECIPIENTS: Final = {
    "latin": "Bo Li, Acme Industries",
    "accents": "Žaneta Nguyễn-Þórðar",
    "arabic": "ليلى الخطيب، شركة النور",
    "hebrew": "נועה בן־דוד",
    "cjk": "田中太郎 株式会社アクメ",
    "thai": "สมชาย ใจดี",
    "emoji": "Bo 🚀 Li",
}
_PEOPLE: Final = Shortlist(
    candidates=tuple(random_candidates(4, seed=5)), title="Staff Engineer", client="Acme"
)
_ONE: Final = Shortlist(
    candidates=(Candidate(profile_id="prof_secret", name="Ada Lovelace", headline="Engines"),),
    title="Staff Engineer",
    author="Ana Müller",
)
_PASSWORD: Final = "correct horse battery staple"  # noqa: S105  of these files alone
_FOOT: Final = 55  # points from the lower edge that hold the copy's line, which is no watermark
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the copies in this module share their parts in."""
    return tmp_path_factory.mktemp("kept")


def _for(recipient: str, *, recipient_id: str = "", confidential: bool = True) -> DossierFacts:
    return DossierFacts(recipient=recipient, recipient_id=recipient_id, confidential=confidential)


def _view(facts: DossierFacts, labels: Labels = DEFAULT_LABELS) -> DossierView:
    frame = shortlist_view(Shortlist(title="Engineer"), labels=labels)
    return dossier_view(
        frame, (), facts=facts, notice=NoticeView(), bands=DEFAULT_BANDS, labels=labels
    )


def _plain(text: str) -> str:
    """Return a text without the marks that keep directions apart."""
    return re.sub("[\u2066-\u2069]", "", text)


# --- what a copy is called


@pytest.mark.parametrize("language", list_languages())
def test_a_copy_is_named_in_every_language(language: str) -> None:
    """The watermark has the recipient in the language's own words, the foot what it is called."""
    labels = load_labels(language)
    view = _view(_for("Bo Li", recipient_id="C-17"), labels)
    assert _plain(view.watermark) == labels.confidential_for.format(client="Bo Li")
    assert _plain(view.copy_line) == labels.copy_of.format(recipient="C-17")
    open_view = _view(_for("Bo Li", confidential=False), labels)
    assert _plain(open_view.watermark) == f"{labels.prepared_for}{labels.colon}Bo Li"


def test_without_a_recipient_there_is_no_copy() -> None:
    """Nothing of it is in the view, and an id alone is a line in the foot."""
    view = _view(DossierFacts())
    assert (view.recipient, view.recipient_id, view.watermark, view.copy_line) == ("", "", "", "")
    view = _view(_for("", recipient_id="C-17"))
    assert view.watermark == ""
    assert _plain(view.copy_line) == "Copy C-17"


@given(st.text(min_size=1), st.text(min_size=1))
def test_an_id_is_the_recipient_s_own(one: str, other: str) -> None:
    """The same recipient has the same one each time, two have different ones."""
    first, again, second = (_view(_for(name)) for name in (one, one, other))
    assert first.recipient_id == again.recipient_id
    assert (first.recipient == second.recipient) == (first.recipient_id == second.recipient_id)
    if first.recipient:
        assert re.fullmatch("[A-Z2-7]{4}-[A-Z2-7]{4}", first.recipient_id)


@given(st.text() | st.sampled_from([payload.text for payload in SHORT_PAYLOADS]))
def test_a_recipient_is_one_short_clean_line(text: str) -> None:
    """What is shown has no controls, no open directions and a bounded length, whatever is given."""
    view = _view(_for(text, recipient_id=text))
    for shown in (view.recipient, view.recipient_id, view.watermark, view.copy_line):
        assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in shown)
        assert len(shown) < 1200
        assert sum(map(shown.count, "\u2066\u2067\u2068")) == shown.count("\u2069")


# --- the watermark


@pytest.mark.parametrize("theme", _THEMES)
@pytest.mark.parametrize("name", _RECIPIENTS)
def test_a_copy_is_as_accessible(theme: str, name: str, kept: Path, tmp_path: Path) -> None:
    """The validator has nothing to say of a copy in any theme, for anybody in any script."""
    data = render_dossier(_PEOPLE, theme=theme, facts=_for(_RECIPIENTS[name]), cache=kept)
    path = tmp_path / "copy.pdf"
    path.write_bytes(data)
    findings = validate(str(path)).findings
    assert [finding for finding in findings if finding.severity >= Severity.WARNING] == []


@cache
def _copy_and_plain(name: str = "latin", theme: str = "light") -> tuple[Dossier, Dossier]:
    facts = _for(_RECIPIENTS[name])
    return (
        Dossier(render_dossier(_PEOPLE, theme=theme, facts=facts)),
        Dossier(render_dossier(_PEOPLE, theme=theme)),
    )


def test_every_page_draws_the_same_thing_as_an_artifact() -> None:
    """One drawing in the file, marked as a watermark on every page, with no tags in it."""
    copy, plain = _copy_and_plain()
    assert len(copy) == len(plain) > 4
    drawn = set()
    for page in copy.pages:
        content = b"\n".join(stream.read_bytes() for stream in page.obj.Contents)
        marked = re.findall(
            rb"/Artifact\s*<<([^>]*)>>\s*BDC\s*q /Watermark gs (/\w+) Do Q EMC", content
        )
        assert [(b"/Pagination" in how, b"/Watermark" in how, what) for how, what in marked] == [
            (True, True, b"/Watermark")
        ]
        drawn.add(page.obj.Resources.XObject["/Watermark"].objgen)
    assert len(drawn) == 1
    form = copy.pages[0].obj.Resources.XObject["/Watermark"]
    operators = {str(item.operator) for item in pikepdf.parse_content_stream(form)}
    assert "TJ" in operators
    assert not operators & {"BDC", "BMC", "EMC"}
    forms = [
        item
        for item in copy.pdf.objects
        if isinstance(item, Stream) and item.get("/Subtype") == Name.Form
    ]
    assert (
        len(forms)
        - sum(
            isinstance(item, Stream) and item.get("/Subtype") == Name.Form
            for item in plain.pdf.objects
        )
        == 1
    )


def test_what_is_read_aloud_is_the_same_but_for_the_cover() -> None:
    """The tagged text of a copy is that of the dossier, and one line more on the cover."""
    copy, plain = (
        [(element.kind, dossier.text_of(element)) for element in dossier.elements]
        for dossier in _copy_and_plain()
    )
    assert [item for item in copy if item not in plain] == [
        ("/P", _view(_for(_RECIPIENTS["latin"])).copy_line.translate({0x2068: None, 0x2069: None})),
        ("/P", _RECIPIENTS["latin"]),
    ]
    assert [item for item in copy if item in plain] == plain


@pytest.mark.parametrize("name", ["latin", "arabic", "cjk"])
def test_whoever_ignores_tags_gets_it_after_the_text(name: str) -> None:
    """In the order of the content a page's text comes first, then watermark and page number."""
    copy, plain = _copy_and_plain(name)
    readers = [PdfReader(BytesIO(dossier.data)) for dossier in (copy, plain)]
    for number in range(1, len(plain)):
        ours, theirs = (squeezed(reader.pages[number].extract_text()) for reader in readers)
        page_line = squeezed(f"Page {number + 1} of {len(plain)}")
        assert theirs.endswith(page_line)
        assert ours.startswith(theirs.removesuffix(page_line))
        assert ours.endswith(page_line)
        assert len(ours) > len(theirs)


@pytest.mark.parametrize("name", _RECIPIENTS)
def test_every_character_of_a_recipient_has_a_glyph(name: str, kept: Path) -> None:
    """Any script is drawn by the text engine, with the text to copy behind it."""
    data = render_dossier(_ONE, facts=_for(_RECIPIENTS[name]), cache=kept)
    with Pdf.open(BytesIO(data)) as pdf:
        form = pdf.pages[0].obj.Resources.XObject["/Watermark"]
        assert b"<0000" not in form.read_bytes()
        assert all(
            font.Encoding == Name("/Identity-H") and "/ToUnicode" in font
            for font in form.Resources.Font.values()
        )
    text = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_bounded()
    words = re.findall(r"[^\W\d_]{3,}", _RECIPIENTS[name])
    if name not in {"arabic", "hebrew"}:  # pdfium turns words that go from right to left around
        assert all(squeezed(text).count(squeezed(word)) >= 3 for word in words)


def test_a_copy_costs_one_drawing_however_many_pages() -> None:
    """Beside fixed costs, a page grows by the few bytes that refer to it."""
    sizes = []
    for count in (1, 12):
        people = Shortlist(candidates=tuple(random_candidates(count, seed=2)))
        with_it, without = (
            render_dossier(people, facts=facts) for facts in (_for("Bo Li"), DossierFacts())
        )
        sizes.append((len(with_it) - len(without), len(pypdfium2.PdfDocument(without))))
    (few, pages_of_few), (many, pages_of_many) = sizes
    assert pages_of_many - pages_of_few > 10
    assert many - few < 60 * (pages_of_many - pages_of_few)
    assert few < 16_000


@pytest.mark.parametrize("theme", _THEMES)
def test_every_text_keeps_its_contrast_over_it(theme: str) -> None:
    """On the watermark's colour each text of a theme has what it needs, and the colour is seen."""
    tokens = load_theme(theme).tokens
    color = ink(load_theme(theme)).color
    measured = [
        (name, contrast(tokens[name], color), needed)
        for name, ground, needed in PAIRS
        if ground == "color-surface"
    ]
    assert len(measured) > 10
    assert [item for item in measured if item[1] < item[2]] == []
    assert contrast(tokens["color-surface"], color) > 1.08


def _picture(data: bytes, page: int) -> Image.Image:
    picture: Image.Image = pypdfium2.PdfDocument(data)[page].render(scale=1).to_pil().convert("RGB")
    return picture.crop((0, 0, picture.width, picture.height - _FOOT))


@pytest.mark.parametrize("theme", _THEMES)
@pytest.mark.parametrize("name", ["latin", "arabic", "cjk", "emoji"])
def test_it_changes_the_ground_and_no_letter(theme: str, name: str) -> None:
    """Each pixel is as it was, or between that and the watermark's colour; text stays as it is."""
    copy, plain = _copy_and_plain(name, theme)
    look = ink(load_theme(theme))
    for page in (1, len(plain) - 1):
        ours, theirs = _picture(copy.data, page), _picture(plain.data, page)
        assert ours.tobytes() != theirs.tobytes()
        dark = look.blend == "Darken"
        toward = ImageChops.darker if dark else ImageChops.lighter
        solid = Image.new("RGB", theirs.size, look.color)
        bound = toward(theirs, solid)
        low, high = (bound, theirs) if dark else (theirs, bound)
        # Colours of emoji are thinner than ours but not of our hue.
        slack = 40 if name == "emoji" else 2
        for less, more in ((low, ours), (ours, high)):
            extrema: Any = ImageChops.subtract(less, more).getextrema()
            assert max(most for _, most in extrema) <= slack, page


@pytest.mark.parametrize("language", ["en", "ar", "he"])
def test_a_line_rises_in_the_direction_of_reading(language: str) -> None:
    """It climbs to the right, and to the left where lines begin at the right."""
    labels = load_labels(language)
    data = render_dossier(_ONE, facts=_for("Bo Li"), labels=labels)
    with Pdf.open(BytesIO(data)) as pdf:
        form = pdf.pages[0].obj.Resources.XObject["/Watermark"]
        turns = [
            [float(value) for value in item.operands]
            for item in pikepdf.parse_content_stream(form, "cm")
        ]
    slopes = {turn[1] > 0 for turn in turns if abs(turn[1]) > 0.1}
    # Downwards is positive in what the engine writes.
    assert slopes == {labels.dir == "rtl"}


# --- page numbers in any script


@pytest.mark.parametrize("language", list_languages())
def test_page_numbers_are_set_by_the_text_engine(language: str) -> None:
    """On page 1 of 2 the line is its sample to the letter; in any script it stands at its edge."""
    labels = load_labels(language)
    line = labels.page.format(number=1, total=2)
    css = (
        "@page{size:A5;margin:2cm}*{font-family:Inter,Noto Sans,Noto Sans Arabic,Noto Sans Hebrew}"
        "p+p{break-before:page}"
    )
    head = f"<html lang='{labels.lang}' dir='{labels.dir}'><title>x</title>"
    sample = render_pdf(f"{head}<div>{line}</div><div>0 1 2 3 4 5 6 7 8 9</div>", css).data
    body = render_pdf(f"{head}<p>a<p>b", css).data
    align: Literal["left", "right"] = "left" if labels.dir == "rtl" else "right"
    footer = Footer(sample=sample, align=align, inset=30, skipped=frozenset())
    merged = Dossier(merge([Part(body, "a")], Info(title="x", lang=labels.lang), footer))
    shown = [run for run in merged.runs(0) if run.mcid is None]
    whole = Dossier(sample)
    base = whole.runs(0)[0].base
    expected = [run for run in whole.runs(0) if run.base == base]
    assert "".join(run.text for run in shown) == "".join(run.text for run in expected)
    assert [run.text for run in shown] == [run.text for run in expected]
    left, right = min(run.left for run in shown), max(run.right for run in shown)
    edge = left if align == "left" else merged.width(0) - right
    assert edge == pytest.approx(30, abs=1.5)
    second = "".join(run.text for run in merged.runs(1) if run.mcid is None)
    assert second.count("2") == 2
    assert "1" not in second


# --- what is shared


def test_copies_share_all_but_cover_and_watermark(tmp_path: Path) -> None:
    """Another recipient adds two parts to the kept ones, and the candidates' stay as they are."""
    seen: set[str] = set()
    added = []
    for recipient in ("", "Bo Li", "Cy Ng", "田中太郎"):
        render_dossier(_PEOPLE, facts=_for(recipient), cache=tmp_path)
        now = {path.name for path in tmp_path.glob("*.pdf")}
        added.append(len(now - seen))
        seen |= now
    assert added == [len(_PEOPLE.candidates) + 4, 2, 2, 2]


def test_the_same_copy_has_the_same_bytes(tmp_path: Path) -> None:
    """From here, from a pool, and from kept parts; another recipient's differ."""
    facts = _for("Bo Li")
    here = render_dossier(_PEOPLE, facts=facts)
    with PdfPool(2) as pool:
        assert render_dossier(_PEOPLE, facts=facts, pool=pool, cache=tmp_path) == here
    assert render_dossier(_PEOPLE, facts=facts, cache=tmp_path) == here
    assert render_dossier(_PEOPLE, facts=_for("Cy Ng"), cache=tmp_path) != here


# --- hostile recipients


def test_a_hostile_recipient_is_text(kept: Path) -> None:
    """Markup, controls and directions neither add links or pages nor break what machines read."""
    usual = render_dossier(_ONE, facts=_for("Bo Li"), cache=kept)
    pages, links = len(pypdfium2.PdfDocument(usual)), _links(usual)
    payloads = [payload.text for payload in SHORT_PAYLOADS[::9]]
    assert len(payloads) > 40
    for text in payloads:
        data = render_dossier(_ONE, facts=_for(text, recipient_id=text), cache=kept)
        assert len(pypdfium2.PdfDocument(data)) == pages, text
        assert _links(data) == links, text
        view = _view(_for(text, recipient_id=text))
        said = _said(data)
        # White space at the ends of an element's text and within is as it was; XML has no others.
        assert said.get("recipient", "") == view.recipient
        assert said.get("recipient-id", "") == view.recipient_id


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "漢" * 100_000,
        "a " * 50_000,
        "e\u0301" * 50_000,
        "\u202e" * 100_000,
        "\0" * 100_000 + "Bo Li",
        "\ud800" * 100_000,
        "👩\u200d" * 50_000,
        "<b>" * 33_333,
    ],
    ids=lambda text: f"{len(text)} of {text[0]!a}",
)
def test_a_long_recipient_is_cut(text: str, kept: Path) -> None:
    """A hundred kilobytes make no larger a file than a long name does."""
    longest = render_dossier(_ONE, facts=_for("Wörter " * 10), cache=kept)
    data = render_dossier(_ONE, facts=_for(text, recipient_id=text), cache=kept)
    assert len(data) < len(longest) + 60_000
    assert len(pypdfium2.PdfDocument(data)) == len(pypdfium2.PdfDocument(longest))


def _links(data: bytes) -> int:
    with Pdf.open(BytesIO(data)) as pdf:
        return sum(len(page.obj.get("/Annots", ())) for page in pdf.pages)


# --- what a copy says to machines


def _xmp(data: bytes) -> ET.Element:
    with Pdf.open(BytesIO(data)) as pdf:
        root = ET.fromstring(pdf.Root.Metadata.read_bytes())  # noqa: S314  our own file
    description = root.find(f".//{_RDF}Description")
    assert description is not None
    return description


def _said(data: bytes) -> dict[str, str]:
    """Return what the metadata says in our own namespace."""
    prefix = f"{{{COPY_NAMESPACE}}}"
    return {
        item.tag.removeprefix(prefix): item.text or ""
        for item in _xmp(data)
        if item.tag.startswith(prefix)
    }


def test_the_metadata_says_whose_copy_it_is(kept: Path) -> None:
    """Recipient and id are there for programs, and nothing of them without a recipient."""
    said = _said(render_dossier(_ONE, facts=_for("Bo Li", recipient_id="C-17"), cache=kept))
    assert said["recipient"] == "Bo Li"
    assert said["recipient-id"] == "C-17"
    assert not {"recipient", "recipient-id"} & _said(render_dossier(_ONE, cache=kept)).keys()


@pytest.mark.parametrize("language", list_languages())
def test_the_metadata_says_what_the_notice_says(language: str, kept: Path) -> None:
    """Its sentences are the terms of use, and IPTC's word marks a machine's part."""
    labels = load_labels(language)
    people = Shortlist(candidates=(Candidate(profile_id="p", name="Ada", match_score=80),))
    facts = NoticeFacts(source="a < b", contact="Ana & Bo", keep_until=date(2026, 9, 2))
    data = render_dossier(people, labels=labels, notice=facts, cache=kept)
    said, found = _said(data), {item.tag: "".join(item.itertext()) for item in _xmp(data)}
    assert said["data-source"] == facts.source
    assert said["contact"] == facts.contact
    assert said["keep-until"] == "2026-09-02"
    assert "notice" not in said
    terms = found["{http://ns.adobe.com/xap/1.0/rights/}UsageTerms"]
    for sentence in (labels.notice_score, labels.notice_decision, labels.notice_title):
        assert (sentence in terms) == (sentence != labels.notice_title)
    assert found["{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"].startswith(
        "http://cv.iptc.org/newscodes/digitalsourcetype/"
    )


def test_the_metadata_says_that_a_notice_was_left_out(kept: Path) -> None:
    """Then there are no terms; a day and a machine's part are told all the same."""
    people = Shortlist(candidates=(Candidate(profile_id="p", name="Ada", match_score=80),))
    facts = NoticeFacts(shown=False, source="nobody's business", keep_until=date(2026, 9, 2))
    data = render_dossier(people, notice=facts, cache=kept)
    found = {item.tag: "".join(item.itertext()) for item in _xmp(data)}
    assert _said(data) == {"notice": "left out by the sender", "keep-until": "2026-09-02"}
    assert not [tag for tag in found if tag.endswith(("}rights", "}UsageTerms"))]
    assert [tag for tag in found if tag.endswith("}DigitalSourceType")]
    nobody = {item.tag for item in _xmp(render_dossier(_ONE, cache=kept))}
    assert not [tag for tag in nobody if tag.endswith("}DigitalSourceType")]


def test_terms_and_sources_are_in_the_standards_own_places() -> None:
    """Terms stand where rights go, the kind of source where the IPTC has it, in well-formed XML."""
    part = Part(render_pdf("<html lang=en><title>x</title><h1>A</h1>", "").data, "a")
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    info = Info(
        title="x",
        lang="en",
        usage_terms="A person decides & <asks>.",
        source_type=source,
        copy={"data-source": "a < b"},
    )
    data = merge([part], info)
    found = {item.tag: "".join(item.itertext()) for item in _xmp(data)}
    assert found["{http://purl.org/dc/elements/1.1/}rights"] == info.usage_terms
    assert found["{http://ns.adobe.com/xap/1.0/rights/}UsageTerms"] == info.usage_terms
    assert found["{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"] == source
    assert _said(data) == {"data-source": "a < b"}
    with Pdf.open(BytesIO(data)) as pdf, pdf.open_metadata() as metadata:
        assert metadata["dc:rights"] == info.usage_terms


# --- passwords


@cache
def _locked() -> bytes:
    return render_dossier(_ONE, facts=_for("Bo Li"), password=SecretStr(_PASSWORD))


def test_an_encrypted_copy_opens_with_its_password_alone() -> None:
    """Three readers refuse it without and with another, and read the same as without encryption."""
    data = _locked()
    plain = render_dossier(_ONE, facts=_for("Bo Li"))
    for wrong in ("", "incorrect horse battery", _PASSWORD.upper(), _PASSWORD[:-1]):
        with pytest.raises(pikepdf.PasswordError):
            Pdf.open(BytesIO(data), password=wrong)
        with pytest.raises(pypdfium2.PdfiumError):
            pypdfium2.PdfDocument(data, password=wrong or None)
        with pytest.raises(PyPdfError):
            list(PdfReader(BytesIO(data), password=wrong).pages)
    ours = PdfReader(BytesIO(data), password=_PASSWORD)
    theirs = PdfReader(BytesIO(plain))
    assert [page.extract_text() for page in ours.pages] == [
        page.extract_text() for page in theirs.pages
    ]
    assert ours.metadata == theirs.metadata
    assert len(pypdfium2.PdfDocument(data, password=_PASSWORD)) == len(theirs.pages)


def test_it_is_aes_256_with_the_metadata_and_for_screen_readers() -> None:
    """Strings, streams and metadata are encrypted; reading aloud is allowed, changing is not."""
    with Pdf.open(BytesIO(_locked()), password=_PASSWORD) as pdf:
        how = pdf.encryption
        assert (how.R, how.V, how.bits) == (6, 5, 256)
        methods = {how.stream_method, how.string_method, how.file_method}
        assert {method.name for method in methods} == {"aesv3"}
        assert bool(pdf.trailer.Encrypt.get("/EncryptMetadata", True))
        assert pdf.user_password_matched
        assert not pdf.owner_password_matched
        assert pdf.allow.accessibility
        assert pdf.allow.print_highres
        assert not pdf.allow.modify_other
        assert not pdf.allow.modify_assembly


def test_no_name_is_in_the_raw_bytes_of_an_encrypted_copy() -> None:
    """Neither people nor recipient, title, metadata or passwords, in any encoding."""
    data = _locked()
    for word in (
        "Ada",
        "Lovelace",
        "prof_secret",
        "Bo Li",
        "Engineer",
        "Ana",
        "xmpmeta",
        "correct",
    ):
        for encoding in ("utf-8", "utf-16-be"):
            if len(word) > 3:
                assert word.encode(encoding) not in data, word
                assert word.encode(encoding).hex().encode() not in data.lower(), word
    with Pdf.open(BytesIO(render_dossier(_ONE))) as pdf:
        pdf.save(
            raw := BytesIO(),
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    assert b"xmpmeta" in raw.getvalue()


def test_an_encrypted_copy_is_never_the_same_and_another_never_differs() -> None:
    """Keys and salts are random, the rest is not."""
    again = render_dossier(_ONE, facts=_for("Bo Li"), password=SecretStr(_PASSWORD))
    assert again != _locked()
    decrypted = []
    for data in (again, _locked()):
        with Pdf.open(BytesIO(data), password=_PASSWORD) as pdf:
            pdf.save(plain := BytesIO(), deterministic_id=True)
            decrypted.append(re.sub(rb"/ID \[.*?\]", b"", plain.getvalue()))
    assert decrypted[0] == decrypted[1]


def test_an_owner_s_password_lifts_what_is_not_allowed() -> None:
    """With it the file can be changed; without a password to open, it is a mistake."""
    owner = "the firm's own password"
    data = render_dossier(_ONE, password=SecretStr(_PASSWORD), owner_password=SecretStr(owner))
    with Pdf.open(BytesIO(data), password=owner) as pdf:
        assert pdf.owner_password_matched
    with pytest.raises(ValueError, match="takes a password"):
        render_dossier(_ONE, owner_password=SecretStr(owner))


@pytest.mark.parametrize("language", list_languages())
def test_passwords_of_any_script_open(language: str) -> None:
    """What is typed in another script opens it, in each reader."""
    password = f"{load_labels(language).dossier} {load_labels(language).confidential}"
    data = render_dossier(_ONE, password=SecretStr(password))
    with Pdf.open(BytesIO(data), password=password) as pdf:
        assert len(pdf.pages) == len(pypdfium2.PdfDocument(data, password=password))
    assert len(PdfReader(BytesIO(data), password=password).pages) > 2


def _refused(password: str) -> bool:
    return (
        len(password) < 12
        or len(password.encode("utf-8", "surrogatepass")) > 127
        or not password.isprintable()
        or unicodedata.normalize("NFKC", password) != password
    )


@given(st.text(max_size=140) | st.text("aé漢 -7", min_size=10, max_size=64))
def test_a_password_is_taken_whole_or_refused(password: str) -> None:
    """What is taken is used as it is; what is refused is in no message, and the reason is."""
    if _refused(password):
        with pytest.raises(InputError) as caught:
            lock(SecretStr(password))
        error = caught.value
        said = f"{error} {error!r} {error.problems!r} {error.__cause__} {error.__context__}"
        assert len(password) < 4 or password not in said
        assert [problem.field for problem in error.problems] == ["password"]
    else:
        how = lock(SecretStr(password))
        assert how.user == password
        assert len(password) >= 12
        assert len(password.encode()) <= 127
        assert len(how.owner) >= 40
        assert how.owner != lock(SecretStr(password)).owner


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 128, "correct horse\nbattery"])
def test_a_weak_password_is_refused_before_anything_is_made(password: str, tmp_path: Path) -> None:
    """The error names the field and what is judged, and no part is rendered."""
    with pytest.raises(CandidateCardsError, match="password: ") as caught:
        render_dossier(_ONE, password=SecretStr(password), cache=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
    assert len(password) < 6 or password not in str(caught.value)
    if len(password) < 12:
        assert "only the length is checked" in str(caught.value)


# --- the command line


_INPUT: Final = sourcing(candidate("p1"), candidate("p2"))


def test_the_command_line_makes_a_copy(tmp_path: Path) -> None:
    """Recipient, id and password reach the file, and the password nothing else."""
    source, secret, out = tmp_path / "in.json", tmp_path / "secret", tmp_path / "out.pdf"
    source.write_text(_INPUT, "utf-8")
    secret.write_text(f"{_PASSWORD}\n", "utf-8")
    secret.chmod(0o600)
    result = invoke(
        "render", source, "-o", out, "--jobs", 1, "--json", "--recipient", "Bo Li",
        "--recipient-id", "C-17", "--password-file", secret,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert _PASSWORD not in result.output
    reader = PdfReader(out, password=_PASSWORD)
    for page in reader.pages:
        text = page.extract_text()
        assert text.count("Prepared for Bo Li.") == 3
        assert "Copy C-17" in text


def test_a_password_may_come_on_standard_input(tmp_path: Path) -> None:
    """With - it is read there, and then no candidates can be."""
    source, out = tmp_path / "in.json", tmp_path / "out.pdf"
    source.write_text(_INPUT, "utf-8")
    arguments = ("-o", out, "--jobs", 1, "--password-file", "-")
    result = invoke("render", source, *arguments, stdin=f"{_PASSWORD}\n")
    assert result.exit_code == 0, result.stderr
    assert len(PdfReader(out, password=_PASSWORD).pages) > 3
    both = invoke("render", "-", *arguments, "--force", stdin=_INPUT)
    assert both.exit_code == 2
    assert "stdin (-) can be read only once" in both.stderr


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe\xfa" * 9])
def test_a_bad_password_file_writes_nothing(content: bytes, tmp_path: Path) -> None:
    """It says what is wrong, not what is in it."""
    source, secret, out = tmp_path / "in.json", tmp_path / "secret", tmp_path / "out.pdf"
    source.write_text(_INPUT, "utf-8")
    secret.write_bytes(content)
    secret.chmod(0o600)
    result = invoke("render", source, "-o", out, "--jobs", 1, "--password-file", secret)
    assert result.exit_code == 1
    assert "password" in result.stderr or "not text" in result.stderr
    assert "short" not in result.stderr.replace("shortlist", "")
    assert not out.exists()


# --- merging


def test_a_watermark_of_any_parts_is_drawn_once() -> None:
    """Pages of several parts, with and without drawings of their own, share one."""
    css = "@page{size:A5}p+p{break-before:page}"
    bodies = ["<p>a<p>b", "<p style='opacity:.5'>c", "<ul><li>d</ul>"]
    parts = [
        Part(render_pdf(f"<html lang=en><title>x</title>{body}", css).data, f"p{number}")
        for number, body in enumerate(bodies)
    ]
    over = render_pdf("<html lang=en><title>x</title><div style='color:#eee'>Bo Li</div>", css).data
    with Pdf.open(
        BytesIO(merge(parts, Info(title="x", lang="en"), None, Watermark(source=over)))
    ) as pdf:
        drawn = {page.obj.Resources.XObject["/Watermark"].objgen for page in pdf.pages}
        assert len(pdf.pages) == 4
        assert len(drawn) == 1
        state = pdf.pages[0].obj.Resources.ExtGState["/Watermark"]
        assert isinstance(state, Dictionary)
        assert Name.Darken == state.BM
