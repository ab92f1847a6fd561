"""Reading dossiers back: their text by two extractors, and where WeasyPrint put every run of it."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Pdf
from pypdf import PdfReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf import PageObject

HEADINGS: Final = frozenset({"/H1", "/H2", "/H3"})
_PARAGRAPHS: Final = frozenset({"/P", "/LBody"})
_POINTS: Final = 0.75  # a CSS pixel
_HEAD: Final = 55  # points from the edge that the running head ends before, and so the foot
_FOOT: Final = 50
_NUMBER: Final = rb"-?[0-9.]+"
_OPERATORS: Final = re.compile(
    rb"^(?:/\w+\s<<(?P<properties>[^>]*)>>\sBDC|(?P<artifact>/\w+\sBMC)|(?P<end>EMC)"
    rb"|(?:1 0 0 -1 )?(?P<x>%(n)s) (?P<y>%(n)s) (?:Tm|Td)|/(?P<font>\w+) (?P<size>%(n)s) Tf"
    rb"|(?P<text>\[[^\]]*\] TJ|<[0-9a-f]*> Tj))" % {b"n": _NUMBER},
    re.MULTILINE,
)
_OF_FOOTER: Final = re.compile(rb" (?=/|\[|EMC|%(n)s %(n)s Td)" % {b"n": _NUMBER})
_CLIPPING: Final = re.compile(rb"^(?:q|Q|W\*?|.*T[jJ])$", re.MULTILINE)
_PIECE: Final = re.compile(rb"<([0-9a-f]*)>|(%s)" % _NUMBER)
_CHARACTER: Final = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")
_BLANK: Final = re.compile(
    "[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe0e\ufe0f\ufeff]+"
)


class Run(NamedTuple):
    """A run of glyphs in one font; points from the page's upper left, and a number of its mark.

    ``mcid`` is ``None`` for what is not part of the text: running heads, page numbers, ornaments.
    """

    mcid: int | None
    text: str
    left: float
    right: float
    base: float


@dataclass(eq=False)
class Element:
    """A structure element that holds text itself; ``marks`` are pages and numbers, in order."""

    kind: str
    marks: list[tuple[int, int]] = field(default_factory=list)


class Font:
    """What the codes of a font mean, and how wide they are."""

    def __init__(self, font: Any) -> None:  # noqa: ANN401  a pikepdf object
        self.identity = font.get("/Encoding") == pikepdf.Name("/Identity-H")
        self.texts: dict[str, str] = {}
        self.widths: dict[int, float] = {}
        if "/ToUnicode" in font:
            _, _, entries = font.ToUnicode.read_bytes().partition(b"endcodespacerange")
            for code, text in _CHARACTER.findall(entries):
                self.texts[code.decode()] = bytes.fromhex(text.decode()).decode("utf-16-be")
        if "/DescendantFonts" in font:
            glyph = 0
            for item in font.DescendantFonts[0].get("/W", Array()):
                if isinstance(item, Array):
                    for width in item:
                        self.widths[glyph] = float(width)
                        glyph += 1
                else:
                    glyph = int(item)


class Dossier:
    """A dossier that is read back."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pdf = Pdf.open(BytesIO(data))
        self.pages = list(self.pdf.pages)
        self._fonts: dict[tuple[int, int], Font] = {}
        self._page_numbers = {page.obj.objgen: n for n, page in enumerate(self.pages)}

    def __len__(self) -> int:
        return len(self.pages)

    # --- text, as others extract it

    @cached_property
    def poppler(self) -> list[str]:
        """The text of each page between running head and foot, by pdftotext."""
        width, height = self.width(0), self.height(0)
        area = {"-x": 0, "-y": _HEAD, "-W": round(width), "-H": round(height - _HEAD - _FOOT)}
        return self._poppler(*(str(word) for option in area.items() for word in option))

    @cached_property
    def whole_poppler(self) -> list[str]:
        """The text of each page with its head and foot, by pdftotext."""
        return self._poppler()

    def _poppler(self, *options: str) -> list[str]:
        command = ["pdftotext", "-q", *options, "-", "-"]
        done = subprocess.run(command, input=self.data, capture_output=True, check=True)
        return done.stdout.decode().removesuffix("\f").split("\f")

    @cached_property
    def pypdf(self) -> list[str]:
        """The text of each page between running head and foot, by pypdf."""
        return [self._pypdf(page) for page in PdfReader(BytesIO(self.data)).pages]

    def _pypdf(self, page: PageObject) -> str:
        kept: list[str] = []
        lowest, highest = _FOOT, float(page.mediabox.height) - _HEAD

        def visit(text: str, outer: list[float], inner: list[float], *_: object) -> None:
            if lowest < outer[3] * inner[5] + outer[5] < highest:
                kept.append(text)

        page.extract_text(visitor_text=visit)
        return "".join(kept)

    # --- where it is

    def fonts(self, page: int) -> dict[str, Font]:
        """Return the fonts of a page by the names that its content gives them."""
        found = {}
        for name, font in self.pages[page].obj.Resources.get("/Font", Dictionary()).items():
            if font.objgen not in self._fonts:
                self._fonts[font.objgen] = Font(font)
            found[name[1:]] = self._fonts[font.objgen]
        return found

    def runs(self, page: int) -> list[Run]:
        """Return the runs of a page in the order of its content."""
        if page not in self._runs:
            self._runs[page] = list(self._read_runs(page))
        return self._runs[page]

    @cached_property
    def _runs(self) -> dict[int, list[Run]]:
        return {}

    def height(self, page: int) -> float:
        """Return the height of a page in points."""
        return float(self.pages[page].obj.MediaBox[3])

    def width(self, page: int) -> float:
        """Return the width of a page in points."""
        return float(self.pages[page].obj.MediaBox[2])

    def _read_runs(self, page: int) -> Iterator[Run]:
        fonts = self.fonts(page)
        streams = self.pages[page].obj.Contents
        for stream in streams if isinstance(streams, Array) else [streams]:
            content = stream.read_bytes()
            # What WeasyPrint writes is in CSS pixels, downwards; a footer of ours in points.
            ours = b"0.75 0 0 0.75" not in content
            scale = 1 if ours else _POINTS
            if ours:
                content = _OF_FOOTER.sub(b"\n", content)  # an operator a line, as WeasyPrint writes
            marks: list[int | None] = []
            x = y = size = 0.0
            font: Font | None = None
            for found in _OPERATORS.finditer(content):
                match found.lastgroup:
                    case "properties":
                        marks.append(_mcid(found["properties"]))
                    case "artifact":
                        marks.append(None)
                    case "end":
                        marks.pop()
                    case "y":
                        x, y = float(found["x"]) * scale, float(found["y"]) * scale
                        y = self.height(page) - y if ours else y
                    case "size":
                        font, size = fonts[found["font"].decode()], float(found["size"]) * scale
                    case _:
                        assert font is not None
                        text, left, right, x = _shown(found["text"], font, x, size)
                        yield Run(marks[-1] if marks else None, text, left, right, y)

    def missing_glyphs(self, page: int) -> int:
        """Return how often a page shows the box that stands for a character without a glyph.

        WeasyPrint draws it under a free number, which an encoding of its own turns into glyph 0.
        """
        fonts = self.fonts(page)
        odd = sum(not font.identity for font in fonts.values())
        return odd + self._content(page).count(b"<0000>")

    def clipped(self, page: int) -> list[bytes]:
        """Return the text operators of a page that stand under a clipping path."""
        found = []
        stack, clips = [], False
        for operator in _CLIPPING.findall(self._content(page)):
            match operator.strip():
                case b"q":
                    stack.append(clips)
                case b"Q":
                    clips = stack.pop() if stack else False
                case b"W" | b"W*":
                    clips = True
                case text if clips:
                    found.append(text)
        return found

    def _content(self, page: int) -> bytes:
        streams = self.pages[page].obj.Contents
        parts = streams if isinstance(streams, Array) else [streams]
        return b"\n".join(part.read_bytes() for part in parts)

    @property
    def starts(self) -> list[int]:
        """Pages of the bookmarks of the first level, from 0."""
        return [page for _, page, _ in self.bookmarks]

    @cached_property
    def bookmarks(self) -> list[tuple[str, int, list[tuple[str, int]]]]:
        """Title and page of each bookmark of the first level, and those below it."""
        with self.pdf.open_outline() as outline:
            return [
                (
                    item.title,
                    self._target(item),
                    [(c.title, self._target(c)) for c in item.children],
                )
                for item in outline.root
            ]

    def _target(self, item: Any) -> int:  # noqa: ANN401  a pikepdf object
        where = item.destination if item.destination is not None else item.action.D
        return self.page_of(where)

    def page_of(self, destination: Any) -> int:  # noqa: ANN401  a pikepdf object
        """Return the page that a destination, or its name, leads to, from 0."""
        if not isinstance(destination, Array):
            destination = self.destinations[bytes(destination)]
        return self._page_numbers[destination[0].objgen]

    @cached_property
    def destinations(self) -> dict[bytes, Any]:
        """Named destinations."""
        tree = self.pdf.Root.Names.Dests
        nodes: list[Any] = [tree]
        found: dict[bytes, Any] = {}
        while nodes:
            node = nodes.pop()
            nodes += list(node.get("/Kids", Array()))
            names = list(node.get("/Names", Array()))
            found |= {bytes(key): value for key, value in zip(names[::2], names[1::2], strict=True)}
        return found

    def links(self, page: int) -> list[Any]:
        """Return the link annotations of a page."""
        annotations = self.pages[page].obj.get("/Annots", Array())
        return [link for link in annotations if link.Subtype == pikepdf.Name.Link]

    def addresses(self, page: int) -> list[str]:
        """Return the addresses outside that a page leads to."""
        actions = [link.A for link in self.links(page) if "/A" in link]
        assert all(action.S == pikepdf.Name.URI for action in actions)
        return [str(action.URI) for action in actions]

    # --- what it is

    @cached_property
    def elements(self) -> list[Element]:
        """The structure elements that hold text, in reading order."""
        return [element for element in list(self._read_elements()) if element.marks]

    def _read_elements(self) -> Iterator[Element]:
        roots = self.pdf.Root.StructTreeRoot.K
        # Each: the object, the page it is on, and the element that its text belongs to.
        waiting: list[tuple[Any, Any, Element | None]] = [
            (kid, None, None) for kid in reversed(list(roots))
        ]
        while waiting:
            node, page, holder = waiting.pop()
            if not isinstance(node, Dictionary):
                assert holder is not None
                holder.marks.append((self._page_numbers[page.objgen], int(node)))
                continue
            if "/S" not in node:
                continue  # a reference to an annotation
            page = node.get("/Pg", page)
            kind = str(node.S)
            if holder is None or holder.kind not in HEADINGS | _PARAGRAPHS:
                holder = Element(kind)
                yield holder
            kids = node.get("/K", Array())
            several = list(kids) if isinstance(kids, Array) else [kids]
            waiting += [(kid, page, holder) for kid in reversed(several)]

    @cached_property
    def placed(self) -> dict[tuple[int, int], list[Run]]:
        """Runs by page and mark."""
        found: dict[tuple[int, int], list[Run]] = {}
        for page in range(len(self)):
            for run in self.runs(page):
                if run.mcid is not None:
                    found.setdefault((page, run.mcid), []).append(run)
        return found

    def lines(self, element: Element) -> dict[int, int]:
        """Return how many lines of an element stand on each page that it is on."""
        bases: dict[int, set[int]] = {}
        for mark in element.marks:
            for run in self.placed.get(mark, ()):
                if run.text.strip():
                    bases.setdefault(mark[0], set()).add(round(run.base))
        return {page: _distinct(found) for page, found in bases.items()}

    def text_of(self, element: Element) -> str:
        """Return the text of an element as its fonts spell it."""
        return "".join(run.text for mark in element.marks for run in self.placed.get(mark, ()))


def _distinct(bases: set[int]) -> int:
    """Count lines; fallback fonts and rounding move a base line by a point."""
    ordered = sorted(bases)
    return 1 + sum(after - before > 4 for before, after in pairwise(ordered))


def _mcid(properties: bytes) -> int | None:
    _, found, number = properties.partition(b"/MCID")
    return int(number.split()[0]) if found else None


def _shown(text: bytes, font: Font, x: float, size: float) -> tuple[str, float, float, float]:
    """Return the text of an operator, the edges of its ink, and where the next one begins."""
    letters: list[str] = []
    left = right = x
    begun = False
    for code, number in _PIECE.findall(text):
        if number:
            x -= float(number) / 1000 * size
            continue
        for at in range(0, len(code), 4):
            glyph = code[at : at + 4].decode()
            letter = font.texts.get(glyph, "")
            width = font.widths.get(int(glyph, 16), 0) / 1000 * size
            if letter.strip():
                left = left if begun else x
                right, begun = x + width, True
            x += width
            letters.append(letter)
    return "".join(letters), left, right, x


def squeezed(text: str) -> str:
    """Return a text without what an extractor may change: white space, ligatures, controls."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", _BLANK.sub("", text)))
