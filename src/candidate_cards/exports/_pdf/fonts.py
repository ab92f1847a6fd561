"""Font programs of many PDF subsets, united glyph by glyph.

Every part of a dossier carries its own subset of the same few fonts. WeasyPrint's subsets keep the
glyph numbers of the full font, so what differs between two of them is only which glyphs are
there:

    face = read_face(program, used)   one subset, read
    united = Union(face)              the first
    united.add(other)                 False where the two are not the same font
    united.program()                  what all of them used, as one font program

Nothing is compared by name. Two subsets unite if every glyph that both hold draws the same and
advances the same, so a wrong outline cannot come out of it, whatever the fonts are called.

TrueType outlines keep their glyph numbers. CFF outlines (Inter's OTF, Noto CJK) become a
CID-keyed font of the used glyphs alone: with the numbers of a CJK font kept, two glyphs took
46 kB.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Face", "FontProgramError", "Union", "read_face"]

_WORDS: Final = 0x0001  # flags of a composite glyph (OpenType, glyf)
_SCALE: Final = 0x0008
_MORE: Final = 0x0020
_X_AND_Y_SCALE: Final = 0x0040
_TWO_BY_TWO: Final = 0x0080

_LONG_PAIR: Final = struct.Struct(">LL").unpack_from
_SHORT_PAIR: Final = struct.Struct(">HH").unpack_from

_HINTS: Final = ("cvt ", "fpgm", "prep")
_MAX_GLYPHS: Final = 0xFFFF
_MAX_DEPTH: Final = 16  # composites of composites; fonts have one or two

# Operators of CFF dictionaries (Adobe Technical Note 5176)
_REAL_END: Final = 15  # the half byte after a real number
_FONT_BOX: Final = 5
_CHARSET: Final = 15
_CHAR_STRINGS: Final = 17
_PRIVATE: Final = 18
_LOCAL_SUBRS: Final = 19
_FONT_MATRIX: Final = 0x0C07
_CHAR_STRING_TYPE: Final = 0x0C06
_ROS: Final = 0x0C1E
_CID_COUNT: Final = 0x0C22
_FD_ARRAY: Final = 0x0C24
_FD_SELECT: Final = 0x0C25


class FontProgramError(ValueError):
    """A font program that cannot be read, or is of a kind that cannot be united."""


class Glyph(NamedTuple):
    """One glyph's outline, comparable between subsets.

    Why: A named tuple; thousands are compared, and tuples do it without running Python.

    Attributes:
        outline: The bytes of the font program; component numbers of composites are zeroed.
        metrics: Advance and left side bearing, as in the font.
        components: Where a component's number stands in the outline, and the component.
        group: What else decides how the outline is drawn (the private dictionary of a CFF font).
    """

    outline: bytes
    metrics: bytes = b"\0\0\0\0"
    components: tuple[tuple[int, Glyph], ...] = ()
    group: int = 0


class Face(Protocol):
    """One subset, as far as uniting needs it."""

    kind: Literal["ttf", "cff"]
    glyphs: dict[int, Glyph]
    common: tuple[object, ...]

    def build(self, faces: Iterable[Face], glyphs: Mapping[int, Glyph]) -> bytes:
        """The font program of `glyphs`, with what `faces` say about the font as a whole."""
        ...


def read_face(
    program: bytes, used: Iterable[int], known: Mapping[int, Glyph] | None = None
) -> Face:
    """Read the glyphs numbered `used` out of a font program.

    Args:
        program: An OpenType file, with TrueType or CFF outlines.
        used: The CIDs that the document shows.
        known: Glyphs of what may be the same font; those that are the same are not made again.

    Raises:
        FontProgramError: The program is damaged, or of another kind.
    """
    try:
        tables = _sfnt_tables(program)
        if "CFF " in tables:
            return _read_cff(tables["CFF "], used)
        return _read_truetype(tables, used, known or {})
    except (struct.error, IndexError, KeyError) as error:
        raise FontProgramError(f"damaged font program ({error})") from error


class Union:
    """The glyphs of all subsets of one font."""

    def __init__(self, face: Face) -> None:
        self.glyphs: dict[int, Glyph] = {}
        self._faces: list[Face] = [face]
        self._take(face)

    @property
    def kind(self) -> Literal["ttf", "cff"]:
        """How the outlines are stored."""
        return self._faces[0].kind

    def accepts(self, face: Face) -> bool:
        """Whether both are subsets of the same font, as far as anyone can tell."""
        first = self._faces[0]
        if face.kind != first.kind or face.common != first.common:
            return False
        known = self.glyphs
        return face.glyphs.items() <= known.items() or all(
            known.get(number, glyph) == glyph for number, glyph in face.glyphs.items()
        )

    def add(self, face: Face) -> bool:
        """Unite `face` with the others.

        Returns:
            False, and nothing is changed, if it is another font.
        """
        if not self.accepts(face):
            return False
        self._faces.append(face)
        self._take(face)
        return True

    def _take(self, face: Face) -> None:
        self.glyphs.update(face.glyphs)
        face.glyphs = {}  # they are here now; a thousand parts are not kept twice

    def program(self) -> bytes:
        """The united font program; the same for the same subsets in the same order."""
        return self._faces[0].build(self._faces, self.glyphs)


def _sfnt_tables(program: bytes) -> dict[str, memoryview]:
    view = memoryview(program)
    if program[:4] not in {b"\0\1\0\0", b"OTTO", b"true"}:
        raise FontProgramError("not an OpenType font")
    (count,) = struct.unpack_from(">H", view, 4)
    tables = {}
    for index in range(count):
        tag, _, offset, length = struct.unpack_from(">4sLLL", view, 12 + 16 * index)
        tables[tag.decode("latin-1")] = view[offset : offset + length]
    return tables


# --- TrueType ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _TrueType:
    glyphs: dict[int, Glyph]
    head: bytes
    hhea: bytes
    maxp: bytes
    hints: dict[str, bytes]
    common: tuple[object, ...] = ()
    kind: Literal["ttf", "cff"] = "ttf"

    def __post_init__(self) -> None:
        units_per_em = self.head[18:20]
        self.common = (units_per_em, tuple(self.hints.items()))

    def build(self, faces: Iterable[Face], glyphs: Mapping[int, Glyph]) -> bytes:
        members = [face for face in faces if isinstance(face, _TrueType)]
        numbers = {glyph: number for number, glyph in sorted(glyphs.items(), reverse=True)}
        placed = dict(glyphs)
        # Components that no text shows get numbers behind all others: a subset that drops
        # trailing glyphs has renumbered them, so their own numbers mean nothing.
        following = max(glyphs, default=0) + 1
        for glyph in _components(glyphs[number] for number in sorted(glyphs)):
            if glyph not in numbers:
                numbers[glyph] = following
                placed[following] = glyph
                following += 1
        if following > _MAX_GLYPHS:
            raise FontProgramError("too many glyphs")
        glyf, loca, hmtx = bytearray(), [0], bytearray()
        for number in range(following):
            drawn = placed.get(number)
            if drawn is None:
                hmtx += b"\0\0\0\0"
            else:
                outline = bytearray(drawn.outline)
                for position, component in drawn.components:
                    struct.pack_into(">H", outline, position, numbers[component])
                glyf += outline + bytes(-len(outline) % 4)
                hmtx += drawn.metrics
            loca.append(len(glyf))
        tables = {
            "glyf": bytes(glyf) or b"\0",
            "head": _united_head([face.head for face in members]),
            "hhea": _united_hhea([face.hhea for face in members], following),
            "hmtx": bytes(hmtx),
            "loca": struct.pack(f">{len(loca)}L", *loca),
            "maxp": _united_maxp([face.maxp for face in members], following),
            **self.hints,
        }
        return _sfnt(tables)


def _read_truetype(
    tables: Mapping[str, memoryview], used: Iterable[int], same: Mapping[int, Glyph]
) -> _TrueType:
    maxp = bytes(tables["maxp"])
    (glyph_count,) = struct.unpack_from(">H", maxp, 4)
    long_offsets = bool(struct.unpack_from(">h", tables["head"], 50)[0])
    (metric_count,) = struct.unpack_from(">H", tables["hhea"], 34)
    loca, glyf, hmtx = tables["loca"], tables["glyf"], tables["hmtx"]
    read: dict[int, Glyph] = {}

    def glyph(number: int, depth: int = 0) -> Glyph:
        if number in read:
            return read[number]
        if long_offsets:
            start, end = _LONG_PAIR(loca, 4 * number)
        else:
            start, end = _SHORT_PAIR(loca, 2 * number)
            start, end = 2 * start, 2 * end
        outline = bytes(glyf[start:end])
        if number < metric_count:
            metrics = bytes(hmtx[4 * number : 4 * number + 4])
        else:
            bearing = 2 * (number + metric_count)
            metrics = bytes(hmtx[4 * metric_count - 4 : 4 * metric_count - 2])
            metrics += hmtx[bearing : bearing + 2]
        likely = same.get(number)
        if likely is not None and likely == Glyph(outline, metrics):
            return likely
        components: tuple[tuple[int, Glyph], ...] = ()
        if len(outline) > 10 and outline[0] & 0x80:  # noqa: PLR2004 - a negative contour count
            if depth > _MAX_DEPTH:
                raise FontProgramError("composite glyphs nested too deeply")
            places = list(_component_places(outline))
            components = tuple(
                (place, glyph(struct.unpack_from(">H", outline, place)[0], depth + 1))
                for place in places
            )
            bare = bytearray(outline)
            for place in places:
                bare[place : place + 2] = b"\0\0"
            outline = bytes(bare)
        made = read[number] = Glyph(outline, metrics, components)
        return made

    # A code beyond the last glyph is one that no font had; it shows .notdef.
    glyphs = {number: glyph(number) for number in used if number < glyph_count}
    return _TrueType(
        glyphs,
        bytes(tables["head"]),
        bytes(tables["hhea"]),
        maxp,
        {tag: bytes(tables[tag]) for tag in _HINTS if tag in tables},
    )


def _component_places(outline: bytes) -> Iterator[int]:
    """Where the numbers of the components stand in a composite glyph."""
    at, flags = 10, _MORE
    while flags & _MORE:
        (flags,) = struct.unpack_from(">H", outline, at)
        yield at + 2
        at += 8 if flags & _WORDS else 6
        if flags & _SCALE:
            at += 2
        elif flags & _X_AND_Y_SCALE:
            at += 4
        elif flags & _TWO_BY_TWO:
            at += 8


def _components(glyphs: Iterable[Glyph]) -> Iterator[Glyph]:
    for glyph in glyphs:
        for _, component in glyph.components:
            yield component
            yield from _components([component])


def _united_head(heads: list[bytes]) -> bytes:
    boxes = [struct.unpack_from(">4h", head, 36) for head in heads]
    head = bytearray(heads[0])
    struct.pack_into(">L", head, 8, 0)  # the checksum of the whole file; set at the end
    struct.pack_into(
        ">4h", head, 36, *map(min, *(b[:2] for b in boxes), boxes[0][:2]),
        *map(max, *(b[2:] for b in boxes), boxes[0][2:]),
    )  # fmt: skip
    struct.pack_into(">h", head, 50, 1)  # long offsets in loca
    return bytes(head)


def _united_hhea(tables: list[bytes], glyph_count: int) -> bytes:
    hhea = bytearray(tables[0])
    widest = max(struct.unpack_from(">H", table, 10)[0] for table in tables)
    struct.pack_into(">H", hhea, 10, widest)
    struct.pack_into(">H", hhea, 34, glyph_count)
    return bytes(hhea)


def _united_maxp(tables: list[bytes], glyph_count: int) -> bytes:
    fields = [struct.unpack_from(f">{(len(table) - 6) // 2}H", table, 6) for table in tables]
    largest = [max(column) for column in zip(*fields, strict=True)]
    return tables[0][:4] + struct.pack(f">{1 + len(largest)}H", glyph_count, *largest)


def _sfnt(tables: Mapping[str, bytes]) -> bytes:
    """A TrueType file of these tables."""
    count = len(tables)
    power = count.bit_length() - 1
    directory = bytearray(
        struct.pack(">LHHHH", 0x10000, count, 16 << power, power, 16 * (count - (1 << power)))
    )
    body, offset, head_at = bytearray(), 12 + 16 * count, 0
    for tag in sorted(tables):
        data = tables[tag]
        if tag == "head":
            head_at = offset + len(body)
        directory += struct.pack(
            ">4sLLL", tag.encode("latin-1"), _checksum(data), offset + len(body), len(data)
        )
        body += data + bytes(-len(data) % 4)
    file = directory + body
    struct.pack_into(">L", file, head_at + 8, (0xB1B0AFBA - _checksum(bytes(file))) & 0xFFFFFFFF)
    return bytes(file)


def _checksum(data: bytes) -> int:
    data += bytes(-len(data) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}L", data)
    return sum(words) & 0xFFFFFFFF


# --- CFF --------------------------------------------------------------------------------------

_Dict = dict[int, bytes]  # operator and its operands, still encoded


@dataclass(slots=True)
class _Cff:
    glyphs: dict[int, Glyph]
    matrix: bytes  # FontMatrix of the top dictionary
    box: bytes  # FontBBox; the full font's, in every subset
    groups: dict[int, tuple[bytes, bytes]]  # by their hash: FontMatrix and private dictionary
    common: tuple[object, ...] = ()
    kind: Literal["ttf", "cff"] = "cff"

    def __post_init__(self) -> None:
        self.common = (self.matrix,)

    def build(self, faces: Iterable[Face], glyphs: Mapping[int, Glyph]) -> bytes:
        groups: dict[int, tuple[bytes, bytes]] = {}
        for face in faces:
            if isinstance(face, _Cff):
                groups.update(face.groups)
        cids = sorted(glyphs.keys() - {0})
        notdef = glyphs.get(0, Glyph(b"\x0e", group=glyphs[cids[0]].group if cids else 0))
        order = [notdef, *(glyphs[cid] for cid in cids)]
        order_of_groups = {
            group: n for n, group in enumerate(dict.fromkeys(g.group for g in order))
        }
        if len(order_of_groups) > 0xFF or len(order) > _MAX_GLYPHS:  # noqa: PLR2004
            raise FontProgramError("too many glyphs")
        return _cff(
            {_FONT_BOX: self.box, _FONT_MATRIX: self.matrix},
            [groups.get(group, (b"", b"")) for group in order_of_groups],
            bytes(order_of_groups[glyph.group] for glyph in order),
            cids,
            [glyph.outline for glyph in order],
        )


def _read_cff(view: memoryview, used: Iterable[int]) -> _Cff:
    names, at = _index(view, view[2])
    tops, at = _index(view, at)
    _, at = _index(view, at)
    global_subrs, _ = _index(view, at)
    if len(names) != 1 or global_subrs:
        raise FontProgramError("more than one font, or outlines with shared subroutines")
    top = _dict(tops[0])
    if top.get(_CHAR_STRING_TYPE, b"\x8d") != b"\x8d":  # 2, the default
        raise FontProgramError("Type 1 charstrings")
    char_strings, _ = _index(view, _number(top[_CHAR_STRINGS]))
    if _ROS in top:
        fonts, _ = _index(view, _number(top[_FD_ARRAY]))
        groups = [_private(view, _dict(font)) for font in fonts]
        glyph_of = _charset(view, _number(top[_CHARSET]), len(char_strings))
        select = _fd_select(view, _number(top[_FD_SELECT]), len(char_strings))
    else:
        groups = [(b"", _private(view, top)[1])]
        glyph_of = [(0, len(char_strings), 0)]
        select = [(0, 0)]
    hashes = [int.from_bytes(sha256(repr(group).encode()).digest()[:8], "big") for group in groups]
    glyphs = {}
    for cid in used:
        number = next((g + cid - first for first, end, g in glyph_of if first <= cid < end), None)
        if number is None or number >= len(char_strings):
            continue
        group = next(fd for first, fd in reversed(select) if first <= number)
        glyphs[cid] = Glyph(bytes(char_strings[number]), group=hashes[group])
    matrix, box = top.get(_FONT_MATRIX, b""), top.get(_FONT_BOX, b"")
    return _Cff(glyphs, matrix, box, dict(zip(hashes, groups, strict=True)))


def _private(view: memoryview, font: _Dict) -> tuple[bytes, bytes]:
    size, offset = _numbers(font[_PRIVATE])
    private = _dict(view[offset : offset + size])
    if _LOCAL_SUBRS in private:
        subrs, _ = _index(view, offset + _number(private[_LOCAL_SUBRS]))
        if subrs:
            raise FontProgramError("outlines with subroutines")
        del private[_LOCAL_SUBRS]
    return font.get(_FONT_MATRIX, b""), _encode(private)


class _Index:
    """An INDEX, whose entries are cut out when asked for: a CJK font has 65,000."""

    def __init__(self, view: memoryview, at: int) -> None:
        self._count: int = struct.unpack_from(">H", view, at)[0]
        self._size: int = view[at + 2] if self._count else 1  # of an offset, in bytes
        self._view, self._offsets = view, at + 3
        self._data = self._offsets + (self._count + 1) * self._size - 1
        self.end: int = self._data + self._offset(self._count) if self._count else at + 2

    def _offset(self, number: int) -> int:
        at = self._offsets + number * self._size
        return int.from_bytes(self._view[at : at + self._size], "big")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> memoryview:
        if not 0 <= number < self._count:
            raise IndexError(number)
        start, end = self._offset(number), self._offset(number + 1)
        return self._view[self._data + start : self._data + end]

    def __iter__(self) -> Iterator[memoryview]:
        return (self[number] for number in range(self._count))


def _index(view: memoryview, at: int) -> tuple[_Index, int]:
    index = _Index(view, at)
    return index, index.end


def _dict(data: memoryview) -> _Dict:
    read: _Dict = {}
    at = start = 0
    while at < len(data):
        byte = data[at]
        if byte <= 21:  # noqa: PLR2004 - an operator
            operands, at = bytes(data[start:at]), at + 1
            if byte == 12:  # noqa: PLR2004 - of two bytes
                byte, at = 0x0C00 | data[at], at + 1
            read[byte], start = operands, at
        elif byte == 30:  # noqa: PLR2004 - a real number, up to the half byte f
            at += 1
            while _REAL_END not in divmod(data[at], 16):
                at += 1
            at += 1
        else:
            at += {28: 3, 29: 5}.get(byte, 1 if byte <= 246 else 2)  # noqa: PLR2004
    return read


def _encode(dictionary: _Dict) -> bytes:
    return b"".join(
        operands + (bytes([operator]) if operator <= 0xFF else struct.pack(">H", operator))  # noqa: PLR2004
        for operator, operands in dictionary.items()
    )


def _numbers(operands: bytes) -> list[int]:
    """Whole numbers in the encoding of a CFF dictionary."""
    numbers, at = [], 0
    while at < len(operands):
        byte = operands[at]
        if byte == 28:  # noqa: PLR2004
            numbers.append(int.from_bytes(operands[at + 1 : at + 3], "big", signed=True))
            at += 3
        elif byte == 29:  # noqa: PLR2004
            numbers.append(int.from_bytes(operands[at + 1 : at + 5], "big", signed=True))
            at += 5
        elif byte <= 246:  # noqa: PLR2004
            numbers.append(byte - 139)
            at += 1
        elif byte <= 250:  # noqa: PLR2004
            numbers.append((byte - 247) * 256 + operands[at + 1] + 108)
            at += 2
        else:
            numbers.append(-(byte - 251) * 256 - operands[at + 1] - 108)
            at += 2
    return numbers


def _number(operands: bytes) -> int:
    return _numbers(operands)[0]


def _charset(view: memoryview, at: int, count: int) -> list[tuple[int, int, int]]:
    """CIDs from, to (exclusive), and the glyph of the first."""
    ranges, glyph = [(0, 1, 0)], 1
    kind, at = view[at], at + 1
    while glyph < count:
        (first,) = struct.unpack_from(">H", view, at)
        at += 2
        left = 0
        if kind:
            (left,) = struct.unpack_from(">B" if kind == 1 else ">H", view, at)
            at += kind
        ranges.append((first, first + left + 1, glyph))
        glyph += left + 1
    return ranges


def _fd_select(view: memoryview, at: int, count: int) -> list[tuple[int, int]]:
    """First glyphs, and the font dictionary from there on."""
    kind, at = view[at], at + 1
    if kind == 0:
        return list(enumerate(view[at : at + count]))
    if kind != 3:  # noqa: PLR2004
        raise FontProgramError("unknown FDSelect")
    (ranges,) = struct.unpack_from(">H", view, at)
    return [struct.unpack_from(">HB", view, at + 2 + 3 * index) for index in range(ranges)]


def _cff(
    general: _Dict,
    groups: list[tuple[bytes, bytes]],
    select: bytes,
    cids: list[int],
    char_strings: list[bytes],
) -> bytes:
    """A CID-keyed CFF font: glyph 0 is .notdef, the others are `cids` in their order."""

    def offset(value: int) -> bytes:
        return b"\x1d" + struct.pack(">l", value)  # always five bytes, so that sizes are known

    strings = _write_index([b"Adobe", b"Identity"])
    start = b"\1\0\4\4" + _write_index([b"United"])
    charset = b"\0" + struct.pack(f">{len(cids)}H", *cids)
    outlines = _write_index(char_strings)
    fd_select = b"\0" + select

    def top(charset_at: int, select_at: int, outlines_at: int, fonts_at: int) -> bytes:
        ros = b"\xf8\x1b\xf8\x1c\x8b"  # strings 391 and 392, supplement 0
        return _encode({
            _ROS: ros,
            **{operator: operands for operator, operands in general.items() if operands},
            _CID_COUNT: offset(max(cids, default=0) + 1),
            _CHARSET: offset(charset_at),
            _FD_SELECT: offset(select_at),
            _CHAR_STRINGS: offset(outlines_at),
            _FD_ARRAY: offset(fonts_at),
        })  # fmt: skip

    at = len(start) + len(_write_index([top(0, 0, 0, 0)])) + len(strings) + len(_write_index([]))
    charset_at, at = at, at + len(charset)
    select_at, at = at, at + len(fd_select)
    outlines_at, at = at, at + len(outlines)
    privates, fonts = b"", []
    for font_matrix, private in groups:
        fonts.append(
            _encode({
                **({_FONT_MATRIX: font_matrix} if font_matrix else {}),
                _PRIVATE: offset(len(private)) + offset(at + len(privates)),
            })
        )  # fmt: skip
        privates += private
    return b"".join(
        (
            start,
            _write_index([top(charset_at, select_at, outlines_at, at + len(privates))]),
            strings,
            _write_index([]),
            charset,
            fd_select,
            outlines,
            privates,
            _write_index(fonts),
        )
    )


def _write_index(entries: list[bytes]) -> bytes:
    if not entries:
        return b"\0\0"
    offsets = [1]
    for entry in entries:
        offsets.append(offsets[-1] + len(entry))
    size = (offsets[-1].bit_length() + 7) // 8
    table = b"".join(value.to_bytes(size, "big") for value in offsets)
    return struct.pack(">HB", len(entries), size) + table + b"".join(entries)
