"""Tagged PDFs in, one PDF/UA-1 document out.

A dossier is made of parts that WeasyPrint wrote one by one, with `tags.finish`; a part that
did not change is not rendered again. The flow, for every part in its turn:

1. fonts and images that an earlier part brought already are taken out of it;
2. its pages are appended, and the shared fonts and images put in;
3. its structure tree, bookmarks and named destinations follow, under names of their own;

and once for the whole: links between parts, the watermark, page numbers, the united fonts, the
metadata, and encryption if there is to be any.

    data = merge(
        [Part(front, "front"), Part(first, "section-1"), Part(second, "section-2")],
        Info(title="Shortlist", lang="en"),
        Footer(sample=sample),
    )

Nothing here takes a clock or chance: the same parts make the same bytes.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast
from xml.sax.saxutils import escape

from pikepdf import (
    Array,
    ContentStreamInstruction,
    Dictionary,
    Name,
    Object,
    ObjectStreamMode,
    Operator,
    Pdf,
    PdfError,
    Stream,
    String,
    parse_content_stream,
    unparse_content_stream,
)

from candidate_cards.errors import ExportError
from candidate_cards.exports._pdf.fonts import Face, FontProgramError, Union, read_face
from candidate_cards.exports._pdf.page_numbers import Footer, Line, SampleFont
from candidate_cards.exports._pdf.tags import LINK_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from pikepdf import Encryption

__all__ = ["LINK_PREFIX", "Footer", "Info", "Part", "Watermark", "merge"]

#: Of what a copy says of itself: a name alone, at which nothing is to be found (RFC 2606).
COPY_NAMESPACE: Final = "https://candidate-cards.invalid/ns/copy/1.0/"

_PART_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BFCHAR: Final = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")
_REFERENCE: Final = re.compile(rb"\d R\b")
_FIXED_PITCH: Final = 1  # of a font descriptor's flags (ISO 32000-1, table 123)
_GLYPHS_PER_BLOCK: Final = 100  # of a CMap (Adobe Technical Note 5014)
_LEAF: Final = 64  # entries of one leaf of a name or number tree
_FOOTER_FONT: Final = "/Footer"
_WATERMARK: Final = "/Watermark"
_UNSEEN: Final = "/Unseen"
_PICTURE_OPACITY: Final = 0.12  # of emoji in a watermark, which have colours of their own
_MARKS: Final = frozenset({"BDC", "BMC", "EMC"})
_SOURCE_TYPE: Final = "Iptc4xmpExt:DigitalSourceType"
_NAMESPACES: Final = {
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "copy": COPY_NAMESPACE,
}


class _Entry(NamedTuple):
    """One font, image or colour space of a part."""

    category: str
    key: str | None  # None: it is the whole category
    digest: bytes
    here: Object | None  # what an earlier part brought


@dataclass(frozen=True, slots=True)
class Part:
    """One finished PDF.

    Attributes:
        source: The PDF, or the path of its file.
        name: What links from other parts call it: letters, digits, ".", "_" and "-".
    """

    source: bytes | Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What the document says about itself; nothing else is said.

    Attributes:
        lang: BCP 47 tag of the main language.
        right_to_left: Whether pages follow one another that way.
        created: With its time zone; None leaves every date out.
        usage_terms: What whoever holds the document is to know of its use, in that language.
        source_type: Address of a term of the IPTC's vocabulary of digital source types.
        copy: Properties of our own namespace: a name of letters, and the value.
    """

    title: str
    lang: str
    right_to_left: bool = False
    producer: str = "candidate-cards"
    author: str = ""
    subject: str = ""
    keywords: str = ""
    created: datetime | None = None
    usage_terms: str = ""
    source_type: str = ""
    copy: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """What is drawn over every page, once in the file however many pages there are.

    Attributes:
        source: A one-page PDF by WeasyPrint, of the same size as the pages and without a ground.
        blend: How it meets what is below: as the darker or the lighter of both.
    """

    source: bytes | Path
    blend: Literal["Darken", "Lighten"] = "Darken"


def merge(
    parts: Iterable[Part],
    info: Info,
    footer: Footer | None = None,
    watermark: Watermark | None = None,
    encryption: Encryption | None = None,
) -> bytes:
    """Join tagged PDFs into one PDF/UA-1 document.

    Args:
        parts: In their order. They are opened one after another, so an iterator of paths keeps
            memory low.
        info: Title, language and whatever else the document is to say.
        footer: The line with page numbers, if any.
        watermark: What is drawn over every page, if anything.
        encryption: Passwords and what they allow, if the file is to have any. Its bytes differ
            each time then, since keys and salts are random.

    Returns:
        The PDF.

    Raises:
        ExportError: Part and reason, in words without anyone's data.
    """
    merger = _Merger()
    for part in parts:
        merger.append(part)
    return merger.finish(info, footer, watermark, encryption)


class _Merger:
    def __init__(self) -> None:
        self._pdf = Pdf.new()
        self._fonts = _Fonts(self._pdf)
        self._shared: dict[bytes, Object] = {}  # digest → font, image or colour space here
        self._resources: dict[bytes, Object] = {}
        root = self._pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        self._document = self._pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Document, P=root)
        )
        root.K = Array([self._document])
        self._root = root
        self._elements = Array()  # children of the document
        self._numbers: list[Object | Array] = []  # the parent tree: its keys are 0, 1, 2 …
        self._ids: dict[bytes, Object] = {}
        self._outlines: list[Object] = []
        self._names: dict[str, Array] = {}
        self._links: list[tuple[Object, str]] = []

    # --- one part

    def append(self, part: Part) -> None:
        if not _PART_NAME.fullmatch(part.name) or part.name in self._names:
            raise ExportError(f"part name {part.name!r} is taken, or is none")
        try:
            with closing(_open(part.source)) as source:
                self._append(source, part.name)
        except ExportError:
            raise
        except (PdfError, KeyError, AttributeError, TypeError, ValueError) as error:
            message = f"part {part.name} is not a PDF of ours; is a kept one damaged?"
            raise ExportError(message) from error

    def _append(self, source: Pdf, name: str) -> None:
        if "/StructTreeRoot" not in source.Root:
            raise ExportError(f"part {name}: no tags")
        if "/AcroForm" in source.Root or "/EmbeddedFiles" in source.Root.get("/Names", {}):
            raise ExportError(f"part {name}: forms and attachments would be lost")
        first = len(self._pdf.pages)
        taken = [self._take_shared(resources) for resources in _resources(source)]
        for page in source.pages:
            self._pdf.pages.append(page)
        pages = [page.obj for page in self._pdf.pages[first:]]
        copied = list(_resources_of(pages))
        for resources, entries in zip(copied, taken, strict=True):
            self._give_shared(resources, entries)
        self._share_resources(pages)
        self._names[name] = _destination(pages[0])
        self._append_structure(source, name, pages)
        self._append_outlines(source)
        self._append_names(source, name)

    def _take_shared(self, resources: Dictionary) -> list[_Entry]:
        """Take out of a part what need not be copied.

        Returns:
            What to put into the copy, and what to remember of it; see `_give_shared`.
        """
        entries = []
        for key, font in list(resources.get("/Font", Dictionary()).items()):
            united = self._fonts.take(cast("Dictionary", font))
            if united is not None:
                entries.append(_Entry("/Font", key, b"", united))
                del resources.Font[key]
        for key, image in list(resources.get("/XObject", Dictionary()).items()):
            if image.get("/Subtype") == Name.Image:
                entry = _Entry("/XObject", key, *self._known(image))
                entries.append(entry)
                if entry.here is not None:
                    del resources.XObject[key]
        if "/ColorSpace" in resources:
            entry = _Entry("/ColorSpace", None, *self._known(resources.ColorSpace))
            entries.append(entry)
            if entry.here is not None:
                del resources["/ColorSpace"]
        return entries

    def _known(self, value: Object) -> tuple[bytes, Object | None]:
        digest = _digest(value)
        return digest, self._shared.get(digest)

    def _give_shared(self, resources: Dictionary, entries: list[_Entry]) -> None:
        for category, key, digest, here in entries:
            holder, name = (resources, category) if key is None else (resources[category], key)
            if here is not None:
                holder[name] = here
                continue
            if not holder[name].is_indirect:
                holder[name] = self._pdf.make_indirect(holder[name])
            self._shared.setdefault(digest, holder[name])

    def _share_resources(self, pages: list[Dictionary]) -> None:
        """Let parts with the same fonts and images point to the same dictionary."""
        for resources in _resources_of(pages):
            if isinstance(resources.get("/Font"), Dictionary):
                resources.Font = self._one_of(resources.Font)
        seen: dict[tuple[int, int], Object] = {}
        for page in pages:
            number = page.Resources.objgen
            if number not in seen:
                seen[number] = self._one_of(page.Resources)
            page.Resources = seen[number]

    def _one_of(self, dictionary: Object) -> Object:
        return self._resources.setdefault(
            dictionary.unparse(resolved=True),
            dictionary if dictionary.is_indirect else self._pdf.make_indirect(dictionary),
        )

    def _append_structure(self, source: Pdf, name: str, pages: list[Dictionary]) -> None:
        # Copied after the pages, so that the references to them lead to the copies.
        tree = cast("Dictionary", self._pdf.copy_foreign(source.Root.StructTreeRoot))
        for category in ("/RoleMap", "/ClassMap"):
            self._merge_map(tree, category, name)
        for top in _items(tree.get("/K")):
            for kid in _items(top.get("/K")) if top.get("/S") == Name.Document else [top]:
                kid.P = self._document
                self._elements.append(kid)
        self._append_ids(tree, name)
        parents = {int(key): value for key, value in _tree_entries(tree.ParentTree, "/Nums")}
        for page in pages:
            if "/StructParents" in page:
                page.StructParents = self._number(parents[int(page.StructParents)])
            for annotation in _items(page.get("/Annots")):
                if "/StructParent" in annotation:
                    annotation.StructParent = self._number(parents[int(annotation.StructParent)])
                if annotation.get("/Subtype") == Name.Link:
                    self._append_link(annotation, name)

    def _merge_map(self, tree: Dictionary, category: str, name: str) -> None:
        if category not in tree:
            return
        if category not in self._root:
            self._root[category] = Dictionary()
        for key, value in tree[category].items():
            if self._root[category].get(key, value) != value:
                raise ExportError(f"part {name}: {category}{key} differs from another part's")
            self._root[category][key] = value

    def _number(self, value: Object) -> int:
        self._numbers.append(value)
        return len(self._numbers) - 1

    def _append_ids(self, tree: Dictionary, name: str) -> None:
        if "/IDTree" in tree:
            ids = {bytes(key): element for key, element in _tree_entries(tree.IDTree, "/Names")}
            if not ids.keys() & self._ids.keys():
                self._ids.update(ids)
                return
        # The same part twice, or one that `tags.finish` has not seen.
        for element in _items(tree.get("/K")):
            self._make_ids_unique(element, name)

    def _make_ids_unique(self, element: Object, name: str) -> None:
        waiting = [element]
        while waiting:
            element = waiting.pop()
            if "/ID" in element:
                unique = f"{name}/{element.ID}".encode()
                element.ID = String(unique)
                self._ids[unique] = element
            attributes = element.get("/A")
            if isinstance(attributes, Dictionary) and "/Headers" in attributes:
                attributes.Headers = Array(
                    [String(f"{name}/{header}".encode()) for header in attributes.Headers]
                )
            kids = element.get("/K")
            waiting.extend(
                kid
                for kid in (kids if isinstance(kids, Array) else [kids])
                if isinstance(kid, Dictionary) and "/Obj" not in kid
            )

    def _append_link(self, link: Object, name: str) -> None:
        if "/Dest" in link and not isinstance(link.Dest, Array):
            link.Dest = String(f"{name}/{link.Dest}")
            return
        uri = str(link.get("/A", Dictionary()).get("/URI", ""))
        if uri.startswith(LINK_PREFIX):
            self._links.append((link, uri.removeprefix(LINK_PREFIX)))

    def _append_outlines(self, source: Pdf) -> None:
        if "/Outlines" not in source.Root:
            return
        item = self._pdf.copy_foreign(source.Root.Outlines).get("/First")
        while item is not None:
            self._outlines.append(item)
            item = item.get("/Next")

    def _append_names(self, source: Pdf, name: str) -> None:
        dests = source.Root.get("/Names", Dictionary()).get("/Dests")
        if dests is None:
            return
        copy = self._pdf.copy_foreign(self._indirect(source, dests))
        for key, destination in _tree_entries(copy, "/Names"):
            self._names[f"{name}/{key}"] = cast("Array", destination)

    @staticmethod
    def _indirect(source: Pdf, value: Object) -> Object:
        return value if value.is_indirect else source.make_indirect(value)

    # --- the whole

    def finish(
        self,
        info: Info,
        footer: Footer | None,
        watermark: Watermark | None,
        encryption: Encryption | None,
    ) -> bytes:
        if not self._names:
            raise ExportError("no parts")
        if watermark is not None:
            self._draw_over(watermark)
        if footer is not None:
            self._stamp(footer)
        self._fonts.finish()
        self._resolve_links()
        catalog = self._pdf.Root
        self._document.K = self._elements
        self._root.ParentTree = self._tree("/Nums", list(enumerate(self._numbers)))
        self._root.ParentTreeNextKey = len(self._numbers)
        if self._ids:
            self._root.IDTree = self._tree("/Names", sorted(self._ids.items()))
        catalog.StructTreeRoot = self._root
        # Sorted as bytes: WeasyPrint sorts as text, and readers look names up by halving.
        names = sorted((_name_bytes(key), value) for key, value in self._names.items())
        catalog.Names = Dictionary(Dests=self._tree("/Names", names))
        if self._outlines:
            catalog.Outlines = self._outline()
            catalog.PageMode = Name.UseOutlines
        catalog.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D)]))
        catalog.MarkInfo = Dictionary(Marked=True)
        catalog.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        if info.right_to_left:
            catalog.ViewerPreferences.Direction = Name.R2L
        catalog.Lang = String(info.lang)
        self._write_info(info)
        output = BytesIO()
        self._pdf.save(
            output,
            min_version="1.7",
            object_stream_mode=ObjectStreamMode.generate,
            encryption=encryption or False,
            deterministic_id=encryption is None,  # it would tell something of what is encrypted
        )
        self._pdf.close()
        return output.getvalue()

    def _tree(self, kind: str, entries: list[tuple[Any, Any]]) -> Object:
        """A name or number tree of these sorted entries, of two levels."""
        leaves = []
        for start in range(0, len(entries), _LEAF):
            chunk = entries[start : start + _LEAF]
            flat = Array()
            for key, value in chunk:
                flat.extend([String(key) if isinstance(key, bytes) else key, value])
            limits = [chunk[0][0], chunk[-1][0]]
            leaves.append(
                Dictionary({
                    "/Limits": Array([String(k) if isinstance(k, bytes) else k for k in limits]),
                    kind: flat,
                })
            )  # fmt: skip
        if len(leaves) == 1:
            del leaves[0]["/Limits"]  # which a root must not have
            return self._pdf.make_indirect(leaves[0])
        return self._pdf.make_indirect(
            Dictionary(Kids=Array([self._pdf.make_indirect(leaf) for leaf in leaves]))
        )

    def _outline(self) -> Object:
        outline = self._pdf.make_indirect(Dictionary(Type=Name.Outlines))
        visible = 0
        for before, item in zip([None, *self._outlines], self._outlines, strict=False):
            item.Parent = outline
            for key in ("/Prev", "/Next"):
                if key in item:
                    del item[key]
            if before is not None:
                item.Prev, before.Next = before, item
            visible += 1 + max(0, int(item.get("/Count", 0)))
        outline.First, outline.Last = self._outlines[0], self._outlines[-1]
        outline.Count = visible
        return outline

    def _resolve_links(self) -> None:
        for link, target in self._links:
            if target not in self._names:
                part = target.partition("/")[0]
                raise ExportError(f"a link leads to {part if part in self._names else 'no part'}")
            del link["/A"]
            link.Dest = String(_name_bytes(target))

    def _write_info(self, info: Info) -> None:
        entries = {
            "/Title": info.title,
            "/Author": info.author,
            "/Subject": info.subject,
            "/Keywords": info.keywords,
            "/Producer": info.producer,
        }
        if info.created is not None:
            zone = f"{info.created:%z}"
            entries["/CreationDate"] = f"{info.created:D:%Y%m%d%H%M%S}{zone[:3]}'{zone[3:]}'"
        self._pdf.trailer.Info = self._pdf.make_indirect(
            Dictionary({key: String(value) for key, value in entries.items() if value})
        )
        stream = Stream(self._pdf, _xmp(info).encode())
        stream.Type, stream.Subtype = Name.Metadata, Name.XML
        self._pdf.Root.Metadata = self._pdf.make_indirect(stream)

    def _draw_over(self, watermark: Watermark) -> None:
        """Draw the watermark over each page, behind all its text in the order of reading."""
        with closing(_open(watermark.source)) as source:
            form = self._pdf.make_indirect(self._form(source))
        state = self._pdf.make_indirect(Dictionary(BM=Name(f"/{watermark.blend}")))
        before = self._pdf.make_indirect(Stream(self._pdf, b"q"))
        content = (
            f"Q /Artifact <</Type /Pagination /Subtype {_WATERMARK}>> BDC "
            f"q {_WATERMARK} gs {_WATERMARK} Do Q EMC"
        )
        after = self._pdf.make_indirect(Stream(self._pdf, content.encode()))
        for page in self._pdf.pages:
            resources = page.obj.Resources
            for category, value in (("/XObject", form), ("/ExtGState", state)):
                if category not in resources:
                    resources[category] = Dictionary()
                resources[category][_WATERMARK] = value
            page.obj.Contents = Array([before, *_items(page.obj.Contents), after])

    def _form(self, source: Pdf) -> Stream:
        """Make a drawing of the first page, without its tags."""
        page = source.pages[0].obj
        resources = Dictionary(ExtGState=Dictionary())
        for category, entries in page.Resources.items():
            if isinstance(entries, Dictionary):
                resources[category] = Dictionary({
                    key: self._adopted(source, category, value) for key, value in entries.items()
                })  # fmt: skip
        resources.ExtGState[_WATERMARK] = Dictionary(ca=_PICTURE_OPACITY)
        resources.ExtGState[_UNSEEN] = Dictionary(ca=0)
        pale = ContentStreamInstruction([Name(_WATERMARK)], Operator("gs"))
        content: list[Any] = []
        for instruction in parse_content_stream(page):
            operator = str(instruction.operator)
            if operator == "Do":
                content.append(pale)
            if operator not in _MARKS:
                content.append(instruction)
        box = [float(value) for value in page.MediaBox]
        # Nothing, as large as the page. Why: pdfium 159 (2026) draws letters that stand on the left
        # edge of what is blended twice, some pixels apart.
        unseen = f"q {_UNSEEN} gs {' '.join(f'{value:g}' for value in box)} re f Q\n".encode()
        form = Stream(self._pdf, unseen + unparse_content_stream(content))
        form.Type, form.Subtype = Name.XObject, Name.Form
        form.BBox = Array(box)
        form.Resources = resources
        # As a group, or letters and pictures would meet the page one by one.
        form.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB, I=True)
        return form

    def _adopted(self, source: Pdf, category: str, value: Object) -> Object:
        """Return what is here in the place of a font, picture or whatever a drawing uses."""
        if category == "/Font":
            united = self._fonts.take(cast("Dictionary", value))
            if united is not None:
                return united
        return self._pdf.copy_foreign(self._indirect(source, value))

    def _stamp(self, footer: Footer) -> None:
        with closing(_open(footer.sample)) as source:
            shown = source.pages[0].obj
            fonts: dict[str, Object] = {}
            meanings: dict[str, SampleFont] = {}
            for name, font in shown.Resources.get("/Font", Dictionary()).items():
                united = self._fonts.take(cast("Dictionary", font))
                if united is not None:
                    key = f"{_FOOTER_FONT}{len(fonts)}"
                    texts, widths = _meaning(font)
                    fonts[key] = united
                    meanings[name] = SampleFont(key, _spelled(texts), widths)
            line = Line.read(shown, meanings)
        pages = list(self._pdf.pages)
        before = self._pdf.make_indirect(Stream(self._pdf, b"q"))
        seen: set[tuple[int, int]] = set()
        for index, page in enumerate(pages):
            if index in footer.skipped:
                continue
            resources = cast("Dictionary", page.obj.Resources)
            if resources.objgen not in seen:
                seen.add(resources.objgen)
                self._add_fonts(resources, fonts)
            pieces = line.numbered(index + 1, len(pages))
            content = footer.drawn(pieces, page.obj.MediaBox)
            after = self._pdf.make_indirect(Stream(self._pdf, content))
            page.obj.Contents = Array([before, *_items(page.obj.Contents), after])

    @staticmethod
    def _add_fonts(resources: Dictionary, fonts: Mapping[str, Object]) -> None:
        if "/Font" not in resources:
            resources.Font = Dictionary()
        for name, font in fonts.items():
            resources.Font[name] = font


def _spelled(texts: Mapping[bytes, bytes]) -> dict[int, str]:
    return {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in texts.items()
    }


# --- fonts ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Variant:
    """A font as text sees it: glyphs, and the characters that they stand for."""

    font: Dictionary
    texts: dict[bytes, bytes]


@dataclass(slots=True)
class _Family:
    union: Union
    font: dict[str, Any]  # what all variants say
    descendant: Dictionary
    descriptor: Dictionary
    widths: dict[int, float]
    variants: list[_Variant]


class _Fonts:
    """The fonts of all parts, one program for each."""

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._families: dict[str, list[_Family]] = {}

    def take(self, font: Dictionary) -> Object | None:
        """A font of this document that shows what `font` of another one shows.

        Returns:
            None if it cannot be united with others; it is to be copied then.
        """
        # With another encoding WeasyPrint gives codes to characters that no font has; the same
        # code means another character in the next part.
        if font.get("/Subtype") != Name.Type0 or font.get("/Encoding") != Name("/Identity-H"):
            return None
        descendant = font.DescendantFonts[0]
        descriptor = descendant.FontDescriptor
        program = descriptor.get("/FontFile2", descriptor.get("/FontFile3"))
        if program is None or descendant.get("/CIDToGIDMap", Name.Identity) != Name.Identity:
            return None
        families = self._families.setdefault(str(font.BaseFont), [])
        likely = families[0].union.glyphs if families else None
        try:
            texts, widths = _meaning(font)
            face = read_face(program.read_bytes(), widths, likely)
        except FontProgramError:
            return None
        for family in families:
            if _agree(family.widths, widths) and family.union.add(face):
                _widen(family.descriptor, descriptor)
                break
        else:
            family = self._new_family(font, face)
            families.append(family)
        family.widths = widths | family.widths
        return self._variant(family, texts)

    def _new_family(self, font: Dictionary, face: Face) -> _Family:
        source = cast("Any", font).DescendantFonts[0]
        descriptor = self._copy(source.FontDescriptor, {"/FontFile2", "/FontFile3", "/CIDSet"})
        descendant = self._copy(source, {"/FontDescriptor", "/W"})
        descendant.FontDescriptor = descriptor
        return _Family(
            Union(face),
            {"/BaseFont": str(font.BaseFont)},
            descendant,
            descriptor,
            {},
            [],
        )

    def _copy(self, source: Dictionary, without: set[str]) -> Dictionary:
        """A copy of a dictionary whose other values are plain."""
        made = Dictionary()
        for key, value in source.items():
            if key not in without:
                made[key] = Object.parse(value.unparse()) if isinstance(value, Object) else value
        return self._pdf.make_indirect(made)

    def _variant(self, family: _Family, texts: dict[bytes, bytes]) -> Object:
        # One glyph may stand for two characters (a space and a no-break space), and each part
        # settled for the one it met first; texts are to come out of the whole as they did there.
        for variant in family.variants:
            known = variant.texts
            if texts.items() <= known.items() or all(
                known.get(glyph, text) == text for glyph, text in texts.items()
            ):
                known.update(texts)
                return variant.font
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name(family.font["/BaseFont"]),
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([family.descendant]),
        )
        made = self._pdf.make_indirect(font)
        family.variants.append(_Variant(made, dict(texts)))
        return made

    def finish(self) -> None:
        """Write the united programs, widths and character maps."""
        for families in self._families.values():
            for family in families:
                program = family.union.program()
                stream = Stream(self._pdf, program)
                if family.union.kind == "ttf":
                    stream.Length1 = len(program)
                    family.descriptor.FontFile2 = self._pdf.make_indirect(stream)
                    family.descendant.CIDToGIDMap = Name.Identity
                else:
                    stream.Subtype = Name.CIDFontType0C
                    family.descriptor.FontFile3 = self._pdf.make_indirect(stream)
                    # Only for TrueType (ISO 32000-1, table 117); WeasyPrint writes it always.
                    if "/CIDToGIDMap" in family.descendant:
                        del family.descendant["/CIDToGIDMap"]
                family.descendant.W = _width_array(family.widths)
                for variant in family.variants:
                    cmap = Stream(self._pdf, _to_unicode(variant.texts))
                    variant.font.ToUnicode = self._pdf.make_indirect(cmap)


def _meaning(font: Object) -> tuple[dict[bytes, bytes], dict[int, float]]:
    """Glyphs and their text, both in hexadecimal; glyphs and their widths.

    The widths are in thousandths of the font's size.
    """
    # Ahead of this stands the range of codes, which looks like an entry.
    _, _, entries = cast("Any", font).ToUnicode.read_bytes().partition(b"endcodespacerange")
    if b"beginbfrange" in entries:
        raise FontProgramError("a character map that WeasyPrint does not write")
    texts: dict[bytes, bytes] = dict(_BFCHAR.findall(entries))
    widths: dict[int, float] = {}
    glyph, inside = -1, False
    for token in cast("Any", font).DescendantFonts[0].W.unparse().split()[1:-1]:
        if token in {b"[", b"]"}:
            inside = token == b"["
            glyph = glyph if inside else -1
        elif inside:
            widths[glyph] = float(token)
            glyph += 1
        elif glyph < 0:
            glyph = int(token)
        else:
            raise FontProgramError("widths that WeasyPrint does not write")
    return texts, widths


def _agree(known: Mapping[int, float], new: Mapping[int, float]) -> bool:
    """Whether no width differs from what is known by more than rounding does."""
    return new.items() <= known.items() or all(
        abs(known.get(glyph, width) - width) <= 1 for glyph, width in new.items()
    )


def _widen(descriptor: Dictionary, other: Object) -> None:
    ours = [float(value) for value in cast("Array", descriptor.FontBBox)]
    theirs = [float(value) for value in cast("Any", other).FontBBox]
    if ours[2] < theirs[2]:
        descriptor.FontBBox = Array([ours[0], ours[1], theirs[2], ours[3]])
    # A subset of one width looks fixed; the font is so only if all of its subsets are.
    if not int(cast("Any", other).Flags) & _FIXED_PITCH:
        descriptor.Flags = int(descriptor.Flags) & ~_FIXED_PITCH


def _width_array(widths: Mapping[int, float]) -> Array:
    array, run, following = Array(), Array(), -1
    for glyph in sorted(widths):
        if glyph != following:
            run = Array()
            array.append(glyph)
            array.append(run)
            # pikepdf appends a copy, so the run is filled by way of the array.
            run = cast("Array", array[len(array) - 1])
        width = widths[glyph]
        run.append(int(width) if width == int(width) else round(width, 3))
        following = glyph + 1
    return array


def _to_unicode(texts: Mapping[bytes, bytes]) -> bytes:
    entries = [f"<{glyph.decode()}> <{text.decode()}>" for glyph, text in sorted(texts.items())]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <ffff>",
        "endcodespacerange",
    ]
    for start in range(0, len(entries), _GLYPHS_PER_BLOCK):
        block = entries[start : start + _GLYPHS_PER_BLOCK]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode()


# --- objects ----------------------------------------------------------------------------------


def _open(source: bytes | Path) -> Pdf:
    return Pdf.open(
        BytesIO(source) if isinstance(source, bytes) else source, inherit_page_attributes=False
    )


def _items(value: Object | None) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, Array) else [value]


def _resources(pdf: Pdf) -> Iterator[Dictionary]:
    return _resources_of(page.obj for page in pdf.pages)


def _resources_of(pages: Iterable[Object]) -> Iterator[Dictionary]:
    """Every resource dictionary once, those of drawings and patterns too, in a fixed order."""
    seen: set[tuple[int, int]] = set()
    waiting = [page.get("/Resources") for page in pages]
    while waiting:
        resources = waiting.pop(0)
        if not isinstance(resources, Dictionary):
            continue
        if resources.is_indirect:
            if resources.objgen in seen:
                continue
            seen.add(resources.objgen)
        yield resources
        for category in ("/XObject", "/Pattern"):
            for _, drawing in sorted(resources.get(category, Dictionary()).items()):
                if isinstance(drawing, Stream):
                    waiting.append(drawing.get("/Resources"))


def _digest(value: Any) -> bytes:  # noqa: ANN401 - any PDF object, or the number it stands for
    """What an object and all it refers to consist of."""
    if isinstance(value, (Dictionary, Array)):
        written = value.unparse(resolved=True)
        if not _REFERENCE.search(written):
            return written
    if isinstance(value, Stream):
        entries = {key: item for key, item in value.items() if key != "/Length"}
        state = repr([(key, _digest(entries[key])) for key in sorted(entries)])
        return sha256(state.encode() + value.read_raw_bytes()).digest()
    if isinstance(value, Dictionary):
        state = repr([(key, _digest(value[key])) for key in sorted(value.keys())])
        return sha256(state.encode()).digest()
    if isinstance(value, Array):
        return sha256(repr([_digest(item) for item in value]).encode()).digest()
    return value.unparse() if isinstance(value, Object) else repr(value).encode()


def _destination(page: Object) -> Array:
    top = float(cast("Any", page).MediaBox[3])
    return Array([page, Name.XYZ, None, top, None])


def _tree_entries(node: Object, kind: str) -> Iterator[tuple[Any, Any]]:
    """Keys and values of a name tree ("/Names") or a number tree ("/Nums")."""
    for kid in _items(node.get("/Kids")):
        yield from _tree_entries(kid, kind)
    entries = iter(_items(node.get(kind)))
    for key in entries:
        yield key, next(entries)


def _name_bytes(name: str) -> bytes:
    return bytes(String(name))


def _xmp(info: Info) -> str:
    def alternatives(tag: str, text: str) -> str:
        lines = f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt>'
        return f"<{tag}>{lines}</{tag}>" if text else ""

    author = f"<rdf:Seq><rdf:li>{escape(info.author)}</rdf:li></rdf:Seq>"
    fields = [
        "<pdfuaid:part>1</pdfuaid:part>",
        f"<pdf:Producer>{escape(info.producer)}</pdf:Producer>",
        alternatives("dc:title", info.title),
        alternatives("dc:description", info.subject),
        f"<dc:creator>{author}</dc:creator>" if info.author else "",
        f"<dc:language><rdf:Bag><rdf:li>{escape(info.lang)}</rdf:li></rdf:Bag></dc:language>",
        f"<pdf:Keywords>{escape(info.keywords)}</pdf:Keywords>" if info.keywords else "",
        alternatives("dc:rights", info.usage_terms),
        alternatives("xmpRights:UsageTerms", info.usage_terms),
        f"<{_SOURCE_TYPE}>{escape(info.source_type)}</{_SOURCE_TYPE}>" if info.source_type else "",
        *(f"<copy:{name}>{escape(value)}</copy:{name}>" for name, value in info.copy.items()),
    ]
    if info.created is not None:
        fields.append(f"<xmp:CreateDate>{info.created.isoformat('T', 'seconds')}</xmp:CreateDate>")
    body = "\n".join(field for field in fields if field)
    further = "".join(
        f'\n xmlns:{prefix}="{address}"'
        for prefix, address in _NAMESPACES.items()
        if f"<{prefix}:" in body
    )
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"{further}>
{body}
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
