"""One string in, a clean string out, and what was changed in it.

Clean text can be encoded, keeps its direction to itself, and has a bounded length. The order:

1. Surrogates that pair are joined, lone ones become U+FFFD. Any line break becomes a newline, in a
   single line a space; so does a tab. Other control characters and the 66 non-characters go.
2. Bidirectional embeddings, overrides and isolates that are not closed on their own line go, as do
   closers that close nothing.
3. Combining marks beyond eight on one base go, counted as in canonical decomposition.
4. White space at both ends goes; text without a visible character becomes the empty string.
5. Text over the limit is cut between two grapheme clusters and ends in an ellipsis, which counts.

Text is not normalised. Only where a removal joined a letter and a mark, text that was in NFC is
brought back to it.

Why: unclosed controls are removed, not closed. Adding closers would make text longer than its
limit, and an override without an end is more often a disguise than a mistake.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ELLIPSIS: Final = "…"
MOST_MARKS: Final = 8

# A family of four with skin tones has 11 code points. Without a second bound, one cluster of
# joiners can be as long as the file.
_CODE_POINTS_A_CLUSTER: Final = 16

_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_CONTROLS: Final = "\x00-\x09\x0b-\x1f\x7f-\x9f"  # but the newline
_UNWANTED: Final = f"{_CONTROLS}\u2028\u2029\ud800-\udfff{_NONCHARACTERS}"
_FOREIGN_LINE_BREAKS: Final = ("\r\n", *"\r\v\f\x85\u2028\u2029")

_UNWANTED_IN_LINE: Final = re.compile(f"[\n{_UNWANTED}]")
_UNWANTED_IN_LINES: Final = re.compile(f"[{_UNWANTED}]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROL: Final = re.compile(f"[{_CONTROLS}]")
_NONCHARACTER: Final = re.compile(f"[{_NONCHARACTERS}]")

_EMBEDDINGS: Final = frozenset("\u202a\u202b\u202d\u202e")
_ISOLATES: Final = frozenset("\u2066\u2067\u2068")
_POP_EMBEDDING: Final = "\u202c"
_POP_ISOLATE: Final = "\u2069"
_BIDI_CONTROLS: Final = _EMBEDDINGS | _ISOLATES | {_POP_EMBEDDING, _POP_ISOLATE}
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BIDI_OR_NEWLINE: Final = re.compile("[\u202a-\u202e\u2066-\u2069\n]")

# No combining mark is alphanumeric or white space, so this finds in C where to look. A base has
# at most three marks inside it and a mark stands for at most two: three can be one too many.
_POSSIBLE_MARKS: Final = re.compile(r"[^\w\s\x00-\x7f]{3,}")

# All combining marks are in here, and few letters but those of Indic scripts; a test looks after
# what later versions of Unicode add. Three times as fast as the pattern above, and for most text
# the only one that runs.
_MARK_BLOCKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0711"
    "\u0730-\u1dff\u20d0-\u20ff\u2cef-\u2cf1\u2d7f-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\uabff"
    "\ufb1e\ufe00-\ufe2f\U00010000-\U0010ffff]"
)

# Code points that draw nothing: the default ignorable ones, Braille blank and fillers.
_BLANK: Final = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]*+"
)

# The grapheme engine looks back over a whole run of flags; a fresh start keeps that short.
_CLUSTERS_AT_ONCE: Final = 128


def clean_text(value: str, *, limit: int, multiline: bool = False) -> tuple[str, tuple[str, ...]]:
    r"""Return the text without what harms an output, and the changes in words.

    Never raises; linear in the length; cleaning clean text changes nothing. Text in NFC stays in
    it.

    Args:
        value: Any string, lone surrogates included.
        limit: Most grapheme clusters in the result, at least 1.
        multiline: Keep newlines; without it every line break becomes a space.

    Returns:
        The clean text, and phrases such as ``removed 3 control characters``, which hold nothing
        of the text. They are empty if and only if the text is unchanged.
    """
    if value.isascii() and value.isprintable() and len(value) <= limit and value.strip() == value:
        return value, ()
    if is_clean(value, limit):
        return value, ()
    changes: list[str] = []
    text = value
    # Printable text has none of the unwanted, and no bidirectional control.
    if not (text.replace("\n", "") if multiline else text).isprintable():
        if _SURROGATE.search(text):
            value = text = _without_surrogates(text, changes)
        text = _without_unwanted(text, changes, multiline=multiline)
        text = with_balanced_bidi(text, changes)
    if not text.isascii():
        text = _with_few_marks(text, changes)
    text = _stripped(text, changes)
    if len(text) > limit:
        text = _within_limit(text, changes, max(limit, 1))
    if changes and not text.isascii() and unicodedata.is_normalized("NFC", value):
        text = unicodedata.normalize("NFC", text)
    return text, tuple(changes)


def is_clean(value: str, limit: int) -> bool:
    """Tell quickly that ``clean_text`` changes nothing; ``False`` may be a false alarm.

    Args:
        value: Any string.
        limit: Most code points.
    """
    return (
        len(value) <= limit
        and value.strip() == value
        and value.isprintable()
        and not (_MARK_BLOCKS.search(value) and _POSSIBLE_MARKS.search(value))
        and (not value or is_visible(value))
    )


def is_visible(value: str) -> bool:
    """Tell whether anything of a text would be drawn."""
    return not _BLANK.fullmatch(value)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _without_unwanted(text: str, changes: list[str], *, multiline: bool) -> str:
    unwanted = _UNWANTED_IN_LINES if multiline else _UNWANTED_IN_LINE
    if not unwanted.search(text):
        return text
    text, count = _with_newlines(text)
    if not multiline:
        count = text.count("\n")
        text = text.replace("\n", " ")
    if count:
        kind = "newlines" if multiline else "spaces"
        changes.append(f"changed {_counted(count, 'line break')} to {kind}")
    if count := text.count("\t"):
        text = text.replace("\t", " ")
        changes.append(f"changed {_counted(count, 'tab')} to spaces")
    text, count = _CONTROL.subn("", text)
    if count:
        changes.append(f"removed {_counted(count, 'control character')}")
    text, count = _NONCHARACTER.subn("", text)
    if count:
        changes.append(f"removed {_counted(count, 'non-character')}")
    return text


def _without_surrogates(text: str, changes: list[str]) -> str:
    """Join the pairs, which are one character each, and replace the rest."""
    units = text.encode("utf-16-le", "surrogatepass")
    repaired = units.decode("utf-16-le", "replace")
    if joined := len(text) - len(repaired):
        changes.append(f"joined {_counted(joined, 'surrogate pair')}")
    if lone := repaired.count("\ufffd") - text.count("\ufffd"):
        changes.append(f"replaced {_counted(lone, 'lone surrogate')}")
    return repaired


def _with_newlines(text: str) -> tuple[str, int]:
    """Return the text with every line break as a newline, and how many were something else."""
    count = 0
    for line_break in _FOREIGN_LINE_BREAKS:
        if found := text.count(line_break):
            text = text.replace(line_break, "\n")
            count += found
    return text, count


def with_balanced_bidi(text: str, changes: list[str] | None = None) -> str:
    """Return a text without the direction controls that have no partner on their line.

    Why: not even an isolating element holds a text that closes an isolate it did not open.
    """
    if not _BIDI.search(text):
        return text
    unbalanced = _unbalanced_bidi(text)
    if not unbalanced:
        return text
    parts: list[str] = []
    start = 0
    for position in unbalanced:
        parts.append(text[start:position])
        start = position + 1
    parts.append(text[start:])
    if changes is not None:
        changes.append(f"removed {_counted(len(unbalanced), 'unclosed bidirectional control')}")
    return "".join(parts)


def _unbalanced_bidi(text: str) -> list[int]:
    """Return the positions, in order, of openers and closers without a partner on their line."""
    unbalanced: list[int] = []
    opened: list[tuple[int, bool]] = []  # position, and whether it is an isolate
    isolates = 0
    for match in _BIDI_OR_NEWLINE.finditer(text):
        position, control = match.start(), match[0]
        if control in _EMBEDDINGS:
            opened.append((position, False))
        elif control in _ISOLATES:
            opened.append((position, True))
            isolates += 1
        elif control == _POP_EMBEDDING and opened and not opened[-1][1]:
            opened.pop()
        elif control == _POP_ISOLATE and isolates:
            # An isolate's end also ends the embeddings inside it.
            while not opened[-1][1]:
                unbalanced.append(opened.pop()[0])
            opened.pop()
            isolates -= 1
        elif control == "\n":
            unbalanced.extend(start for start, _ in opened)
            opened.clear()
            isolates = 0
        else:
            unbalanced.append(position)
    unbalanced.extend(start for start, _ in opened)
    unbalanced.sort()
    return unbalanced


def _with_few_marks(text: str, changes: list[str]) -> str:
    if not _MARK_BLOCKS.search(text):
        return text
    parts: list[str] = []
    cut = 0
    end = 0
    for match in _POSSIBLE_MARKS.finditer(text):
        start = max(match.start() - 1, 0)  # its base
        kept, removed = _cut_marks(text[start : match.end()])
        if removed:
            parts += (text[end:start], kept)
            end = match.end()
            cut += removed
    if not cut:
        return text
    parts.append(text[end:])
    changes.append(f"removed {_counted(cut, 'combining mark')} beyond {MOST_MARKS} on one base")
    return "".join(parts)


def _cut_marks(text: str) -> tuple[str, int]:
    """Return the text with at most eight marks on each base, and how many went."""
    kept: list[str] = []
    marks = 0
    for character in text:
        is_mark, weight = _weight(character)
        if is_mark:
            if marks + weight > MOST_MARKS:
                continue
            marks += weight
        elif character not in _BIDI_CONTROLS:  # it may go, and join what it parted
            marks = weight
        kept.append(character)
    return "".join(kept), len(text) - len(kept)


@lru_cache(maxsize=4096)
def _weight(character: str) -> tuple[bool, int]:
    """Tell whether it is a combining mark, and how many marks its decomposition has.

    Why: the canonical decomposition is the same for every way to write a letter, so normalising
    clean text later cannot bring it over the bound.
    """
    decomposed = unicodedata.normalize("NFD", character)
    marks = sum(unicodedata.category(part).startswith("M") for part in decomposed)
    return unicodedata.category(character).startswith("M"), marks


def _stripped(text: str, changes: list[str]) -> str:
    stripped = text.strip()
    if stripped and is_visible(stripped):
        if len(stripped) < len(text):
            changes.append("removed white space at the ends")
        return stripped
    if text:
        changes.append("removed text without a visible character")
    return ""


def _within_limit(text: str, changes: list[str], limit: int) -> str:
    ends = list(islice(_cluster_ends(text[: limit * _CODE_POINTS_A_CLUSTER]), limit))
    if ends[-1] == len(text):
        return text
    changes.append(f"cut to {_counted(limit, 'character')}")
    # Fewer clusters than the limit: one of them is so long that the window ends in it.
    end = [0, *ends][-2] if len(ends) == limit else ends[-1] - 1
    # The end of a pair may be gone now, and white space may have come to the start.
    return with_balanced_bidi(text[:end].rstrip() + ELLIPSIS).lstrip()


def _cluster_ends(text: str) -> Iterator[int]:
    """Yield where each extended grapheme cluster ends."""
    import regex  # noqa: PLC0415  # costs 10 ms, and few texts are too long

    cluster = regex.compile(r"\X")
    end = 0
    while end < len(text):
        start = end
        rest = text[start:]
        for match in islice(cluster.finditer(rest), _CLUSTERS_AT_ONCE):
            end = start + match.end()
            yield end
