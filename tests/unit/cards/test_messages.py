"""What a message says around its cards: subject, preheader, the brief in a sentence, its part."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from candidate_cards import Candidate, Labels, Plural, Shortlist
from candidate_cards._text import with_balanced_bidi
from candidate_cards.cards import (
    DEFAULT_LABELS,
    USUAL_NOTICE,
    WHOLE,
    CardView,
    MessageView,
    Part,
    card_view,
    message_view,
    notice_of,
    shortlist_view,
    single_view,
)
from candidate_cards.exports._headers import subject_text
from hostile_corpus import PAYLOADS, Payload

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIRECTIONS = regex.compile("[\u202a-\u202e\u2066-\u2069]")


def card(name: str = "", score: float | None = None, **fields: str) -> CardView:
    """Return the view of a candidate."""
    person = Candidate.model_validate(
        {"profileId": "p", "name": name, "matchScore": score, **fields}
    )
    return card_view(person)


def message(  # noqa: PLR0913  what a message is made of
    cards: Sequence[CardView] = (),
    *,
    title: str | None = None,
    brief: str | None = None,
    subject: str = "",
    part: Part = WHOLE,
    labels: Labels = DEFAULT_LABELS,
) -> MessageView:
    """Return the view of a message about these cards of a shortlist."""
    people = tuple(Candidate(profile_id="p") for _ in cards)
    shortlist = Shortlist(candidates=people, title=title, brief=brief)
    frame = shortlist_view(shortlist, labels=labels)
    notice = notice_of(cards, USUAL_NOTICE, labels)
    return message_view(frame, cards, labels, notice=notice, subject=subject, part=part)


def single(one: CardView, subject: str = "") -> MessageView:
    """Return the view of a message about one candidate and no shortlist."""
    notice = notice_of([one], USUAL_NOTICE, DEFAULT_LABELS)
    return message_view(single_view(one), [one], DEFAULT_LABELS, notice=notice, subject=subject)


@pytest.mark.parametrize(
    ("title", "count", "subject"),
    [
        ("Welder", 5, "Shortlist for Welder: 5 candidates"),
        ("Welder", 1, "Shortlist for Welder: 1 candidate"),
        ("Welder", 0, "Shortlist for Welder: 0 candidates"),
        (None, 5, "Shortlist: 5 candidates"),
        ("", 1, "Shortlist: 1 candidate"),
        (" \n ", 2, "Shortlist: 2 candidates"),
        ("Shortlist", 2, "Shortlist: 2 candidates"),
        ("R&D {title} {size}", 2, "Shortlist for R&D {title} {size}: 2 candidates"),
    ],
)
def test_a_subject_names_role_and_count(title: str | None, count: int, subject: str) -> None:
    """A shortlist's subject is its title, if it has one, and how many candidates it holds."""
    assert message([card("Ada")] * count, title=title).subject == subject


@pytest.mark.parametrize(
    ("name", "role", "subject"),
    [
        ("Ada Example", "Engineer", "Ada Example, Engineer"),
        ("Ada Example", "", "Ada Example"),
        ("", "Engineer", "Unnamed candidate, Engineer"),
        ("", "", "Unnamed candidate"),
    ],
)
def test_a_single_candidates_subject_is_name_and_role(name: str, role: str, subject: str) -> None:
    """A message about one candidate says who it is, without a gap for what is missing."""
    assert single(card(name, currentRole=role)).subject == subject


@pytest.mark.parametrize("given_subject", ["Your five welders", "  Your\nfive\twelders "])
def test_a_given_subject_stands_for_ours(given_subject: str) -> None:
    """A subject that the sender chose is taken instead, on one line."""
    five = [card("Ada")] * 5
    assert message(five, title="Welder", subject=given_subject).subject == "Your five welders"
    assert single(five[0], given_subject).subject == "Your five welders"


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
def test_a_blank_subject_is_none(blank: str) -> None:
    """A subject without a word is as good as none."""
    assert message([card("Ada")], subject=blank).subject == "Shortlist: 1 candidate"


@pytest.mark.parametrize("subject", ["", "Welders"])
def test_a_part_is_in_subject_and_view(subject: str) -> None:
    """Of several messages each says which it is, behind any subject."""
    view = message([card("Ada")] * 3, title="Welder", subject=subject, part=Part(2, 3, 4, 3))
    assert view.subject == f"{subject or 'Shortlist for Welder: 3 candidates'} (part 2 of 3)"
    assert view.part == "part 2 of 3"


@pytest.mark.parametrize(("subject", "title"), [("w" * 300, None), ("", "Welder " * 60)])
def test_a_long_subject_keeps_its_part(subject: str, title: str | None) -> None:
    """What makes room for the part is the rest of the line, which has 200 characters in all."""
    view = message([card("Ada")] * 3, title=title, subject=subject, part=Part(2, 3, 4, 3))
    assert view.subject.endswith(" (part 2 of 3)")
    assert subject_text(view.subject) == view.subject


def test_the_only_message_is_no_part() -> None:
    """One message is not numbered, even if it is said to be the first of one."""
    for part in (WHOLE, Part(1, 1, 1, 2)):
        view = message([card("Ada")] * 2, part=part)
        assert view.part == ""
        assert "part" not in view.subject


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (WHOLE, "abcdef"),
        (Part(1, 2, 1, 3), "abc"),
        (Part(2, 2, 4, 3), "def"),
        (Part(2, 2, 4), "def"),
    ],
)
def test_a_part_takes_its_candidates(part: Part, shown: str) -> None:
    """A part is where it begins and how many it holds; without a number, all from there."""
    people = [Candidate(profile_id=name) for name in "abcdef"]
    assert "".join(person.profile_id for person in part.of(people)) == shown


@pytest.mark.parametrize(("count", "compared"), [(0, False), (1, False), (2, True), (9, True)])
def test_two_are_compared(count: int, compared: bool) -> None:  # noqa: FBT001  a table of results
    """From two candidates on there is something to compare."""
    assert message([card("Ada")] * count).compared == compared


def test_words_of_ours_come_from_the_labels() -> None:
    """Subject, part and what fills a short preheader are in the language of the labels."""
    labels = Labels(
        lang="cs",
        subject="{size} na pozici {title}",
        subject_untitled="Výběr: {size}",
        part="{number}. ze {total}",
        shortlist="Výběr",
        size=Plural("{count} osoba", "{count} osoby"),
        notice="Rozhoduje člověk, ne stroj.",
        match="Shoda",
        ai="UI",
        notice_source="Zdroj: {source}.",
        notice_source_usual="veřejné profily",
        notice_contact="Dotazy: {contact}.",
        notice_contact_usual="odesílatel",
        notice_keep_usual="Dobu uložení řekne odesílatel.",
    )
    two = [card("Ada"), card("Bo")]
    assert message(two, title="Svářeč", labels=labels).subject == "2 osoby na pozici Svářeč"
    view = message(two[:1], labels=labels, part=Part(2, 2, 2, 1))
    assert view.subject == "Výběr: 1 osoba (2. ze 2)"
    zdroj = "Zdroj: veřejné profily. Dotazy: odesílatel. Dobu uložení řekne odesílatel."
    assert view.preheader == f"Ada. {zdroj}"
    scored = message([card("Ada", 91)], labels=labels)
    assert scored.preheader == "Shoda (UI): Ada 91. Rozhoduje člověk, ne stroj."


_SENTENCES = [
    ("One sentence that is long enough. Another one.", "One sentence that is long enough."),
    ("Is this sentence long enough? Yes, it is.", "Is this sentence long enough?"),
    ("A sentence without an end", "A sentence without an end"),
    ("Dr. Example looks for an engineer. Soon.", "Dr. Example looks for an engineer."),
    ("Short. Then a long one that ends here. More.", "Short. Then a long one that ends here."),
    ("Versions 3.11 to 3.14 of Python, daily. More.", "Versions 3.11 to 3.14 of Python, daily."),
    ("Line one\nline  two\tof a sentence. More.", "Line one line two of a sentence."),
    (f"{'漢' * 30}。{'字' * 30}。", f"{'漢' * 30}。"),
    ("", ""),
    (" \n ", ""),
]


@pytest.mark.parametrize(("brief", "sentence"), _SENTENCES)
def test_a_brief_is_told_in_its_first_sentence(brief: str, sentence: str) -> None:
    """The sentence ends where the first one does, and not behind an abbreviation."""
    assert message(brief=brief).sentence == sentence


@pytest.mark.parametrize("word", ["word", "word,", "wörd-and-word"])
def test_a_long_sentence_ends_in_a_word_and_an_ellipsis(word: str) -> None:
    """Where the first sentence does not fit, as many words of it stand as do."""
    sentence = message(brief=f"{word} " * 300).sentence
    assert sentence.endswith(f"{word} …")
    assert 200 < len(sentence) <= 282


@pytest.mark.parametrize("character", ["a", "漢", "e\u0301", "👩‍👩‍👧", "🇳🇴", "👍🏽"])
def test_a_sentence_without_spaces_is_cut_between_characters(character: str) -> None:
    """Where there is no place to fold, what is seen as one character is not cut in two."""
    sentence = message(brief=character * 1_000).sentence
    assert sentence.endswith("…")
    assert sentence[:-1] == character * 279


@pytest.mark.parametrize(
    "brief",
    [
        "\u2067First part of the brief, long enough. And a second.\u2069",
        "\u202eFirst part of the brief, long enough. And a second.\u202c Third.",
        "\u2066" + "word " * 200 + "\u2069",
        "\u2067" + "ש" * 2_000 + "\u2069",
    ],
)
def test_a_sentence_opens_no_direction_that_it_does_not_close(brief: str) -> None:
    """A sentence taken out of a text that embeds a direction leaves none open."""
    sentence = message(brief=brief).sentence
    assert sentence
    assert with_balanced_bidi(sentence) == sentence
    assert len(sentence) <= 282


def test_a_preheader_names_people_best_first() -> None:
    """It lists names with their scores, marked AI, in ranking order, then what the brief says."""
    cards = [card("Ada", 91), card("Bo"), card("Cy", 40.5)]
    view = message(cards, title="Welder", brief="Somebody who keeps calm. Really.")
    assert view.preheader == "Match (AI): Ada 91, Bo, Cy 41. Somebody who keeps calm."
    none = message([card("Ada"), card("Bo")], brief="Somebody who keeps calm. Really.")
    assert none.preheader == "Ada, Bo. Somebody who keeps calm."


def test_a_preheader_of_one_goes_on_with_the_summary() -> None:
    """Without a brief, the summary of the best candidate follows the names, marked AI."""
    one = card("Ada", 91, rationale="Keeps calm\nwhen others do not.")
    calm = "(AI) Keeps calm when others do not."
    assert single(one).preheader == f"Match (AI): Ada 91. {calm}"
    assert message([one, card("Bo")]).preheader == f"Match (AI): Ada 91, Bo. {calm}"


def test_a_short_preheader_is_filled_with_words() -> None:
    """Where there is too little, the notice follows; of AI it speaks where there is some."""
    scored = f"Match (AI): Ada 91. {DEFAULT_LABELS.notice}"
    assert single(card("Ada", 91)).preheader == scored
    written = f"A. (AI) Calm. {DEFAULT_LABELS.notice}"
    assert single(card("A", rationale="Calm.")).preheader == written
    for neither in (message(), single(card("Ada"))):
        assert DEFAULT_LABELS.notice_source_usual in neither.preheader
        assert "AI" not in neither.preheader


def test_a_long_preheader_ends_in_a_word_and_an_ellipsis() -> None:
    """What does not fit is cut between words, and a comma does not stand before the ellipsis."""
    cards = [card(f"Person {chr(65 + n) * 4}", 90 - n) for n in range(20)]
    preheader = message(cards).preheader
    assert regex.fullmatch(r"Match \(AI\): (Person [A-Z]{4} \d\d, ?)+.*…", preheader)
    assert preheader[-2].isalnum()
    assert 100 < len(preheader) <= 150


@pytest.mark.parametrize("character", ["a", "漢", "e\u0301", "👩‍👩‍👧", "🇳🇴", "👍🏽", "안"])
def test_a_preheader_without_spaces_is_cut_between_characters(character: str) -> None:
    """A name that fills it is not cut inside what is seen as one character."""
    preheader = single(card(character * 300)).preheader
    assert preheader.endswith("…")
    kept = preheader[:-1]
    assert kept == character * (len(kept) // len(character))
    assert 100 < len(preheader) <= 151


def test_one_endless_character_is_cut_all_the_same() -> None:
    """A tower of marks longer than all of a preheader does not make it longer."""
    assert 20 <= len(single(card("e" + "\u0301" * 500)).preheader) <= 200
    assert 20 <= len(single(card("Ada \u2764" + "\u200d\u2764" * 500)).preheader) <= 200


def test_directions_are_left_out_of_a_preheader() -> None:
    """Names that embed a direction are listed without the controls; half of one stays open."""
    cards = [card(f"\u2067נועה {n}\u2069") for n in range(40)]
    view = message(cards, brief="\u2066Somebody who keeps calm at all times.\u2069")
    assert not _DIRECTIONS.search(view.preheader)
    assert view.preheader.startswith("נועה 0, נועה 1, ")
    short = single(card("A" + "\u2066\u2069" * 20, 5))
    assert short.preheader == f"Match (AI): A 5. {DEFAULT_LABELS.notice}"


def test_directions_of_a_subject_are_closed() -> None:
    """A subject may embed a direction, and closes it before what follows."""
    title = "\u2067מהנדס\u2069"
    assert message([card("Ada")], title=title).subject == f"Shortlist for {title}: 1 candidate"
    view = message([card("Ada")], subject="\u202eWelders", part=Part(1, 2, 1, 1))
    assert view.subject == "Welders (part 1 of 2)"
    assert single(card("Ada\u202e", currentRole="\u2066Welder")).subject == "Ada, Welder"


def _is_whole(shown: str, text: str) -> bool:
    """Tell whether a text was cut between two characters, or between words."""
    if not shown.endswith("…") or shown == text:
        return True
    kept = shown.removesuffix("…").rstrip()
    ends = [0, *(match.end() for match in regex.finditer(r"\X", text))]
    if any(end - start > 100 for start, end in pairwise(ends)):  # one character fills it
        return True
    return (
        not text.startswith(kept)  # the cut took a comma or joined white space too
        or len(kept) in ends
        or text[len(kept)].isspace()
        or text[len(kept)] in ",."
    )


_texts = st.text(max_size=60) | st.text(
    "ab .,漢שe\u0301\u200d🇳👩\u2067\u2069\u202e\n", max_size=400
)
_cards = st.builds(
    lambda name, score, lead: card(name, score, rationale=lead),
    _texts,
    st.none() | st.integers(-5, 105),
    _texts,
)


@settings(max_examples=300, deadline=None)
@given(cards=st.lists(_cards, max_size=8), title=_texts, brief=_texts, subject=_texts)
@example(cards=[card("A" + "." * 400)], title="", brief="", subject="")
@example(cards=[card(" \u0301" * 200)], title="", brief="", subject="")
@example(cards=[], title="", brief="", subject="")
def test_any_message_can_be_shown(
    cards: list[CardView], title: str, brief: str, subject: str
) -> None:
    """Preheaders have 20 to 200 characters, all is on one line, nothing is cut in half or open."""
    view = message(cards, title=title, brief=brief, subject=subject)
    assert 20 <= len(view.preheader) <= 200
    assert not _DIRECTIONS.search(view.preheader)
    assert view.preheader == " ".join(view.preheader.split())
    people = ", ".join(f"{one.name} {one.score.value}".rstrip() for one in cards)
    listed = " ".join(_DIRECTIONS.sub("", people).split())
    assert _is_whole(view.preheader, listed)
    assert view.subject.strip()
    assert view.sentence.splitlines() in ([], [view.sentence])
    assert _is_whole(view.sentence, " ".join(brief.split()))
    for text in (view.subject, view.sentence):
        assert with_balanced_bidi(text) == text


@pytest.mark.parametrize("payload", PAYLOADS, ids=repr)
def test_hostile_names_make_a_preheader(payload: Payload) -> None:
    """Whatever a name is, the preheader is a line of 20 to 200 characters of text."""
    text = payload.text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    for view in (single(card(text)), message([card(text)] * 3, title=text, brief=text)):
        assert 20 <= len(view.preheader) <= 200
        assert len(view.preheader.splitlines()) == 1
        assert view.subject
