"""What a profile lets through: fields, employers, addresses in prose, people and their codes."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from candidate_cards import (
    InputError,
    Profile,
    Shortlist,
    apply_profile,
    export_candidates,
    load_labels,
    load_profile,
    parse_shortlist,
    render_card,
    render_email,
    render_shortlist,
    split_email,
)
from candidate_cards.models import WITHHELD_SCORE, Candidate, FailedProfile
from candidate_cards.privacy import DEFAULT_WORDS, BlindKey, Words, disclose_text
from candidate_cards.privacy.fields import PATHS
from disclosures import KEY, marked_candidate, marker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_EVERYTHING = dict.fromkeys(PATHS, True)
_CLIENT = load_profile("client")
_BLIND = load_profile("blind", key=KEY)
_WORDS = Words("a firm", "the present firm", "[mail]", "[url]", "[tel]")


def _profile(hidden: Iterable[str] = (), **choices: Any) -> Profile:  # noqa: ANN401  its fields
    fields = {**_EVERYTHING, **dict.fromkeys(hidden, False)}
    return Profile(name="mine", fields=fields, **choices)


def _shown(candidate: Candidate, profile: Profile, words: Words = DEFAULT_WORDS) -> Candidate:
    content = apply_profile(candidate, profile, words=words).content
    assert isinstance(content, Candidate)
    return content


def _shown_of(shortlist: Shortlist, profile: Profile) -> Shortlist:
    content = apply_profile(shortlist, profile).content
    assert isinstance(content, Shortlist)
    return content


def _person(**fields: object) -> Candidate:
    return Candidate.model_validate({"profile_id": "prof-17", **fields})


# Fields


def test_what_shows_everything_is_the_identity() -> None:
    """The profile `internal` returns what it is given, not a copy, with unknown fields in it."""
    person = marked_candidate(salary="secret")
    disclosure = apply_profile(person, load_profile("internal"))
    assert disclosure.content is person
    assert (disclosure.finds, disclosure.people, dict(disclosure.certain)) == ((), (), {})


@pytest.mark.parametrize("path", PATHS)
def test_a_hidden_field_was_never_sent(path: str) -> None:
    """It has its empty value, is not written back, and all others are as they were."""
    person = marked_candidate()
    shown = _shown(person, _profile(hidden=[path]))
    wire = json.dumps(shown.to_wire())
    for other in PATHS:
        if other == "match_score":
            assert ("matchScore" in wire) == (path != other)
        else:
            assert (marker(other) in wire) == (path != other)
    assert "NaN" not in wire
    restored = Candidate.model_validate(shown.to_wire())
    assert "NaN" not in json.dumps(restored.to_wire())
    assert (shown.match_score is WITHHELD_SCORE) == (path == "match_score")


def test_all_of_an_entry_hidden_leaves_no_entry() -> None:
    """A section whose every field is hidden goes as if it were missing."""
    hidden = [path for path in PATHS if path.startswith("detailed_experience.")]
    shown = _shown(marked_candidate(), _profile(hidden=hidden))
    assert shown.detailed_experience == ()
    assert "Experience" not in render_card(shown, format="page", density="detail")


def test_unknown_fields_go() -> None:
    """What the models do not know is not let through, in entries too, unless all is shown."""
    word = "unheard"
    person = _person(
        name="Ada Lovelace",
        salary=word,
        detailedExperience=[{"role": "Engineer", "manager": word}],
        aiDetailedRationale=[{"title": "Engineer", "judge": word}],
    )
    assert word in json.dumps(person.to_wire())
    for profile in (_CLIENT, _BLIND, _profile(hidden=["location"])):
        shown = _shown(person, profile)
        assert word not in json.dumps(shown.to_wire())
        assert word not in repr(shown)
        assert not shown.model_extra


def test_a_profile_changes_only_what_it_returns() -> None:
    """The record that was given is as before, and a second application changes nothing more."""
    person = marked_candidate(rationale="Write to a.b@mail.example or see https://a.example/b.")
    before = pickle.dumps(person)
    for profile in (_CLIENT, _profile(hidden=PATHS), _profile(employers="hidden")):
        once = _shown(person, profile)
        assert _shown(once, profile) == once
        assert pickle.dumps(person) == before


def test_the_order_stays_and_nobody_is_lost() -> None:
    """A shortlist keeps its order, its frame and its failed profiles; only people change."""
    people = tuple(
        _person(profile_id=f"p{n}", name=f"Person {n}", emails=["a@b.example"]) for n in range(5)
    )
    shortlist = Shortlist(
        candidates=people, title="Engineer", client="Acme", failed=(FailedProfile(profile_id="x"),)
    )
    shown = _shown_of(shortlist, _CLIENT)
    assert [each.name for each in shown.candidates] == [each.name for each in people]
    assert (shown.title, shown.client, shown.failed) == ("Engineer", "Acme", shortlist.failed)
    assert not any(each.emails for each in shown.candidates)


_TEXTS = st.text(max_size=60) | st.sampled_from(["\ud800", "\x00", "a@b.example", "a" * 500, ""])


@settings(deadline=None, max_examples=60)
@given(hidden=st.sets(st.sampled_from(PATHS)), texts=st.lists(_TEXTS), blind=st.booleans())
@example(hidden=set(PATHS), texts=["\ud800"], blind=True)
def test_no_marker_of_a_hidden_field_is_anywhere(
    hidden: set[str],
    texts: list[str],
    blind: bool,  # noqa: FBT001  hypothesis gives it
) -> None:
    """Whatever else a record holds, what stands in a hidden field is in no field of the result."""
    if blind:
        hidden |= {"emails", "linkedin_url"}
    key = KEY if blind else None
    profile = _profile(hidden=hidden, identity="coded" if blind else "shown", key=key)
    extra = {f"unknown{number}": text for number, text in enumerate(texts)}
    person = marked_candidate(**extra).model_copy(update={"skills": (*texts, marker("skills"))})
    shown = _shown(person, profile)
    found = repr(shown) + repr(shown.model_dump())
    for path in hidden - {"match_score"}:
        assert marker(path) not in found
    for path in set(PATHS) - hidden - {"match_score"}:
        assert (marker(path) in found) != (blind and path == "name")
    assert ("match_score" in hidden) == (shown.match_score is WITHHELD_SCORE)


# Addresses in texts


@pytest.mark.parametrize("field", ["headline", "rationale", "location", "current_role"])
def test_hidden_addresses_go_from_texts_too(field: str) -> None:
    """Where addresses and links are hidden as fields, they are replaced in every text."""
    text = "Ask ada@mail.example, see https://www.linkedin.com/in/ada-l or www.ada.example/x now"
    person = _person(
        **{field: text}, skills=[text], aiFitPoints=[text], detailedExperience=[{"role": text}]
    )
    shown = _shown(person, _CLIENT, words=_WORDS)
    texts = (
        getattr(shown, field),
        shown.skills[0],
        shown.ai_fit_points[0],
        shown.detailed_experience[0].role,
    )
    for each in texts:
        assert each is not None
        assert "ada" not in each
        assert "[mail]" in each
        assert "[url]" in each
        assert each.startswith("Ask")
        assert each.endswith("now")


def test_addresses_and_links_are_two_decisions() -> None:
    """A profile that hides one of them leaves the other in texts."""
    person = _person(rationale="Ask ada@mail.example or see https://ada.example/x")
    no_mail = _shown(person, _profile(hidden=["emails"])).rationale or ""
    no_link = _shown(person, _profile(hidden=["linkedin_url"])).rationale or ""
    assert "ada@mail.example" not in no_mail
    assert "https://ada.example/x" in no_mail
    assert "ada@mail.example" in no_link
    assert "https://ada.example/x" not in no_link


# Employers


_CAREER = {
    "headline": "Principal Engineer at Vltavín Grid",
    "current_company": "Vltavín Grid",
    "rationale": "Built the platform of VLTAVÍN GRID, and before that one at Lipa Software.",
    "skills": ["Kafka at Vltavín Grid"],
    "detailed_experience": [
        {"role": "Engineer", "company": "vltavín  grid", "duration": "2022 - Present"},
        {"role": "Developer", "company": "Lipa Software", "duration": "2014 - 2017"},
    ],
    "ai_detailed_rationale": [
        {
            "title": "Engineer",
            "company": "Vltavín Grid",
            "relevance_explanation": "As Vltavín Grid's lead.",
        }
    ],
}


@pytest.mark.parametrize(
    ("employers", "current", "former"),
    [("shown", True, True), ("current-hidden", False, True), ("hidden", False, False)],
)
def test_employers_are_hidden_wherever_they_stand(
    employers: Any,  # noqa: ANN401  a choice
    current: bool,  # noqa: FBT001  the cell of the table
    former: bool,  # noqa: FBT001  the cell of the table
) -> None:
    """In their own fields, in entries, in prose, in any case; the others stay."""
    shown = _shown(_person(**_CAREER), _profile(employers=employers), words=_WORDS)
    wire = json.dumps(shown.to_wire(), ensure_ascii=False).casefold()
    assert ("vltavín" in wire) == current
    assert ("lipa software" in wire) == former
    assert (shown.current_company == "the present firm") == (not current)
    companies = [item.company for item in shown.detailed_experience]
    assert (companies[0] == "the present firm") == (not current)
    assert (companies[1] == "a firm") == (not former)
    if not current:
        assert shown.headline == "Principal Engineer at the present firm"
        assert "the present firm" in (shown.rationale or "")
    # What is no company is not touched.
    assert shown.detailed_experience[0].role == "Engineer"
    assert "platform" in (shown.rationale or "")


@pytest.mark.parametrize(
    "duration",
    [
        "2022 - Present",
        "2022 – heute",
        "2022 -",
        "desde 2020, actualidad",
        "od 2020 do dziś",
        "2021 - současnost",
    ],
)
def test_the_present_employer_is_known_from_a_role_that_goes_on(duration: str) -> None:
    """A record that names no current company, as an enriched one, tells by its times."""
    person = _person(
        detailed_experience=[
            {"company": "Lipa Software", "duration": "2014 - 2017"},
            {"company": "Vltavín Grid", "duration": duration},
        ]
    )
    shown = _shown(person, _profile(employers="current-hidden"), words=_WORDS)
    assert [item.company for item in shown.detailed_experience] == [
        "Lipa Software",
        "the present firm",
    ]


def test_without_any_time_the_first_employer_is_the_present_one() -> None:
    """Better one too many hidden than the one that matters shown."""
    person = _person(detailed_experience=[{"company": "Vltavín"}, {"company": "Lipa Software"}])
    shown = _shown(person, _profile(employers="current-hidden"), words=_WORDS)
    assert [item.company for item in shown.detailed_experience] == [
        "the present firm",
        "Lipa Software",
    ]


# Codes


def test_a_code_stands_for_a_person() -> None:
    """In place of id and name, in prose and in entries, and is another with another key."""
    person = _person(
        name="Ada Lovelace",
        rationale="Ada Lovelace leads. Lovelace's team trusts Ada.",
        detailed_experience=[{"role": "Engineer", "highlights": ["Ada's engine"]}],
        linkedin_url="https://www.linkedin.com/in/ada-lovelace",
    )
    disclosure = apply_profile(person, _BLIND)
    shown = disclosure.content
    assert isinstance(shown, Candidate)
    code = KEY.code("prof-17")
    assert (shown.profile_id, shown.name) == (code, code)
    wire = json.dumps(shown.to_wire())
    assert "Ada" not in wire
    assert "ovelace" not in wire
    assert "prof-17" not in wire
    assert [(each.code, each.profile_id, each.name) for each in disclosure.people] == [
        (code, "prof-17", "Ada Lovelace")
    ]
    assert disclosure.certain["name"] >= 3
    other = _shown(person, replace(_BLIND, key=BlindKey(b"x" * 32)))
    assert other.name != code
    assert _shown(person, _BLIND) == shown


def test_a_shortlist_names_nobody() -> None:
    """Nor does its frame, its failed profiles, or one person's prose another's full name."""
    people = (
        _person(profile_id="p1", name="Ada Lovelace", rationale="Worked with Grace Hopper."),
        _person(profile_id="p2", name="Grace Hopper", rationale="Follows Ada Lovelace."),
    )
    shortlist = Shortlist(
        candidates=people,
        title="Successor of Grace Hopper",
        brief="As Ada Lovelace, but in Brno.",
        client="Acme",
        author="Me, for Ada Lovelace",
        failed=(FailedProfile(profile_id="p3", error_code="GONE", error_message="p3 Ada is gone"),),
    )
    disclosure = apply_profile(shortlist, _BLIND)
    shown = disclosure.content
    assert isinstance(shown, Shortlist)
    wire = json.dumps(shown.to_wire())
    for word in ("Ada", "Lovelace", "Grace", "Hopper", "p1", "p2", "p3"):
        assert f'"{word}' not in wire
        assert f" {word}" not in wire
    assert shown.failed[0].profile_id == KEY.code("p3")
    assert shown.failed[0].error_code == "GONE"
    assert "in Brno" in (shown.brief or "")
    assert {each.profile_id for each in disclosure.people} == {"p1", "p2", "p3"}


def test_the_code_of_a_failure_names_nobody() -> None:
    """It should be a word of the vendor's, and may be anything."""
    failed = FailedProfile(profile_id="p3", error_code="no Ada Lovelace at ada@mail.example")
    shortlist = Shortlist(candidates=(_person(name="Ada Lovelace"),), failed=(failed,))
    shown = apply_profile(shortlist, _BLIND).content
    assert isinstance(shown, Shortlist)
    assert shown.failed[0].error_code == f"no {shown.candidates[0].name} at [e-mail address]"


def test_codes_need_a_key() -> None:
    """A profile with codes is no use without one, and says where it comes from."""
    with pytest.raises(InputError, match=r"blind: .*needs a key"):
        apply_profile(_person(name="Ada"), load_profile("blind"))
    with pytest.raises(InputError, match="needs a key"):
        export_candidates(_person(name="Ada"), format="pdf", profile="blind")


def test_a_nameless_person_has_a_code_too() -> None:
    """A record without a name shows the code, not the words for somebody unnamed."""
    shown = _shown(_person(), _BLIND)
    assert shown.name == KEY.code("prof-17")
    assert _shown(_person(), replace(_BLIND, fields={**_BLIND.fields, "name": False})).name is None


# What makes documents


def test_what_is_mailed_or_printed_is_for_a_client() -> None:
    """Nothing said, a message has no address, link or point to check; a card has them."""
    person = marked_candidate()
    email = render_email(person, density="detail")
    card = render_card(person, density="detail")
    for path in ("emails", "linkedin_url", "ai_red_flags"):
        assert marker(path) not in email.html
        assert marker(path) not in email.text
        assert marker(path) in card


@pytest.mark.parametrize("format_", ["page", "email"])
def test_addresses_are_shown_as_asked(format_: str) -> None:
    """The argument wins over the profile, for addresses alone."""
    person = marked_candidate(rationale="Ask ada@mail.example.")
    for profile in ("internal", "client"):
        for asked in (True, False):
            data = export_candidates(
                person, format=format_, profile=profile, show_emails=asked, density="detail"
            ).decode()
            assert (marker("emails") in data) == asked
            assert ("ada@mail" in data) == asked
            assert (marker("linkedin_url") in data) == (profile == "internal")
    with pytest.raises(InputError, match="tells who it is"):
        export_candidates(person, format=format_, profile=_BLIND, show_emails=True)


@given(
    text=st.lists(
        st.sampled_from(("Ada", "Lovelace", "Grace Hopper", "Rose", "rose", "a@b.example", "for"))
    ).map(" ".join),
    names=st.lists(st.sampled_from(("Ada Lovelace", "Grace Hopper", "Rose Lee")), max_size=3),
    profile=st.sampled_from((_CLIENT, _BLIND)),
)
@example(text="Ada for Grace Hopper", names=["Ada Lovelace"], profile=_BLIND)
def test_a_text_about_candidates_is_shown_as_their_title(
    text: str, names: list[str], profile: Profile
) -> None:
    """A subject says of people what the title of a shortlist of the same people does."""
    people = tuple(
        Candidate(profile_id=f"prof-{number}", name=name) for number, name in enumerate(names)
    )
    shortlist = Shortlist(candidates=people, title=text)
    assert disclose_text(text, shortlist, profile) == _shown_of(shortlist, profile).title


def test_a_split_message_is_for_a_client_too() -> None:
    """Each of several messages shows what one would, with the ranks going on."""
    people = tuple(marked_candidate(profile_id=f"p{number}") for number in range(60))
    emails = split_email(Shortlist(candidates=people), profile=_BLIND)
    assert len(emails) > 1
    for each in emails:
        assert marker("name") not in each.html
        assert marker("emails") not in each.html
        assert "replaced by codes" in each.text
    assert all(KEY.code(person.profile_id) in "".join(e.html for e in emails) for person in people)


def test_a_notice_says_that_names_are_codes() -> None:
    """It does where they are, in people's words and in those for programs, and nowhere else."""
    shortlist = Shortlist(candidates=(marked_candidate(),))
    blind = render_shortlist(shortlist, profile=_BLIND)
    assert "replaced by codes" in blind
    assert "replaced by codes" not in render_shortlist(shortlist, profile="client")


def test_the_words_are_those_of_the_language() -> None:
    """What stands in place of what is hidden is in the language of the labels."""
    german = load_labels("de")
    card = render_card(_person(**_CAREER), profile=_BLIND, labels=german, density="detail")
    assert german.current_employer in card
    assert "the current employer" not in card


def test_a_hostile_record_is_shown_like_any_other() -> None:
    """Long, broken and strange texts raise nothing in any profile."""
    texts = [
        "\ud800",
        "\x00",
        "@" * 5000,
        "http://" * 2000,
        "\u202e" * 50,
        "a" * 100_000,
        "<b>&amp;",
    ]
    wire = {"profileId": "p1", "name": "Ada \ud800", "skills": texts, "rationale": " ".join(texts)}
    shortlist = parse_shortlist(json.dumps({"candidates": [wire]}).encode())
    made: Callable[[Profile], object] = lambda profile: _shown_of(shortlist, profile)  # noqa: E731
    for profile in (_CLIENT, _BLIND, _profile(employers="hidden", gender="neutral")):
        assert made(profile)
        raw = Candidate.model_construct(profile_id="p", name="\ud800", skills=tuple(texts))
        assert _shown(raw, profile)
