"""Cleaning one string: each rule, its words, and its limits."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest

from candidate_cards._text import ELLIPSIS, MOST_MARKS, clean_text

LIMIT = 300


@pytest.mark.parametrize(
    ("dirty", "clean", "change"),
    [
        ("a\ud800b", "a\ufffdb", "replaced 1 lone surrogate"),
        ("a\udfffb\udc00", "a\ufffdb\ufffd", "replaced 2 lone surrogates"),
        ("a\ud83d\ude00b", "a😀b", "joined 1 surrogate pair"),
        ("a\x00b\x07\x1b\x7f\x9fc", "abc", "removed 5 control characters"),
        ("a\tb", "a b", "changed 1 tab to spaces"),
        ("a\nb", "a b", "changed 1 line break to spaces"),
        ("a\r\nb\u2028c\u2029d\x85e\vf", "a b c d e f", "changed 5 line breaks to spaces"),
        ("a\ufdd0b\ufffec\U0010ffffd", "abcd", "removed 3 non-characters"),
        ("  a b\u3000", "a b", "removed white space at the ends"),
        ("\u200b\u2060 \u3164", "", "removed text without a visible character"),
        (" ", "", "removed text without a visible character"),
        ("a" * 301, "a" * 299 + ELLIPSIS, "cut to 300 characters"),
    ],
)
def test_repairs(dirty: str, clean: str, change: str) -> None:
    """Each kind of damage is repaired in one way and named with its number."""
    assert clean_text(dirty, limit=LIMIT) == (clean, (change,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Staff Engineer",
        "Zażółć gęślą jaźń — “quoted”",
        "ليلى الخطيب",
        "नमस्ते दुनिया",
        "佐藤 健太",
        "e\u0301 decomposed",
        "👨‍👩‍👧‍👦 🇨🇿",
        "می‌خواهم",
        "\ufffd private \ue000",
        "שָׁלוֹם",
    ],
)
def test_leaves_good_text_alone(text: str) -> None:
    """Text of any script comes back as the same string, without a change."""
    clean, changes = clean_text(text, limit=LIMIT)
    assert clean is text
    assert changes == ()


def test_multiline_keeps_newlines() -> None:
    """In prose every kind of line break becomes a newline, and newlines are no change."""
    assert clean_text("a\n\nb", limit=LIMIT, multiline=True) == ("a\n\nb", ())
    assert clean_text("a\r\nb\u2029c", limit=LIMIT, multiline=True) == (
        "a\nb\nc",
        ("changed 2 line breaks to newlines",),
    )


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("ada\u202efdp.exe", "adafdp.exe"),
        ("\u202babc\u202c", "\u202babc\u202c"),
        ("\u2067abc\u2069 d", "\u2067abc\u2069 d"),
        ("a\u202c\u2069b", "ab"),
        ("\u2067a\u202eb\u2069c\u202c", "\u2067ab\u2069c"),
        ("\u202aa\u2067b\u202cc\u2069d\u202c", "\u202aa\u2067bc\u2069d\u202c"),
        ("\u202a\u202ba\u202c", "\u202ba\u202c"),
    ],
)
def test_bidirectional_controls(dirty: str, clean: str) -> None:
    """Only controls that open and close again, properly nested, remain."""
    assert clean_text(dirty, limit=LIMIT)[0] == clean


def test_bidirectional_controls_end_with_their_line() -> None:
    """A control that is closed on another line is not closed, as browsers see it."""
    text, changes = clean_text("\u202ea\nb\u202c", limit=LIMIT, multiline=True)
    assert text == "a\nb"
    assert changes == ("removed 2 unclosed bidirectional controls",)


def test_cut_does_not_leave_a_control_open() -> None:
    """Cutting off a closing control takes its opening one away as well."""
    text, changes = clean_text("\u2067 " + "a" * 20 + "\u2069", limit=10)
    assert text == "a" * 7 + ELLIPSIS
    assert changes == ("cut to 10 characters",)


@pytest.mark.parametrize("base", ["a", "é", "ṩ", "—", "漢", " "])
def test_combining_marks(base: str) -> None:
    """No base has more than eight marks, counting those that are part of a composed letter."""
    text, changes = clean_text(f"x{base}{chr(0x303) * 50}y", limit=LIMIT)
    decomposed = unicodedata.normalize("NFD", text)
    assert (
        decomposed.count("\u0303") + sum(decomposed.count(mark) for mark in "\u0301\u0307\u0323")
        == 8
    )
    assert text[0] + text[-1] == "xy"
    assert len(changes) == 1
    assert f"beyond {MOST_MARKS} on one base" in changes[0]


def test_every_combining_mark_is_looked_for() -> None:
    """The quick look for marks misses none of this Python's version of Unicode."""
    marks = [mark for mark in map(chr, range(0x110000)) if unicodedata.category(mark)[0] == "M"]
    assert len(marks) > 2000
    assert not [mark for mark in marks if not clean_text("a" + mark * 9, limit=99)[1]]


def test_marks_cannot_hide_behind_a_control() -> None:
    """Marks parted by a control that may go later count for the same base."""
    marks = "\u0303" * MOST_MARKS
    assert clean_text(f"a{marks}\u202e{marks}", limit=LIMIT)[0] == f"a{marks}"


def test_removal_does_not_break_composition() -> None:
    """A mark that a removal brings to its letter is composed if the text was composed."""
    assert clean_text("e\x00\u0301", limit=LIMIT)[0] == "é"
    assert clean_text("o\u0302e\x00\u0301", limit=LIMIT)[0] == "o\u0302e\u0301"


def test_limit_counts_what_people_see() -> None:
    """A letter with its marks, a flag or a family is one character and is never cut apart."""
    family = "👨‍👩‍👧‍👦"
    assert clean_text(family * 5, limit=5) == (family * 5, ())
    assert clean_text(family * 6, limit=5)[0] == family * 4 + ELLIPSIS
    assert clean_text("🇨🇿" * 400, limit=300)[0] == "🇨🇿" * 299 + ELLIPSIS
    assert clean_text("e\u0301" * 6, limit=5)[0] == "e\u0301" * 4 + ELLIPSIS
    assert clean_text("ab", limit=1)[0] == ELLIPSIS


def test_cut_leaves_no_space_before_the_ellipsis() -> None:
    """The ellipsis follows a word, not the space after it."""
    assert clean_text("one two three", limit=5)[0] == "one" + ELLIPSIS


def test_one_endless_cluster_is_bounded() -> None:
    """A single cluster cannot carry any number of code points past the limit."""
    text, changes = clean_text("a" + "\u200d" * 100_000, limit=10)
    assert len(text) <= 160
    assert changes == ("cut to 10 characters",)


@pytest.mark.parametrize(
    "unit",
    ["\ud800", "a\x00", "\u202e", "\u2066", "\u0301", "\r\n", "—", "🇦", "\u200d", "\ufffe", "é "],
)
def test_long_hostile_text(unit: str) -> None:
    """A megabyte of anything ends as text within the limit that an encoder accepts."""
    text, _ = clean_text(unit * (1_000_000 // len(unit)), limit=LIMIT, multiline=True)
    assert len(text.encode()) <= LIMIT * 16 * 4


def test_grapheme_library_is_imported_only_when_needed() -> None:
    """Cleaning text that is short enough does not import the grapheme library."""
    code = (
        "import sys; from candidate_cards._text import clean_text;"
        "clean_text('é\\u202e\\x00' + 'a\\u0301' * 20, limit=300);"
        "assert 'regex' not in sys.modules;"
        "clean_text('a' * 301, limit=300); assert 'regex' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
