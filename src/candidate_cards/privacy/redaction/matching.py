"""Names in a text: words looked up, neighbours put together, what is left over judged."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from .data import (
    capital_titles,
    cjk_gendered,
    cjk_honorifics,
    gendered_titles,
    ranks,
    titles_after,
)
from .folding import fold, is_small, word_pattern
from .identity import Entry, Hit, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import regex

    from .identity import Lexicon

_GAP: Final = re.compile(r"[\s.,·•\-‐-―_'’ʼ`´*\u2800]{0,3}")
_TITLE_GAP: Final = re.compile(r"[.\s-]{1,4}")
_LONGEST_GAP: Final = 3
_LONGEST_INITIALS: Final = 4
_MOST_RANKS: Final = 4
_SPACED_LETTERS: Final = r"(?<![\p{L}\p{M}])(?:\p{L}\p{M}*+[ .\-_·]{1,2}+){2,}\p{L}(?![\p{L}\p{M}])"
_CJK_GAP: Final = r"[\s·・•=＝]{0,2}"


class Found(NamedTuple):
    """A name in a view.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        certain: Nothing else can be meant.
        kept: It stays unless somebody decides otherwise.
        title: It is a title beside a name, not a name.
    """

    start: int
    end: int
    certain: bool
    kept: bool = False
    title: bool = False


class _Word(NamedTuple):
    start: int
    end: int
    text: str


def find_names(text: str, lexicon: Lexicon, *, titles: bool) -> list[Found]:
    """Return where a person is named in the text of a view, in no order."""
    words = [_Word(*match.span(), match[0]) for match in word_pattern().finditer(text)]
    hits = [hit for word in words if (hit := _hit(text, word, lexicon)) is not None]
    found: list[Found] = []
    for first, last in _runs(text, hits):
        found.extend(_judged(text, hits[first : last + 1], lexicon))
    found.extend(_unspaced(text, lexicon))
    found.extend(_spaced_letters(text, lexicon))
    if titles:
        beside = [title for name in found if not name.kept for title in _titles(text, words, name)]
        found.extend(beside)
    return found


def _hit(text: str, word: _Word, lexicon: Lexicon) -> Hit | None:
    start, end, letters = word
    identifier = _in_identifier(text, start, end)
    if end - start == 1 and (places := lexicon.initials.get(fold(letters))):
        small = is_small(letters) and not identifier
        if not small:
            return Hit(start, end, Entry(Strength.SHORT, places), small, common=False, initial=True)
    if hit := lexicon.look_up(letters, start, identifier=identifier):
        return hit
    if (
        1 < end - start <= _LONGEST_INITIALS
        and letters.isupper()
        and fold(letters) in lexicon.initial_runs
    ):
        everything = frozenset(range(lexicon.size))
        entry = Entry(Strength.SHORT, everything)
        return Hit(start, end, entry, small=False, common=False, initial=True)
    return None


def _in_identifier(text: str, start: int, end: int) -> bool:
    """Tell whether a word is a piece of an address or of a name for machines."""
    before, after = text[max(start - 1, 0) : start], text[end : end + 1]
    if before in {"@", "_"} or after in {"@", "_"}:
        return bool(before or after)
    if before.isdigit() or after.isdigit():
        return True
    return (after == "." and text[end + 1 : end + 2].isalpha()) or (
        before == "." and start > 1 and text[start - 2].isalpha()
    )


def _runs(text: str, hits: Sequence[Hit]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of the hits that stand side by side."""
    if not hits:
        return
    first = 0
    for at, (left, right) in enumerate(pairwise(hits), 1):
        if not _side_by_side(text, left, right):
            yield first, at - 1
            first = at
    yield first, len(hits) - 1


def _side_by_side(text: str, left: Hit, right: Hit) -> bool:
    if right.start - left.end > _LONGEST_GAP:
        return False
    gap = text[left.end : right.start]
    if not _GAP.fullmatch(gap):
        return False
    spaced = not gap or gap[-1:].isspace()
    if spaced and "." in gap and not left.initial and left.entry.strength > Strength.SHORT:
        return False  # the end of a sentence
    if not spaced:
        return True
    # A common word in small letters beside a capital is that word: "will Anna".
    return not ((_is_common(left) and not right.small) or (_is_common(right) and not left.small))


def _is_common(hit: Hit) -> bool:
    return hit.small and hit.common and hit.entry.strength is Strength.UNCERTAIN


def _judged(text: str, run: Sequence[Hit], lexicon: Lexicon) -> Iterator[Found]:
    """Yield the names in a run of hits."""
    if _is_name(run, lexicon):
        start, end = _trimmed(run, lexicon)
        if start <= end:
            certain = not all(
                _is_common(hit) for hit in run if hit.entry.strength > Strength.PARTICLE
            )
            yield Found(run[start].start, run[end].end, certain=certain)
            return
    for hit in run:
        if hit.entry.strength is Strength.UNCERTAIN:
            kept = hit.small and hit.common
            yield Found(hit.start, hit.end, certain=False, kept=kept)
    if _are_initials(text, run, lexicon):
        yield Found(run[0].start, run[-1].end, certain=False)


def _is_name(run: Sequence[Hit], lexicon: Lexicon) -> bool:
    if any(hit.entry.strength is Strength.CERTAIN for hit in run):
        return True
    telling = [hit for hit in run if hit.entry.strength > Strength.PARTICLE]
    if any(
        _follows(left, right) and not right.small and right.entry.strength >= Strength.UNCERTAIN
        for left, right in pairwise(run)
    ):
        return True
    if all(hit.initial for hit in telling) or len(telling) <= 1:
        return False
    if len(_places(telling)) == lexicon.size:  # all of it, in small letters too
        return True
    telling = [hit for hit in telling if not _is_small_short(hit)]
    if len(telling) <= 1 or all(hit.initial for hit in telling):
        return False
    return len(_places(telling)) > 1


def _places(hits: Sequence[Hit]) -> frozenset[int]:
    return frozenset().union(*(hit.entry.words for hit in hits))


def _is_small_short(hit: Hit) -> bool:
    return hit.small and hit.entry.strength is Strength.SHORT


def _trimmed(run: Sequence[Hit], lexicon: Lexicon) -> tuple[int, int]:
    """Return the first and the last hit without the small words that are no part of the name."""
    start, end = 0, len(run) - 1
    whole = len(run) == lexicon.size
    while start < end and not _begins(run[start], run[start + 1], whole=whole):
        start += 1
    while end > start and not _ends(run[end - 1], run[end], whole=whole):
        end -= 1
    return start, end


def _begins(hit: Hit, after: Hit, *, whole: bool) -> bool:
    if hit.entry.strength is Strength.PARTICLE:
        return _follows(hit, after)
    if hit.initial:
        return bool(hit.entry.words - after.entry.words) or len(hit.entry.words) > 1
    return whole or not _is_small_short(hit)


def _follows(hit: Hit, after: Hit) -> bool:
    """Tell whether a small word stands before the part that it belongs to."""
    return hit.entry.strength is Strength.PARTICLE and any(
        place + 1 in after.entry.words for place in hit.entry.words
    )


def _ends(before: Hit, hit: Hit, *, whole: bool) -> bool:
    if hit.entry.strength is Strength.PARTICLE:
        return False
    if hit.initial:
        return bool(hit.entry.words - before.entry.words) or len(hit.entry.words) > 1
    return whole or not _is_small_short(hit)


def _are_initials(text: str, run: Sequence[Hit], lexicon: Lexicon) -> bool:
    """Tell whether a run is ``A.M.``, and no time of the day."""
    if len(run) < max(lexicon.size, 2) or not all(
        hit.initial and hit.end - hit.start == 1 for hit in run
    ):
        return False
    gaps = [text[left.end : right.start] for left, right in pairwise(run)]
    if set(gaps) != {"."} or text[run[-1].end : run[-1].end + 1] != ".":
        return False
    before = text[max(run[0].start - 2, 0) : run[0].start]
    letters = fold("".join(text[hit.start] for hit in run))
    return letters in lexicon.initial_runs and not before.strip().isdigit()


def _titles(text: str, words: Sequence[_Word], name: Found) -> Iterator[Found]:
    """Yield the titles beside a name that tell a gender, with the gap to the name."""
    at = bisect_left(words, (name.start,)) - 1
    start = name.start
    for _ in range(_MOST_RANKS):
        if at < 0 or not _TITLE_GAP.fullmatch(text, words[at].end, start):
            break
        word = words[at]
        key = fold(word.text)
        if key in gendered_titles() and not (is_small(word.text) and key in capital_titles()):
            yield Found(word.start, start, certain=True, title=True)
            break
        if key not in ranks():
            break
        start = word.start
        at -= 1
    after = bisect_left(words, (name.end,))
    if after < len(words) and text[name.end : words[after].start].isspace():
        word = words[after]
        if word.start == name.end + 1 and fold(word.text) in titles_after():
            yield Found(name.end, word.end, certain=True, title=True)


def _unspaced(text: str, lexicon: Lexicon) -> Iterator[Found]:
    """Yield names in scripts that do not part words."""
    if not lexicon.unspaced or text.isascii():
        return
    pattern = _unspaced_pattern(lexicon.unspaced)
    doubtful = {form for form, strength in lexicon.unspaced if strength is Strength.UNCERTAIN}
    for match in pattern.finditer(text):
        yield Found(*match.span(), certain=match[0] not in doubtful)


@cache
def _honorifics() -> tuple[str, str]:
    return (
        "|".join(map(re.escape, cjk_honorifics())),
        "|".join(map(re.escape, cjk_gendered())),
    )


def _unspaced_pattern(forms: Sequence[tuple[str, Strength]]) -> re.Pattern[str]:
    """Return the pattern of a name in a script that does not part words."""
    honorific, gendered = _honorifics()
    long = "|".join(re.escape(form) for form, _ in forms if len(form) > 1) or "(?!)"
    initial = "|".join({re.escape(form[0]) for form, _ in forms})
    single = "|".join(re.escape(form) for form, _ in forms if len(form) == 1) or "(?!)"
    return re.compile(
        f"(?:(?:{single}){_CJK_GAP}|(?:{initial})\\.\\s?)?(?:{long})(?:\\s(?:{initial})\\.)?"
        f"(?:{_CJK_GAP}(?:{long}|(?:{single})(?![\u3400-\u9fff])))*+(?:{gendered})?"
        f"|(?:{single})(?:{gendered})"
        f"|(?:{single})(?=(?:{honorific}))"
        f"|[老小阿](?:{single})(?![\u3400-\u9fff])"
    )


def _spaced_letters(text: str, lexicon: Lexicon) -> Iterator[Found]:
    """Yield names that are written with gaps between their letters."""
    for match in _spaced_pattern().finditer(text):
        letters = "".join(word_pattern().findall(match[0]))
        hit = lexicon.look_up(letters, 0, identifier=True)
        if hit is not None and hit.entry.strength > Strength.SHORT:
            yield Found(*match.span(), certain=hit.entry.strength is Strength.CERTAIN)


@cache
def _spaced_pattern() -> regex.Pattern[str]:
    import regex  # noqa: PLC0415  as in `word_pattern`

    return regex.compile(_SPACED_LETTERS)
