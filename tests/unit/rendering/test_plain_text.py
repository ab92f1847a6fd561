"""The text of a message: what stands where, wrapped, numbered and without gaps."""

from __future__ import annotations

import gc
import math
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from wcwidth import width

from candidate_cards import Candidate, FailedProfile, Labels, Plural, Shortlist
from candidate_cards.cards import (
    DEFAULT_LABELS,
    USUAL_NOTICE,
    WHOLE,
    CardView,
    Density,
    NoticeView,
    Part,
    card_view,
    message_view,
    notice_of,
    shortlist_view,
    single_view,
)
from candidate_cards.rendering import plain_text
from hostile_corpus import harmless_candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

RULE = "-" * 72
_PROFILE = "https://www.linkedin.com/in/"


def views(
    *wires: dict[str, Any],
    density: Density = "card",
    labels: Labels = DEFAULT_LABELS,
    first: int = 1,
) -> list[CardView]:
    """Return the views of candidates as on the wire, ranked from ``first``."""
    return [
        card_view(
            Candidate.model_validate({"profileId": "p", **wire}),
            density=density,
            labels=labels,
            rank=str(rank),
        )
        for rank, wire in enumerate(wires, first)
    ]


def text_of(
    cards: Sequence[CardView],
    *,
    labels: Labels = DEFAULT_LABELS,
    part: Part = WHOLE,
    **frame: Any,  # noqa: ANN401  any field of a shortlist
) -> str:
    """Return the text of a message about these cards."""
    people = tuple(Candidate(profile_id="p") for _ in cards)
    around = shortlist_view(Shortlist(candidates=people, **frame), labels=labels)
    notice = notice_of(cards, USUAL_NOTICE, labels)
    message = message_view(around, cards, labels, notice=notice, part=part)
    return plain_text(around, message, cards, labels, notice)


def blocks(text: str) -> list[list[str]]:
    """Return the lines of the first candidate, apart where a blank line parts them."""
    section = text.split(f"{RULE}\n")[1].strip("\n")
    return [block.split("\n") for block in section.split("\n\n")]


def columns(text: str) -> int:
    """Return the width of the widest line."""
    return max(width(line) for line in text.splitlines())


def test_a_shortlist_is_read_from_top_to_bottom() -> None:
    """Head, numbered candidates with all they have, and foot stand in order between rules."""
    one, two = harmless_candidate(), {"name": "Bo", "headline": "Welder"}
    text = text_of(
        views(one, two),
        title="Platform engineer",
        brief="Someone who keeps things running. Remote is fine.",
        client="Douro Trips",
        author="R. Recruiter",
        failed=[FailedProfile(profile_id="prof_gone")],
    )
    assert (
        text
        == f"""\
Platform engineer
2 candidates. Prepared for Douro Trips

Someone who keeps things running.

{RULE}

1. Marta Quill
   Platform Engineer at Douro Trips
   Porto, Portugal
   Match: 71 out of 100, Good match (AI)

   Kept a booking platform running through three summers. (AI)

   Why a fit (AI):
   - Owns deployments
   - Writes runbooks
   - Calm on call

   Points to check (AI):
   - Short stays
   - No on-site weeks

   Skills: Elixir, Ansible, Redis

   LinkedIn profile:
   https://www.linkedin.com/in/example-marta
   marta@example.test
   quill@example.test

{RULE}

2. Bo
   Welder
   Match: Not scored

{RULE}

Profiles that could not be included: prof_gone
Prepared by R. Recruiter

About this document
A match score from 0 to 100 is a machine's estimate of how well a
profile fits the brief. It is no judgement of a person. Texts marked AI
were written by a machine from the profile and may be wrong. A person
decides, not the machine. The data come from public professional
profiles. Questions, a copy, corrections, deletion: whoever sent you
this. The sender can say how long the data are kept.
"""
    )


def test_detail_shows_evidence_and_experience() -> None:
    """The longest density adds the headline, evidence by role and the history."""
    text = text_of(views(harmless_candidate(), density="detail"))
    assert (
        """
   Platform Engineer at Douro Trips
   Platform person with a soft spot for queues
   Porto, Portugal
"""
        in text
    )
    assert (
        """
   Evidence by role (AI):
   - Build Engineer at Ribeira Games, 2 years
     Moved forty services onto one pipeline.

   Experience:
   - Operations Engineer at Foz Ferries, 2019 - 2022
     - Ticket gates
     - Night shifts

   LinkedIn profile:
"""
        in text
    )


def test_rows_show_who_and_where() -> None:
    """The shortest density has name, role, place, score and addresses, and nothing AI wrote."""
    text = text_of(views(harmless_candidate(), density="row"))
    assert blocks(text) == [
        [
            *("1. Marta Quill", "   Platform Engineer at Douro Trips", "   Porto, Portugal"),
            "   Match: 71 out of 100, Good match (AI)",
        ],
        [
            *("   LinkedIn profile:", f"   {_PROFILE}example-marta"),
            *("   marta@example.test", "   quill@example.test"),
        ],
    ]


def test_a_single_candidate_has_no_number() -> None:
    """A message about one candidate begins with the subject, and the name is indented."""
    card = card_view(Candidate.model_validate(harmless_candidate()))
    frame = single_view(card)
    message = message_view(frame, [card], DEFAULT_LABELS, notice=NoticeView())
    lines = plain_text(frame, message, [card], DEFAULT_LABELS, NoticeView()).splitlines()
    assert lines[:5] == [
        *("Marta Quill, Platform Engineer", "", RULE, ""),
        "   Marta Quill",
    ]
    assert not any(re.match(r"\d+\. ", line) for line in lines)


def test_a_part_says_which_it_is_and_goes_on_counting() -> None:
    """The second message of two says so, and its candidates are numbered from where it begins."""
    cards = views(*({"name": f"Nr {n}"} for n in range(98, 102)), first=98)
    lines = text_of(cards, title="Engineer", client="Acme", part=Part(2, 2, 98, 4)).splitlines()
    assert lines[1] == "4 candidates, part 2 of 2. Prepared for Acme"
    numbered = [line for line in lines if re.match(r"\d", line)][1:]
    assert numbered == ["98. Nr 98", "99. Nr 99", "100. Nr 100", "101. Nr 101"]


@pytest.mark.parametrize(("rank", "indent"), [(1, 3), (9, 3), (10, 4), (100, 5)])
def test_lines_of_a_candidate_stand_below_the_name(rank: int, indent: int) -> None:
    """Everything below a name is indented by the width of its number."""
    cards = views({**harmless_candidate(), "name": "Long Name " * 12}, first=rank)
    body = [line for block in blocks(text_of(cards)) for line in block]
    assert body[0].startswith(f"{rank}. Long")
    for line in body[1:]:
        assert re.match(rf" {{{indent}}}(\S|  |- )", line), line
    assert body[1].strip().startswith(("Long", "Name"))


_LONG = {
    "words": "words of usual length " * 500,
    "one word": "a" * 10_000,
    "hyphens": "a-" * 5_000,
    "cjk": "漢" * 10_000,
    "cjk sentences": "漢字仮名交じり文。" * 1_100,
    "fullwidth": "Ａ" * 10_000,
    "hangul": "안녕" * 5_000,
    "jamo": "ᄀ" * 10_000,
    "rtl": "ש" * 10_000,
    "arabic": "سلام " * 2_000,
    "thai": "ก็" * 5_000,
    "devanagari": "क्ष" * 3_333,
    "marks": "e\u0301\u0302" * 3_333,
    "tower": "e" + "\u0301" * 10_000,
    "emoji": "👩‍👩‍👧" * 2_000,
    "flags": "🇳🇴" * 5_000,
    "joiners": "a" + "\u200d" * 10_000,
    "prepended": "\u0600" * 10_000,
    "no-break": "a\u00a0" * 5_000,
    "directions": "\u2067a\u2069" * 3_333,
    "controls": "a\x1b[31m\x00" * 1_500,
}


@pytest.mark.parametrize("name", _LONG)
def test_long_texts_are_wrapped_at_72_columns(name: str) -> None:
    """Whatever the script, no line is wider than 72 columns, and no character is lost."""
    text = _LONG[name]
    wire = {"name": text, "rationale": text, "skills": [text], "aiFitPoints": [text]}
    (card,) = views(wire, density="detail")
    shown = text_of([card])
    assert columns(shown) <= 72
    squashed = "".join(shown.split())
    for part in (card.name, card.lead, *card.skills, *card.fit):
        assert "".join(part.split()) in squashed


@pytest.mark.parametrize(
    "name", sorted(_LONG.keys() - {"tower", "joiners", "words", "arabic", "controls"})
)
def test_long_words_fill_their_lines(name: str) -> None:
    """A text without a space is broken as late as it goes: a line has no room for three more."""
    (card,) = views({"rationale": _LONG[name]}, density="detail")
    lines = blocks(text_of([card]))[1]
    assert len(lines) > 20
    for line in lines[:-2]:
        assert width(line) >= 72 - 3


@pytest.mark.parametrize("script", ["e\u0301", "👩‍👩‍👧", "🇳🇴", "안", "👍🏽"])
def test_a_character_is_never_cut_in_two(script: str) -> None:
    """Where a line ends inside a long word, what is seen as one character stays together."""
    (card,) = views({"rationale": script * 500}, density="detail")
    lines = blocks(text_of([card]))[1]
    assert len(lines) > 5
    for line in lines[:-1]:
        assert line.strip() == script * (len(line.strip()) // len(script))


@pytest.mark.parametrize("name", _LONG)
def test_time_is_linear_in_the_length(name: str) -> None:
    """Four times the text takes at most eight times the CPU, in any script."""
    few, many = 2_000, 8_000
    cards = {}
    for length in (few, many):
        text = (_LONG[name] * 8)[:length]
        cards[length] = views({"rationale": text, "aiFitPoints": [text]}, density="detail")
    least = dict.fromkeys(cards, math.inf)
    gc.collect()
    gc.disable()
    try:
        for _ in range(12):  # taking turns, so that a busy machine does both the same favour
            for length, shown in cards.items():
                start = time.process_time()
                text_of(shown)
                least[length] = min(least[length], time.process_time() - start)
    finally:
        gc.enable()
    assert least[many] < 8 * least[few]


@pytest.mark.parametrize("path", ["a" * 100, "a" * 59, "j%C3%B6rg-" + "x" * 60, "a-b-" * 40])
def test_an_address_stands_whole_on_its_own_line(path: str) -> None:
    """A profile's address is never broken, however long, and nothing stands beside it."""
    (card,) = views({"name": "Ada", "linkedinUrl": f"{_PROFILE}{path}"})
    lines = text_of([card]).splitlines()
    at = lines.index(f"   {_PROFILE}{path}")
    assert lines[at - 1] == "   LinkedIn profile:"
    assert [width(line) > 72 for line in lines] == [
        number == at and len(lines[at]) > 72 for number in range(len(lines))
    ]


def test_an_address_that_is_no_link_is_text() -> None:
    """What must not become a link is shown as it came, wrapped like other text."""
    (card,) = views({"linkedinUrl": "http://example.test/" + "x" * 100})
    text = text_of([card])
    assert "LinkedIn profile" not in text
    assert "http://example.test/" in text
    assert columns(text) <= 72


def test_paragraphs_stay_and_blank_lines_go() -> None:
    """A text's own line breaks stay; what was blank between them does not part a candidate."""
    lead = "First line.\n\n  \n\tSecond,  with   gaps.\r\nThird.\u2028Fourth."
    (card,) = views({"rationale": lead}, density="detail")
    assert blocks(text_of([card]))[1] == [
        *("   First line.", "   Second, with gaps.", "   Third.", "   Fourth. (AI)")
    ]


def test_an_item_of_several_lines_stays_one_item() -> None:
    """Later lines of a point stand below its first, not below its dash."""
    (card,) = views({"aiFitPoints": ["One\ntwo\n- three", "Word " * 30]})
    block = blocks(text_of([card]))[1]
    assert block[1:4] == ["   - One", "     two", "     - three"]
    assert block[4].startswith("   - Word")
    assert all(re.match(r" {5}\S", line) for line in block[5:])


def test_nothing_is_left_out_of_a_folded_summary_and_what_is_capped_is_counted() -> None:
    """A summary is there to its end; lists that are capped say how many more there are."""
    wire = {
        "rationale": "A sentence of about forty characters each. " * 12,
        "skills": [f"Skill{n}" for n in range(14)],
        "aiFitPoints": [f"Point {n}" for n in range(9)],
    }
    text = text_of(views(wire))
    assert "Skill7, +6 more\n" in text
    assert "   - Point 2\n   - +6 more\n" in text
    assert " ".join(blocks(text)[1]).count("forty") == 12
    assert " ".join(blocks(text)[1]).endswith("characters each. (AI)")


@pytest.mark.parametrize(
    ("item", "lines"),
    [
        ({"title": "A", "company": "B", "duration": "C"}, ["   - A at B, C"]),
        ({"title": "A", "duration": "C"}, ["   - A, C"]),
        ({"company": "B"}, ["   - B"]),
        ({"duration": "C", "relevanceExplanation": "D"}, ["   - C", "     D"]),
        ({"relevanceExplanation": "D"}, ["   - D"]),
        ({"title": "A", "relevanceExplanation": "D\nE"}, ["   - A", "     D", "     E"]),
    ],
)
def test_evidence_has_one_dash_for_each_role(item: dict[str, str], lines: list[str]) -> None:
    """Each role begins with a dash, whatever of it is known."""
    wire = {"aiDetailedRationale": [item, {"title": "Last"}]}
    block = blocks(text_of(views(wire, density="detail")))[1]
    assert block == ["   Evidence by role (AI):", *lines, "   - Last"]


@pytest.mark.parametrize(
    ("item", "lines"),
    [
        ({"role": "A", "highlights": ["B", "C"]}, ["   - A", "     - B", "     - C"]),
        ({"highlights": ["B", "C"]}, ["   - B", "   - C"]),
        ({"company": "A", "highlights": ["", " "]}, ["   - A"]),
    ],
)
def test_experience_has_a_dash_for_each_entry(item: dict[str, Any], lines: list[str]) -> None:
    """Highlights stand below their role, or in its place where it has none."""
    wire = {"detailedExperience": [item, {"role": "Last"}]}
    block = blocks(text_of(views(wire, density="detail")))[1]
    assert block == ["   Experience:", *lines, "   - Last"]


_FULL = harmless_candidate()
_OPTIONAL = sorted(_FULL.keys() - {"profileId", "pronunciation"})
_GAPS: dict[str, tuple[object, object]] = {  # of a text, and of a list
    "null": (None, None),
    "empty": ("", []),
    "blank": (" \n ", ["", " \n "]),
}


@pytest.mark.parametrize("density", ["row", "card", "detail"])
@pytest.mark.parametrize("gap", [*_GAPS, "removed"])
@pytest.mark.parametrize("field", [*_OPTIONAL, "all"])
def test_what_is_missing_leaves_no_trace(field: str, gap: str, density: Density) -> None:
    """Without a field there is no None, no label without words and no second blank line."""
    wire = dict(_FULL)
    for name in _OPTIONAL if field == "all" else [field]:
        value = wire.pop(name)
        if gap != "removed" and (gap == "null" or isinstance(value, str)):
            wire[name] = _GAPS[gap][0]
        elif gap != "removed" and isinstance(value, list):
            wire[name] = [] if isinstance(value[0], dict) else _GAPS[gap][1]
    text = text_of(views(wire, wire, density=density), title="Engineer")
    assert "None" not in text
    assert "\n\n\n" not in text
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
    candidates, _, foot = text.rpartition(RULE)
    for block in candidates.rstrip("\n").split("\n\n"):
        lines = block.splitlines()
        assert not lines[-1].endswith(":")
        for line in lines:
            assert not re.search(r"^\s*(?:-|,|at\b|\(AI\))\s*$|,$|\bat$|: *,", line)
            assert not re.search(r"^\s*(?:,|at\b)|\S\s\s|\(\)", line)
    assert foot.endswith("are kept.\n")


def test_the_preheader_is_not_in_the_text() -> None:
    """What only an inbox shows beside the subject is for HTML alone."""
    cards = views(*({"name": f"Person no. {n}", "matchScore": 90 - n} for n in range(12)))
    frame = shortlist_view(Shortlist(title="Engineer"))
    message = message_view(frame, cards, DEFAULT_LABELS, notice=NoticeView())
    text = plain_text(frame, message, cards, DEFAULT_LABELS, NoticeView())
    assert message.preheader.startswith("Match (AI): Person no. 0 90, Person no. 1 89")
    assert message.preheader not in text
    assert message.preheader[:28] not in " ".join(text.split())


def test_words_of_ours_come_from_the_labels() -> None:
    """In another language no English word of ours is left."""
    labels = Labels(
        lang="cs",
        bands=dict.fromkeys(("strong", "good", "partial", "low", "none"), "Slovo"),
        at=" ve firmě ",
        out_of="ze 100",
        ai="UI",
        fit="Proč ano",
        check="Ověřit",
        skills="Dovednosti",
        evidence="Důkazy",
        experience="Praxe",
        profile="Profil",
        more=Plural("+{count} dalších", "+{count} dalších"),
        size=Plural("{count} osoba", "{count} osob"),
        notice_title="O dokumentu",
        notice_score="Odhad stroje.",
        notice_ai="Psal stroj.",
        notice_decision="Rozhoduje člověk.",
        notice_source="Zdroj: {source}.",
        notice_source_usual="veřejné profily",
        notice_contact="Dotazy: {contact}.",
        notice_contact_usual="odesílatel",
        notice_keep_usual="Dobu uložení řekne odesílatel.",
        prepared_for="Pro",
        prepared_by="Od",
        not_included="Chybí:",
        match="Shoda",
    )
    text = text_of(
        views(harmless_candidate(), density="detail", labels=labels),
        labels=labels,
        title="Titul",
        client="Klient",
        author="Autor",
        failed=[FailedProfile(profile_id="prof_gone")],
    )
    for word in ("match", "AI", "Why", "check", "Skills", "Evidence", "Experience", "Prepared"):
        assert word not in text
    for word in ("Slovo", "ze 100", "(UI):", "Důkazy", "Praxe", "Profil:", "Rozhoduje", "Od Autor"):
        assert word in text


def test_ids_of_profiles_that_failed_stay_behind_their_label() -> None:
    """A long list of them is wrapped below its label, so that none begins a line of its own."""
    failed = [FailedProfile(profile_id=f"2. id {n:04}") for n in range(30)]
    foot = text_of([], failed=failed).split(f"{RULE}\n")[-1].strip("\n")
    lines = foot.partition("\n\n")[0].splitlines()
    assert lines[0].startswith("Profiles that could not be included: 2. id 0000, ")
    assert len(lines) > 5
    assert all(line.startswith("  ") for line in lines[1:])
    assert columns("\n".join(lines)) <= 72


def test_nobody_is_a_text_too() -> None:
    """A shortlist of nobody has its head, one rule and its foot."""
    head, foot = text_of([], title="Engineer").split(f"\n{RULE}\n")
    assert head == "Engineer\n0 candidates\n"
    assert foot.startswith(f"\n{DEFAULT_LABELS.notice_title}\nThe data come from")
    assert not re.search("AI|machine|score", foot)
