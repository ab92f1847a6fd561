"""What the generated corpus found once, as the shortest text that shows it."""

from __future__ import annotations

from typing import Any, Final

import pytest
from searching import Searcher, View, needles, words

from candidate_cards.models import Candidate, Shortlist
from candidate_cards.privacy import apply_profile, load_profile
from candidate_cards.privacy.codes import BlindKey

_PROFILE: Final = load_profile("blind", key=BlindKey(bytes(range(32))))

#: A record, a text of it, and what may not be left.
_OWN: Final[dict[str, tuple[dict[str, Any], str, tuple[str, ...]]]] = {
    "romanised in the slug": (
        {"name": "水無瀬 慧", "linkedin_url": "https://www.linkedin.com/in/kei-minase-1c52ba6"},
        "Kei Minase gave the keynote.",
        ("Kei", "Minase"),
    ),
    "romanised in an address": (
        {"name": "عبد إباء", "emails": ("ibaa.abduh@mail.example",)},
        "Ibaa Abduh gave the keynote.",
        ("Ibaa", "Abduh"),
    ),
    "two words in Japanese": (
        {"name": "池田 香織 (陽子)"},
        "必要池田 香織 (陽子)状況、高橋です。",
        ("池田", "香織", "陽子"),
    ),
    "form of a company in front": (
        {"name": "A B", "current_company": "ОАО «Некрасова Белов»"},
        "Engineer at ОАО «Некрасова Белов»",
        ("Некрасова", "Белов"),
    ),
    "particle before a family name": (
        {"name": "Anouk van 't Wel"},
        "The director thanked van 't Wel. Ask Van 't Wel.",
        ("van", "Wel"),
    ),
    "short name with gaps": (
        {"name": "Ulf Scholz"},
        "The badge said U L F for a year.",
        ("U", "L", "F"),
    ),
    "common word with gaps": (
        {"name": "Mark Hope"},
        "The badge said M A R K for a year.",
        ("M", "R", "K"),
    ),
    "initial without upper case": (
        {"name": "თემურ ცარციძე"},
        "A talk by თ. ცარციძე.",
        ("თ", "ცარციძე"),
    ),
    "initial in Thai": (
        {"name": "อมัด แก้วอยู่"},
        "A talk by อ. แก้วอยู่ today.",
        ("อ", "แก้วอยู่"),
    ),
    "title before a Thai name": (
        {"name": "มนัส ถนัดเดินข่าว"},
        "The director thanked Ms ถนัดเดินข่าว today.",
        ("Ms", "ถนัดเดินข่าว"),
    ),
}

#: The name of somebody else in the shortlist, and how a text names them.
_OTHERS: Final = {
    "nickname in brackets": ("Diana Hawkins (Kate)", "Diana Hawkins"),
    "nickname in quotation marks": ("Diana “Kate” Hawkins", "Diana Hawkins"),
    "nickname alone": ("Diana Hawkins (Kate)", "Kate Hawkins"),
    "Japanese": ("山崎 聡太郎", "山崎 聡太郎"),
    "Japanese without the gap": ("山崎 聡太郎", "山崎聡太郎"),
    "Thai": ("วรนาฎ เลขะพันธุ์", "วรนาฎ เลขะพันธุ์"),
    "Korean": ("안예은", "안예은"),
    "Korean in two words": ("안예은", "안 예은"),
    "Chinese": ("刘秀荣", "刘秀荣"),
}


def _left(text: str, gone: tuple[str, ...]) -> set[str]:
    return {word for word in words(text) for each in gone if word in words(each)}


@pytest.mark.parametrize(("record", "text", "gone"), _OWN.values(), ids=_OWN)
def test_a_text_of_their_own_names_nobody(
    record: dict[str, Any], text: str, gone: tuple[str, ...]
) -> None:
    """What names somebody in a text of their record is not left in it."""
    candidate = Candidate(profile_id="prof_1", rationale=text, **record)
    shown = apply_profile(candidate, _PROFILE).content
    assert isinstance(shown, Candidate)
    assert shown.rationale
    assert not _left(shown.rationale, gone)
    assert not {each for each in gone if len(each) > 1 and each in shown.rationale}


@pytest.mark.parametrize(("name", "written"), _OTHERS.values(), ids=_OTHERS)
def test_a_text_of_somebody_else_names_nobody(name: str, written: str) -> None:
    """The full name of another person of the shortlist is found, with and without a nickname."""
    writer = Candidate(
        profile_id="prof_1", name="Jo Writer", rationale=f"Shared two projects with {written}."
    )
    other = Candidate(profile_id="prof_2", name=name)
    shortlist = Shortlist(candidates=(writer, other), brief=f"Somebody like {written}.")
    shown = apply_profile(shortlist, _PROFILE).content
    assert isinstance(shown, Shortlist)
    wanted = Searcher(needles(name=written, placed=[written]))
    for text in (shown.candidates[0].rationale, shown.brief):
        assert text
        assert not wanted.hits([View("", text)])
        assert shown.candidates[1].profile_id in text
