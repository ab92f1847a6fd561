"""Words of many languages that the engine knows names, titles and endings by."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from candidate_cards.privacy.redaction.folding import fold, script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@cache
def common_words() -> frozenset[str]:
    """Return names that are common words of some language too, folded."""
    table = _read("common_words")
    return frozenset(fold(word) for words in table["words"].values() for word in words.split())


@cache
def not_inflected() -> frozenset[str]:
    """Return words that look like a name with an ending and are none, folded."""
    return _folded(_read("common_words")["not_inflected"].split())


@cache
def ordinary_words() -> frozenset[str]:
    """Return all words that are words, whatever name they look like, folded."""
    return common_words() | not_inflected()


@cache
def common_employers() -> frozenset[str]:
    """Return names of employers that are common words too, folded."""
    return frozenset(map(fold, _read("employers")["common"].split()))


@cache
def legal_forms() -> frozenset[str]:
    """Return what tells the legal form of a company, folded, words parted by single spaces."""
    return frozenset(
        " ".join(fold(word) for word in form.split()) for form in _read("employers")["legal_forms"]
    )


@cache
def nicknames() -> Mapping[str, frozenset[str]]:
    """Return, for a folded given name, all that its bearer may be called."""
    found: dict[str, set[str]] = {}
    for group in _read("nicknames")["groups"]:
        names = group.split()
        # Many Chinese names are "Li" in Latin letters: back from those there is no way.
        one_way = script(names[0]) in {"hangul", "unspaced"}
        for name in names:
            if one_way and script(name) == "latin":
                continue
            found.setdefault(fold(name), set()).update(names)
    return MappingProxyType({name: frozenset(others) for name, others in found.items()})


@cache
def particles() -> frozenset[str]:
    """Return the small words inside names, folded."""
    return _folded(_read("titles")["particles"].split())


@cache
def ranks() -> frozenset[str]:
    """Return titles and degrees that tell no gender and are no part of a name, folded."""
    return _folded(_read("titles")["ranks"].split())


@cache
def gendered_titles() -> frozenset[str]:
    """Return titles that tell a gender, folded."""
    return _folded(word for words in _read("titles")["gendered"].values() for word in words.split())


@cache
def capital_titles() -> frozenset[str]:
    """Return those of `gendered_titles` that begin with a capital letter, folded."""
    return _folded(_read("titles")["capital"].split())


@cache
def titles_after() -> frozenset[str]:
    """Return the titles that follow a name and tell a gender, folded."""
    return _folded(_read("titles")["after"].split())


@cache
def cjk_gendered() -> tuple[str, ...]:
    """Return those of `cjk_honorifics` that tell a gender, longest first."""
    return tuple(sorted(_read("titles")["cjk_gendered"].split(), key=len, reverse=True))


@cache
def standing_titles(language: str) -> frozenset[str]:
    """Return the titles of a language that are no other word of it, folded."""
    return _folded(_read("titles")["standing"].get(language, "").split())


@cache
def cjk_honorifics() -> tuple[str, ...]:
    """Return what follows a Chinese, Japanese or Korean name, longest first."""
    return tuple(sorted(_read("titles")["cjk_honorifics"].split(), key=len, reverse=True))


@cache
def pronouns(language: str) -> Mapping[str, str]:
    """Return the neutral word for each pronoun of a language that tells a gender."""
    return MappingProxyType(dict(_read("pronouns").get(language, {}).get("words", {})))


@cache
def verbs_after_pronouns(language: str) -> Mapping[str, str]:
    """Return the verbs that do not follow the rule when the pronoun before them becomes neutral."""
    return MappingProxyType(dict(_read("pronouns").get(language, {}).get("verbs", {})))


@cache
def adverbs(language: str) -> frozenset[str]:
    """Return what may stand between a pronoun and its verb, in small letters."""
    return frozenset(_read("pronouns").get(language, {}).get("adverbs", "").split())


@cache
def not_verbs(language: str) -> frozenset[str]:
    """Return what looks like a verb after a pronoun and is none, in small letters."""
    return frozenset(_read("pronouns").get(language, {}).get("not_verbs", "").split())


@cache
def signs() -> Mapping[str, frozenset[str]]:
    """Return, by language, the small words that tell a text is in it."""
    table = _read("pronouns")["signs"]
    return MappingProxyType({name: frozenset(words.split()) for name, words in table.items()})


@cache
def suffixes(script: str) -> Mapping[str, int]:
    """Return the endings of a script, with the fewest letters of a stem before each."""
    found: dict[str, int] = {}
    for family in _read("inflections").get(script, {}).values():
        for ending in family["endings"].split():
            key = fold(ending)
            found[key] = min(found.get(key, 99), family["shortest_stem"])
    return MappingProxyType(found)


@cache
def public_handles() -> frozenset[str]:
    """Return what stands after an at sign without being somebody's account, folded."""
    return _folded(_read("contacts")["no_handles"].split())


@cache
def common_mailboxes() -> frozenset[str]:
    """Return local parts of addresses that are no sign of a person, folded."""
    return _folded(_read("contacts")["common_mailboxes"].split())


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, words))


@cache
def _read(name: str) -> dict[str, Any]:
    text = (files(__package__) / f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
