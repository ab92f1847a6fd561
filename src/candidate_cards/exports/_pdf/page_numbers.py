"""Page numbers: a line as a sample shows it in any script, with other digits put in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self, cast

from pikepdf import Array, String, parse_content_stream

from candidate_cards.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pikepdf import Object

_PAGE, _PAGES = "1", "2"  # what stands for the numbers in a sample
_DIGITS: Final = "0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """The line with the page number, on every page.

    Attributes:
        sample: A one-page PDF by WeasyPrint whose first text is the line, laid out in any script,
            with "1" for the page's number and "2" for how many there are, if it tells that. All
            ten digits are to follow, in the same font.
        size: Of the font, in PDF points.
        align: Which edge of the page `inset` is measured from; "center" ignores it.
        inset: From that edge, in PDF points.
        bottom: From the lower edge to the base line, in PDF points.
        color: Red, green and blue, from 0 to 1.
        skipped: Indexes of pages without it (0 is the cover).
    """

    sample: bytes | Path
    size: float = 8.0
    align: Literal["left", "center", "right"] = "right"
    inset: float = 42.52
    bottom: float = 28.35
    color: tuple[float, float, float] = (0.35, 0.35, 0.35)
    skipped: frozenset[int] = frozenset({0})

    def drawn(self, pieces: Sequence[Piece], box: Object) -> bytes:
        """Return the line as an artifact in the content of a page with such a media box."""
        left, _, right, _ = (float(value) for value in cast("Array", box))
        width = sum(piece.advance for piece in pieces) * self.size / 1000
        x = {
            "left": left + self.inset,
            "center": (left + right - width) / 2,
            "right": right - self.inset - width,
        }[self.align]
        red, green, blue = self.color
        shown: list[str] = []
        for (font, rise), run in groupby(pieces, key=lambda piece: (piece.font, piece.rise)):
            items = "".join(
                f"{-piece.advance:g}" if piece.glyph is None else f"<{piece.glyph:04x}>"
                for piece in run
                if piece.glyph is not None or piece.advance
            ).replace("><", "")
            shown.append(f"{font} {self.size:g} Tf {rise * self.size:g} Ts [{items}] TJ")
        return (
            "Q /Artifact <</Type /Pagination /Subtype /Footer>> BDC q "
            f"{red:g} {green:g} {blue:g} rg BT {x:.2f} {self.bottom:g} Td {' '.join(shown)} ET "
            "Q EMC"
        ).encode()


class SampleFont(NamedTuple):
    """A font of the sample: its name in the pages, and the text and width of each glyph."""

    name: str
    texts: Mapping[int, str]
    widths: Mapping[int, float]


class Piece(NamedTuple):
    """A glyph of the footer, or room between two of them.

    ``text`` is what it stands for, ``advance`` in thousandths of the font's size, ``rise`` in
    parts of it.
    """

    font: str
    glyph: int | None
    text: str
    advance: float
    rise: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """The footer as its sample shows it, and digits to put in."""

    pieces: list[Piece]
    digits: dict[str, Piece]

    @classmethod
    def read(cls, page: Object, fonts: Mapping[str, SampleFont]) -> Self:
        """Read a sample.

        Args:
            page: It is the only one.
            fonts: By their names in it.

        Raises:
            ExportError: It does not show what it has to.
        """
        lines = list(_text_objects(page, fonts))
        digits = {
            piece.text: piece for line in lines for piece in line if piece.text in set(_DIGITS)
        }
        shown = [piece.text for piece in lines[0]] if lines else []
        if not shown or max(map(shown.count, (_PAGE, _PAGES))) > 1 or len(digits) < len(_DIGITS):
            raise ExportError(
                "the sample of page numbers has to show the line, with one 1 and one 2 for the "
                "numbers, and then all digits"
            )
        return cls(lines[0], digits)

    def numbered(self, page: int, pages: int) -> list[Piece]:
        """Return the line with these numbers, whose digits go from left to right in any script."""
        numbers = {_PAGE: str(page), _PAGES: str(pages)}
        return [
            put
            for piece in self.pieces
            for put in (
                [self.digits[digit] for digit in numbers[piece.text]]
                if piece.text in numbers
                else [piece]
            )
        ]


def _text_objects(page: Object, fonts: Mapping[str, SampleFont]) -> Iterator[list[Piece]]:
    """Yield what each text of a page shows, from left to right."""
    pieces: list[Piece] = []
    font, size, rise = SampleFont("", {}, {}), 1.0, 0.0
    for instruction in parse_content_stream(page, "BT ET Tf Ts TJ Tj"):
        operands = cast("list[Any]", instruction.operands)
        match str(instruction.operator):
            case "BT":
                pieces = []
            case "ET":
                yield pieces
            case "Ts":
                rise = float(operands[0]) / size
            case "Tf":
                if str(operands[0]) not in fonts:
                    raise ExportError("the sample of page numbers has a font of pictures")
                font = fonts[str(operands[0])]
                size = float(operands[1])
            case _:
                for item in operands[0] if isinstance(operands[0], Array) else operands:
                    if not isinstance(item, String):
                        pieces.append(Piece(font.name, None, "", -float(item)))
                        continue
                    codes = bytes(item)
                    for at in range(0, len(codes), 2):
                        glyph = int.from_bytes(codes[at : at + 2], "big")
                        text, width = font.texts.get(glyph, ""), font.widths.get(glyph, 0)
                        pieces.append(Piece(font.name, glyph, text, width, rise))
