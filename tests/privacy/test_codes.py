"""Codes: the same for the same key and id, and for nobody else anything."""

from __future__ import annotations

import math
import pickle
import re
import string
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.privacy.codes import BlindKey, CodedPerson, read_code

KEY = BlindKey(bytes(range(32)))
OTHER = BlindKey(bytes(range(1, 33)))
FORM = re.compile(r"C(-[BCDFGHJKLMNPQRSTVWXZ][0-9][BCDFGHJKLMNPQRSTVWXZ][0-9]){4}")

ids = st.text(st.characters(), max_size=40)
secrets = st.binary(min_size=32, max_size=64)


@settings(deadline=None)
@given(secrets, ids)
def test_a_code_depends_on_key_and_id_alone(secret: bytes, profile_id: str) -> None:
    """Two keys of one secret give one code, of the form that is promised."""
    code = BlindKey(secret).code(profile_id)
    assert code == BlindKey(bytes(bytearray(secret))).code(profile_id)
    assert FORM.fullmatch(code)


def test_another_process_gives_the_same_code() -> None:
    """Neither order of use, hash seed, locale nor time matters."""
    ids = ["prof_1", "Šárka", "\ud800", "", "x" * 100_000]
    program = (
        "from candidate_cards.privacy.codes import BlindKey\n"
        f"print(*map(BlindKey({KEY.secret!r}).code, {ids[::-1]!r}))"
    )
    environment = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    output = subprocess.check_output([sys.executable, "-c", program], text=True, env=environment)
    assert output.split() == [KEY.code(profile_id) for profile_id in ids[::-1]]


def test_codes_stay_what_they_are_in_later_versions() -> None:
    """Documents are out with them; the first is what openssl and a long division give too."""
    made = [
        KEY.code("prof_1"),
        KEY.identify("prof_1"),
        KEY.derived("acme").code("prof_1"),
        KEY.name,
    ]
    assert made == [
        "C-Z5F9-N3N1-J4K6-R3H3",
        "F-L8T2-K2L2-R8X3-F7B5",
        "C-L3H8-J9D8-X7G7-H1W6",
        "K-T8C1-C6T4-K3Q9-P6G4",
    ]


def test_ten_thousand_ids_have_no_code_in_common_under_two_keys() -> None:
    """And each of them one of its own; ids of every tenant's key differ as well."""
    keys = [KEY, OTHER, KEY.derived("acme"), KEY.derived("acme "), OTHER.derived("acme")]
    ids = [f"prof_{number}" for number in range(10_000)]
    codes = {key.code(profile_id) for key in keys for profile_id in ids}
    assert len(codes) == len(keys) * len(ids)


def test_codes_are_too_many_for_a_million_people_to_share_one() -> None:
    """By the birthday bound, with the characters that really occur at each place."""
    codes = [KEY.code(str(number)) for number in range(5_000)]
    seen = [{code[at] for code in codes} for at in range(len(codes[0]))]
    possible = math.prod(map(len, seen))
    assert possible == 200**8
    assert (10**6) ** 2 / 2 / possible < 1e-6


def test_no_character_of_a_code_is_more_frequent_than_another() -> None:
    """At each place all that may be there are about as frequent (5 standard deviations)."""
    count = 20_000
    codes = [KEY.code(str(number)) for number in range(count)]
    for at in range(2, len(codes[0])):
        column = [code[at] for code in codes]
        kinds = set(column) - {"-"}
        for character in kinds:
            expected = count / len(kinds)
            assert abs(column.count(character) - expected) < 5 * math.sqrt(expected), (
                at,
                character,
            )


@settings(deadline=None)
@given(secrets, ids)
def test_no_letters_of_a_code_or_a_find_id_can_spell(secret: bytes, text: str) -> None:
    """No two letters stand together but for the first, hyphens or not; none is a vowel."""
    key = BlindKey(secret)
    for written in (key.code(text), key.identify(text), key.name):
        plain = written.replace("-", "")[1:]
        assert not any(a.isalpha() and b.isalpha() for a, b in pairwise(plain))
        assert not set(written[1:]) & set("AEIOUY")


@settings(deadline=None)
@given(ids, ids)
def test_a_find_id_says_nothing_without_the_key(text: str, other: str) -> None:
    """It is stable, differs by text and key, and is no code, not even of the same text."""
    found = KEY.identify(text)
    assert found == KEY.identify(text)
    assert found != OTHER.identify(text)
    assert (found == KEY.identify(other)) == (text == other)
    assert found[2:] not in {KEY.code(text)[2:], KEY.name[2:]}
    assert read_code(found) is None


@settings(deadline=None)
@given(ids, ids)
def test_a_derived_key_is_a_key_of_its_own(context: str, other: str) -> None:
    """By context; the same again for the same context, and never the key it comes from."""
    derived = KEY.derived(context)
    assert derived == KEY.derived(context)
    assert (derived == KEY.derived(other)) == (context == other)
    assert derived != KEY
    assert derived.name != KEY.name


def test_purposes_share_nothing() -> None:
    """What one purpose makes of a text no other makes, of whatever text: not even by its NULs."""
    for text in ("", "a", "code\0a", "\0", "find\0"):
        made = [
            KEY.code(text)[2:],
            KEY.identify(text)[2:],
            KEY.derived(text).name[2:],
            KEY.name[2:],
        ]
        assert len(set(made)) == len(made)


@pytest.mark.parametrize("secret", [b"", b"x", bytes(31)])
def test_a_short_secret_is_refused_without_being_told(secret: bytes) -> None:
    """The message says how long it has to be."""
    with pytest.raises(ValueError, match=r"^a key needs at least 32 bytes$"):
        BlindKey(secret)


def test_new_keys_differ() -> None:
    """Each is random."""
    assert len({BlindKey.generate().secret for _ in range(100)}) == 100


def test_nothing_personal_and_no_secret_is_in_a_repr() -> None:
    """Neither in that of a key, nor of a person, nor of what holds them."""
    person = CodedPerson(KEY.code("prof_1"), "prof_1", "Ada Lovelace")
    for shown in (repr(KEY), str(KEY), f"{KEY}", repr([person]), str(person), f"{person}"):
        assert "prof_1" not in shown
        assert "Ada" not in shown
        assert repr(KEY.secret)[2:-1] not in shown
        assert KEY.secret.hex() not in shown
    assert person.code in repr(person)
    assert pickle.loads(pickle.dumps(person)) == person  # noqa: S301  our own


CODE = KEY.code("prof_1")


@pytest.mark.parametrize(
    "written",
    [
        CODE,
        CODE.lower(),
        CODE.replace("-", ""),
        f"  {CODE}\n",
        CODE.replace("-", " - "),
        CODE.replace("-", "\u2011"),
        CODE.replace("-", "\u2013"),
    ],
)
def test_a_code_is_read_as_people_write_it(written: str) -> None:
    """Case, hyphens of any kind and white space do not matter."""
    assert read_code(written) == CODE


@settings(deadline=None)
@given(ids, st.data())
def test_what_looks_alike_is_read_as_what_is_meant(profile_id: str, data: st.DataObject) -> None:
    """A letter in a digit's place, or a digit in a letter's."""
    code = KEY.code(profile_id)
    alike = {"0": "OQD", "1": "IL", "2": "Z", "5": "S", "8": "B", "L": "1", "Z": "2", "S": "5"}
    alike["B"] = "8"
    written = code[:2] + "".join(
        data.draw(st.sampled_from(char + alike.get(char, ""))) for char in code[2:]
    )
    assert read_code(written) == code


@settings(deadline=None)
@given(
    st.one_of(st.text(max_size=120), st.text(string.ascii_uppercase + "0123456789-", max_size=30))
)
def test_anything_else_is_no_code(text: str) -> None:
    """Whatever is read as a code has the form of one, and reads as itself."""
    code = read_code(text)
    assert code is None or (FORM.fullmatch(code) and read_code(code) == code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "C",
        "C-",
        CODE[:-1],
        f"{CODE}0",
        f"x{CODE}",
        "C" * 100_000,
        "-" * 100_000,
        "K" + CODE[1:],
    ],
)
def test_what_is_nearly_a_code_is_none(text: str) -> None:
    """Too short, too long, with something before it."""
    assert read_code(text) is None
