"""Merged parts stay what they were: text, looks, tags, bookmarks and links."""

# ruff: noqa: ANN401, PLR0911, PLR0912  PDF objects have no types; one walk has many rules

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pdfua import validate
from pypdf import PdfReader
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from candidate_cards.errors import ExportError
from candidate_cards.exports._pdf.fonts import Union, read_face
from candidate_cards.exports._pdf.merging import LINK_PREFIX, Footer, Info, Part, merge
from candidate_cards.exports._pdf.tags import finish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INFO = Info(title="Shortlist", lang="en")
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDA"
    "xMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg=="
)
SVG = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
STYLE = """
@page { size: A5; margin: 15mm; @top-left { content: "Head " string(name) } }
html { font: 10pt "Noto Sans", sans-serif }
h1 { string-set: name content() }
h2 { bookmark-level: 2 }
.cff { font-family: Inter }
.break { break-before: page }
"""
TABLE = """<table><caption>Scores</caption>
<thead><tr><th>Name</th><th>Score</th></tr></thead>
<tbody><tr><th scope="row">Ada</th><td>9</td></tr><tr><th scope="row">Bob</th><td>7</td></tr>
</tbody></table>"""


@cache
def _styles() -> tuple[FontConfiguration, Any]:
    config = FontConfiguration()
    return config, CSS(string=STYLE, font_config=config)


def part(body: str, *, finisher: Any = finish) -> bytes:
    """One part, as the dossier makes it."""
    config, css = _styles()
    html = (
        f'<!DOCTYPE html><html lang="en"><head><title>Part</title></head><body>{body}</body></html>'
    )
    document = HTML(string=html).render(stylesheets=[css], font_config=config)
    data: bytes = document.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, finisher=finisher)
    return data


@cache
def sample() -> bytes:
    """The footer's line, and digits."""
    return part("<p>Page 1 of 2</p><p>0123456789</p>")


def join(*bodies: str, footer: Footer | None = None) -> tuple[list[bytes], bytes]:
    """Parts named p0, p1 …, and what they make together."""
    parts = [part(body) for body in bodies]
    return parts, merge([Part(data, f"p{n}") for n, data in enumerate(parts)], INFO, footer)


def opened(data: bytes) -> pikepdf.Pdf:
    """The PDF in memory."""
    return pikepdf.open(BytesIO(data))


def pypdf_texts(data: bytes) -> list[str]:
    """Text of each page, by pypdf, without the blanks that it guesses at the end of a line.

    Joined fonts change that guess, and nothing that is drawn.
    """
    return [
        "\n".join(map(str.rstrip, page.extract_text().split("\n")))
        for page in PdfReader(BytesIO(data)).pages
    ]


def poppler_text(data: bytes) -> str:
    """Text of all pages, by pdftotext."""
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, check=True)
    return done.stdout.decode()


def pictures(data: bytes) -> list[bytes]:
    """Pixels of each page."""
    document = pypdfium2.PdfDocument(data)
    return [bytes(page.render(scale=1).buffer) for page in document]


def assert_same_looks(merged: bytes, parts: list[bytes]) -> None:
    """Assert that no pixel differs by more than antialiasing does.

    Why: pdfium draws the edges of one outline 8 of 255 levels apart when it comes from a bare CFF
    font and when it comes from an OpenType file; poppler draws both the same.
    """
    ours, theirs = pictures(merged), [picture for data in parts for picture in pictures(data)]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert len(one) == len(other)
        assert max((abs(a - b) for a, b in zip(one, other, strict=True) if a != b), default=0) <= 16


def findings(data: bytes, folder: Path) -> list[str]:
    """What pdfua has to say."""
    path = folder / "checked.pdf"
    path.write_bytes(data)
    return [f"{f.rule_id} {f.message}" for f in validate(str(path)).findings]


# --- tags


def kids_of(element: Any) -> list[Any]:
    """Children of a structure element."""
    kids = element.get("/K")
    if kids is None:
        return []
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def elements(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """All structure elements, parents first."""
    waiting = kids_of(pdf.Root.StructTreeRoot)
    while waiting:
        element = waiting.pop(0)
        yield element
        waiting += [k for k in kids_of(element) if isinstance(k, pikepdf.Dictionary) and "/S" in k]


def tree(node: Any, key: str) -> list[tuple[Any, Any]]:
    """Entries of a name tree or a number tree."""
    found = [entry for kid in node.get("/Kids", []) for entry in tree(kid, key)]
    flat = list(node.get(key, []))
    return found + list(zip(flat[::2], flat[1::2], strict=True))


ALLOWED = {
    "/Table": {"/TR", "/THead", "/TBody", "/TFoot", "/Caption"},
    "/THead": {"/TR"},
    "/TBody": {"/TR"},
    "/TFoot": {"/TR"},
    "/TR": {"/TH", "/TD"},
    "/L": {"/L", "/LI", "/Caption"},
    "/LI": {"/Lbl", "/LBody"},
}
PARENTS = {
    "/TR": {"/Table", "/THead", "/TBody", "/TFoot"},
    "/TH": {"/TR"},
    "/TD": {"/TR"},
    "/LI": {"/L"},
    "/LBody": {"/LI"},
}
HEADINGS = {f"/H{level}" for level in range(1, 7)}


def check_tags(data: bytes) -> int:  # noqa: C901, PLR0915 - one walk, many rules
    """Assert every rule about tags; the number of marked pieces of content."""
    pdf = opened(data)
    root = pdf.Root.StructTreeRoot
    everything = list(elements(pdf))
    reached = {element.objgen: element for element in everything}
    assert len(reached) == len(everything), "an element has two parents"
    page_numbers = {page.obj.objgen: n for n, page in enumerate(pdf.pages)}

    contents: dict[tuple[int, int], Any] = {}
    objects: dict[tuple[int, int], Any] = {}
    ids: dict[bytes, Any] = {}
    for element in everything:
        role = str(element.S)
        kinds = set()
        for kid in kids_of(element):
            if isinstance(kid, int):
                key = (page_numbers[element.Pg.objgen], kid)
                assert key not in contents, "content with two elements"
                contents[key] = element
            elif "/Obj" in kid:
                objects[kid.Obj.objgen] = element
                assert kid.Obj.objgen in {a.objgen for a in kid.Pg.get("/Annots", [])}
            else:
                assert kid.P.objgen == element.objgen
                kinds.add(str(kid.S))
                assert role in PARENTS.get(str(kid.S), {role})
        assert kinds <= ALLOWED.get(role, kinds)
        if role in HEADINGS or role == "/P":
            assert kids_of(element), f"empty {role}"
        if "/ID" in element:
            assert bytes(element.ID) not in ids
            ids[bytes(element.ID)] = element
        if role == "/TH":
            assert element.A.Scope in {pikepdf.Name.Row, pikepdf.Name.Column}
    for element in everything:
        for header in element.get("/A", {}).get("/Headers", []):
            assert bytes(header) in ids

    parents = tree(root.ParentTree, "/Nums")
    keys = [int(key) for key, _ in parents]
    assert keys == sorted(set(keys))
    assert "/ParentTreeNextKey" not in root or root.ParentTreeNextKey == len(keys)
    parent_of = dict(zip(keys, (value for _, value in parents), strict=True))
    named = [bytes(key) for key, _ in tree(root.IDTree, "/Names")] if "/IDTree" in root else []
    assert named == sorted(ids)

    shown = 0
    for number, page in enumerate(pdf.pages):
        marks, seen = parent_of.pop(int(page.obj.StructParents)), set()
        for instruction in pikepdf.parse_content_stream(page):
            operands: Any = instruction.operands
            if str(instruction.operator) != "BDC" or "/MCID" not in operands[1]:
                continue
            mcid = int(operands[1].MCID)
            assert mcid not in seen, "the same MCID twice"
            seen.add(mcid)
            element = contents.pop((number, mcid))
            assert marks[mcid].objgen == element.objgen
            assert element.objgen in reached
            assert element.Pg.objgen == page.obj.objgen
            shown += 1
        for annotation in page.obj.get("/Annots", []):
            element = objects.pop(annotation.objgen)
            assert parent_of.pop(int(annotation.StructParent)).objgen == element.objgen
            assert str(annotation.Contents).strip()
    assert not contents
    assert not objects
    assert not parent_of
    return shown


def bookmarks(data: bytes) -> list[tuple[int, str, int]]:
    """Level, title and page of each bookmark."""
    pdf = opened(data)
    pages = {page.obj.objgen: n for n, page in enumerate(pdf.pages)}
    found = []

    def read(node: Any, level: int) -> None:
        item, before = node.get("/First"), None
        while item is not None:
            assert item.Parent.objgen == node.objgen
            assert (item.get("/Prev") is None) == (before is None)
            found.append((level, str(item.Title), pages[item.Dest[0].objgen]))
            read(item, level + 1)
            item, before = item.get("/Next"), item
        assert before is None or node.Last.objgen == before.objgen

    if "/Outlines" in pdf.Root:
        read(pdf.Root.Outlines, 1)
    return found


def link_targets(data: bytes) -> list[tuple[int, int | str, str]]:
    """Page of each link, page or address that it leads to, and its description."""
    pdf = opened(data)
    pages = {page.obj.objgen: n for n, page in enumerate(pdf.pages)}
    names = tree(pdf.Root.Names.Dests, "/Names") if "/Names" in pdf.Root else []
    keys = [bytes(key) for key, _ in names]
    assert keys == sorted(set(keys)), "readers look names up by halving"
    destinations = {str(key): pages[value[0].objgen] for key, value in names}
    return [
        (
            number,
            destinations[str(link.Dest)] if "/Dest" in link else str(link.A.URI),
            str(link.Contents),
        )
        for number, page in enumerate(pdf.pages)
        for link in page.obj.get("/Annots", [])
    ]


# --- tests


def test_the_checks_find_what_weasyprint_leaves(tmp_path: Path) -> None:
    """Without our finisher pdfua warns, and margin text has no place in the tree."""
    data = part(f"<h1>A</h1>{TABLE}", finisher=None)
    assert [line.split()[0] for line in findings(data, tmp_path)] == ["UA-15-003"]
    with pytest.raises(AttributeError):
        check_tags(data)


def test_nothing_is_found_before_and_after_merging(tmp_path: Path) -> None:
    """Neither pdfua nor our own stricter rules have anything to say."""
    body = (
        f"<h1 id=a>A</h1><p></p><h2></h2><hr>{TABLE}<ul><li>x<ul><li>y</ul></ul><a href='#a'>up</a>"
    )
    parts, merged = join(body, body, footer=Footer(sample=sample()))
    for data in (*parts, merged):
        assert findings(data, tmp_path) == []
        assert check_tags(data) > 10


def test_parts_without_our_finisher_can_be_merged() -> None:
    """What they lack stays lacking, but their ids are still made unique."""
    data = part(f"<h1>A</h1>{TABLE}", finisher=None)
    merged = opened(merge([Part(data, "a"), Part(data, "b")], INFO))
    ids = [bytes(element.ID) for element in elements(merged) if "/ID" in element]
    assert len(set(ids)) == len(ids) == 8


def test_text_and_pictures_stay() -> None:
    """Each page reads and looks as it did in its part."""
    bodies = [
        f"<h1>Zoë</h1><p>a b</p><img alt=x src='{PNG}'>",
        "<h1>é</h1><p>a\u00a0b fi ﬁ</p><p class=cff>Inter, first</p>",
        "<h1>Æ e</h1><p class=cff>other letters: Žluťoučký kůň</p><p>漢字 かな 한글</p>",
        "<p>مرحبا بالعالم</p><p>שלום</p><p>สวัสดี</p><p>👍🏽 ok</p><p>漢和 字</p>",
    ]
    parts, merged = join(*bodies)
    assert pypdf_texts(merged) == [text for data in parts for text in pypdf_texts(data)]
    assert poppler_text(merged) == "".join(poppler_text(data) for data in parts)
    assert_same_looks(merged, parts)


def test_bookmarks_and_links_lead_where_they_did() -> None:
    """Inside a part, from part to part, and out of the document."""
    front = (
        f"<h1>Contents</h1><p><a href='{LINK_PREFIX}p2'>Second, page 4</a> "
        f"<a href='{LINK_PREFIX}p2/end'>its end</a></p>"
    )
    section = (
        "<h1 id=top>Name {0}</h1><p><a href='#end'>down</a></p><h2 id=end class=break>End</h2>"
        "<p><a href='#top'>up</a> <a href='https://example.org/'>out</a> "
        f"<a href='{LINK_PREFIX}p0'>back</a>"
    )
    _, merged = join(front, section.format(1), section.format(2))
    assert bookmarks(merged) == [
        (1, "Contents", 0),
        (1, "Name 1", 1),
        (2, "End", 2),
        (1, "Name 2", 3),
        (2, "End", 4),
    ]
    assert link_targets(merged) == [
        (0, 3, "Second, page 4"),
        (0, 4, "its end"),
        (1, 2, "down"),
        (2, 1, "up"),
        (2, "https://example.org/", "https://example.org/"),
        (2, 0, "back"),
        (3, 4, "down"),
        (4, 3, "up"),
        (4, "https://example.org/", "https://example.org/"),
        (4, 0, "back"),
    ]
    assert b"candidate-cards.invalid" not in merged
    outline = PdfReader(BytesIO(merged)).outline
    assert [type(entry).__name__ for entry in outline] == [
        "Destination", "Destination", "list", "Destination", "list",
    ]  # fmt: skip


@pytest.mark.parametrize("target", ["p7", "p0/nowhere", ""])
def test_a_link_to_nowhere_is_an_error(target: str) -> None:
    """A placeholder never reaches a reader."""
    with pytest.raises(ExportError, match="link"):
        join(f"<p><a href='{LINK_PREFIX}{target}'>x</a></p>")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([], "no parts"),
        ([Part(b"%PDF-1.7\nnothing", "a")], "part a"),
        ([Part(b"", "a")], "part a"),
        ([Part(b"%PDF", "a/b")], "name"),
    ],
)
def test_what_cannot_be_merged_is_named(parts: list[Part], reason: str) -> None:
    """An error says which part it is."""
    with pytest.raises(ExportError, match=reason):
        merge(parts, INFO)


def test_names_of_parts_are_unique_and_tags_required() -> None:
    """Both would break links or reading without a word."""
    data = part("<p>x</p>")
    with pytest.raises(ExportError, match="taken"):
        merge([Part(data, "a"), Part(data, "a")], INFO)
    untagged = HTML(string="<p>x</p>").write_pdf()
    with pytest.raises(ExportError, match="no tags"):
        merge([Part(untagged, "a")], INFO)


def test_page_numbers_are_artifacts_in_an_embedded_font() -> None:
    """They are seen, and are no part of what is read aloud."""
    parts, merged = join("<h1>A</h1>", "<h1>B</h1>", footer=Footer(sample=sample()))
    _, plain = join("<h1>A</h1>", "<h1>B</h1>")
    texts = pypdf_texts(merged)
    assert "Page" not in texts[0]
    assert texts[1].split("\n")[-1] == "Page 2 of 2"
    assert check_tags(merged) == check_tags(plain) == sum(check_tags(data) for data in parts)
    pdf = opened(merged)
    fonts = pdf.pages[1].obj.Resources.Font
    assert "/FontFile2" in fonts["/Footer0"].DescendantFonts[0].FontDescriptor
    content = b"".join(c.read_bytes() for c in pdf.pages[1].obj.Contents)
    assert b"/Artifact <</Type /Pagination /Subtype /Footer>> BDC" in content
    with pytest.raises(ExportError, match="sample"):
        join("<h1>A</h1>", footer=Footer(sample=part("<p>Page 1 of 2</p>"), skipped=frozenset()))


def test_forms_are_refused() -> None:
    """What a merge would lose is an error."""
    config, css = _styles()
    html = "<html lang=en><title>x</title><input name=a value=b>"
    document = HTML(string=html).render(stylesheets=[css], font_config=config, pdf_forms=True)
    data = document.write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True, pdf_forms=True)
    with pytest.raises(ExportError, match="forms"):
        merge([Part(data, "a")], INFO)


@pytest.mark.parametrize(("align", "edge"), [("left", 40.0), ("center", None), ("right", 380.0)])
def test_page_numbers_stand_where_asked(align: Any, edge: float | None) -> None:
    """To the left, in the middle or to the right, whatever their width."""
    footer = Footer(sample=sample(), align=align, inset=39.53, skipped=frozenset())
    _, merged = join("<p></p>", footer=footer)
    text = pypdfium2.PdfDocument(merged)[0].get_textpage()
    boxes = [text.get_charbox(n, loose=True) for n in range(text.count_chars())]
    left, right = min(box[0] for box in boxes[-11:]), max(box[2] for box in boxes[-11:])
    middle = 419.53 / 2
    assert {"left": left, "center": None, "right": right}[align] == pytest.approx(edge, abs=1.5)
    assert align != "center" or (left + right) / 2 == pytest.approx(middle, abs=1.5)


def test_fonts_and_pictures_stand_in_the_file_once() -> None:
    """Ten parts hold one program a font, and one copy of a picture."""
    bodies = [
        f"<h1>{chr(65 + n)}</h1><p>漢{chr(0x4E00 + n)}</p><p class=cff>{chr(97 + n)}</p>"
        f"<img alt=x src='{PNG}'>"
        for n in range(10)
    ]
    parts, merged = join(*bodies)
    pdf = opened(merged)
    kept = [o for o in pdf.objects if isinstance(o, pikepdf.Stream)]
    assert sum(o.get("/Subtype") == pikepdf.Name.Image for o in kept) == 1
    names = [str(o.FontName) for o in pdf.objects if _is_descriptor(o)]
    assert len(names) == len(set(names)) == 4
    assert len(merged) < 0.2 * sum(map(len, parts))


def _is_descriptor(value: Any) -> bool:
    return isinstance(value, pikepdf.Dictionary) and value.get("/Type") == "/FontDescriptor"


def test_one_glyph_with_two_meanings_keeps_both() -> None:
    """A space and a no-break space share a glyph; neither part's text changes."""
    parts, merged = join("<p>a b</p>", "<p>a\u00a0b</p>", "<p>a c</p>")
    texts = pypdf_texts(merged)
    assert texts == [text for data in parts for text in pypdf_texts(data)]
    assert ["\u00a0" in text for text in texts] == [False, True, False]
    programs = {
        font.DescendantFonts[0].FontDescriptor.objgen
        for page in opened(merged).pages
        for font in page.obj.Resources.Font.values()
    }
    assert len(programs) == 1


def test_fonts_of_the_same_name_that_differ_are_kept_apart() -> None:
    """Whatever a font calls itself: other outlines are another font."""
    faces = []
    for letters in ("ab", "b", "c"):
        pdf = opened(part(f"<p>{letters}</p>"))
        font = next(iter(pdf.pages[0].obj.Resources.Font.values())).DescendantFonts[0]
        used = [int(first) for first in re.findall(rb"(\d+) \[", font.W.unparse())]
        faces.append((font.FontDescriptor.FontFile2.read_bytes(), used))
    united = Union(read_face(*faces[0]))
    assert united.accepts(read_face(*faces[1]))
    assert united.accepts(read_face(*faces[2]))
    forged = read_face(*faces[1])
    number = max(forged.glyphs)
    forged.glyphs[number] = forged.glyphs[number]._replace(outline=b"\0\1other")
    assert not united.accepts(forged)


def test_metadata_is_what_was_said() -> None:
    """Title, language and the claim to be PDF/UA; nothing of the parts."""
    data = part("<h1>A</h1>")
    created = datetime(2026, 10, 1, 8, 30, tzinfo=UTC)
    info = Info(
        title="A & <B> ž", lang="cs", author="Č", subject="s", keywords="k", created=created
    )
    pdf = opened(merge([Part(data, "a")], info))
    assert {key: str(value) for key, value in pdf.docinfo.items()} == {
        "/Title": "A & <B> ž",
        "/Author": "Č",
        "/Subject": "s",
        "/Keywords": "k",
        "/Producer": "candidate-cards",
        "/CreationDate": "D:20261001083000+00'00'",
    }
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as meta:
        assert meta["dc:title"] == "A & <B> ž"
        assert meta["pdfuaid:part"] == "1"
        assert meta["xmp:CreateDate"] == "2026-10-01T08:30:00+00:00"
    assert str(pdf.Root.Lang) == "cs"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    assert bool(pdf.Root.MarkInfo.Marked)
    assert pdf.pages[0].label == "1"


def test_same_parts_same_bytes(tmp_path: Path) -> None:
    """From bytes or files, in this process or another."""
    body = f"<h1>A</h1>{TABLE}<p>漢字 مرحبا</p>"
    data = part(body)
    path = tmp_path / "part.pdf"
    path.write_bytes(data)
    footer = Footer(sample=sample(), skipped=frozenset())
    first = merge([Part(data, "a"), Part(data, "b")], INFO, footer)
    assert first == merge([Part(path, "a"), Part(path, "b")], INFO, footer)
    code = f"""
import sys
from pathlib import Path
from test_merging import *
data = part({body!r})
assert data == Path({str(path)!r}).read_bytes()
sys.stdout.buffer.write(merge([Part(data, "a"), Part(data, "b")], INFO,
    Footer(sample=sample(), skipped=frozenset())))
"""
    search = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=search)
    assert done.stdout == first


def test_header_cells_know_what_they_head() -> None:
    """With and without a scope in the markup, and in a row of headers at the end."""
    body = """<table><tr><th>a<th colspan=2>b</tr><tr><th scope=row>c<td>1<td>2</tr>
    <tr><th>d<td>5<td>6</tr><tr><th>e<th>f<th>g</tr></table>"""
    pdf = opened(part(body))
    scopes = [str(element.A.Scope) for element in elements(pdf) if element.S == "/TH"]
    assert scopes == ["/Column", "/Column", "/Row", "/Row", "/Column", "/Column", "/Column"]


def test_the_box_of_a_figure_is_where_it_is_drawn() -> None:
    """In points from the lower left corner of the page."""
    data = part(f"<img alt=x style='width:20px;height:10px;display:block' src='{PNG}'>")
    pdf = opened(data)
    figure = next(element for element in elements(pdf) if element.S == "/Figure")
    left, bottom, right, top = (float(value) for value in figure.A.BBox)
    assert right - left == pytest.approx(15)
    assert top - bottom == pytest.approx(7.5)
    picture = pypdfium2.PdfDocument(data)
    drawn = next(o for o in picture[0].get_objects() if o.type == 3)
    assert (left, bottom, right, top) == pytest.approx(drawn.get_bounds(), abs=0.01)


# --- any parts

WORDS = st.text(
    st.sampled_from("abcfi XYZ0123 \u00a0-‐é̈ßŁжЯλ漢字仮名한글مرحباשלוםสวัสดีहिन्दी👍🏽∑→½"),
    min_size=1,
    max_size=12,
).filter(lambda text: text.strip())


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """A piece of a part."""
    kind = draw(st.integers(0, 9))
    words = [word.replace("\u00ad", "") for word in draw(st.lists(WORDS, min_size=1, max_size=4))]
    first = words[0]
    match kind:
        case 0:
            return f"<h1 id=h>{first}</h1>"
        case 1:
            return f"<h2 id=i>{first}</h2>"
        case 2:
            return "<p>" + " <b>and</b> ".join(words) + "</p>"
        case 3:
            return "<ul>" + "".join(f"<li>{word}" for word in words) + "</ul>"
        case 4:
            rows = "".join(f"<tr><th scope=row>{word}<td>1<td>{first}</tr>" for word in words)
            return f"<table><thead><tr><th>{first}<th>n<th>x</tr></thead>{rows}</table>"
        case 5:
            return f"<p>{first} <a href='#h0'>{first} link</a> <a href='https://example.org/'>x</a></p>"
        case 6:
            return f"<p>{first}</p><img alt='{first}' src=\"{draw(st.sampled_from([PNG, SVG]))}\">"
        case 7:
            return f"<p class=cff>{first}</p>"
        case 8:
            return "<p class=break></p>"
        case _:
            return f"<dl><dt>{first}<dd>{words[-1]}</dl><hr><p> </p>"


PARTS = st.lists(st.lists(blocks(), max_size=5).map("".join), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(PARTS)
@example(["<h1 id=h>1\u0308\u05d5\u2192\uae00f\u0308</h1>", "<h1 id=h>0 0</h1>"])
def test_any_parts(tmp_path_factory: pytest.TempPathFactory, bodies: list[str]) -> None:
    """Whatever the parts show, the whole shows it, tagged."""
    bodies = [f"<div id=h0></div>{body}" for body in bodies]
    parts, merged = join(*bodies)
    folder = tmp_path_factory.mktemp("any")
    assert findings(merged, folder) == []
    assert check_tags(merged) == sum(check_tags(data) for data in parts)
    assert pypdf_texts(merged) == [text for data in parts for text in pypdf_texts(data)]
    assert poppler_text(merged) == "".join(poppler_text(data) for data in parts)
    assert_same_looks(merged, parts)
    starts = [0]
    for data in parts:
        starts.append(starts[-1] + len(opened(data).pages))
    expected = [
        (level, title, start + page)
        for start, data in zip(starts, parts, strict=False)
        for level, title, page in bookmarks(data)
    ]
    assert bookmarks(merged) == expected
    links = [
        (start + page, target if isinstance(target, str) else start + target)
        for start, data in zip(starts, parts, strict=False)
        for page, target, _ in link_targets(data)
    ]
    assert [link[:2] for link in link_targets(merged)] == links
