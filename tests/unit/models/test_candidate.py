"""Candidates: what is read, what is refused, and how two records become one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from candidate_cards.models import Candidate, ExperienceItem, PreviewCandidate, RationaleItem

TEXT_FIELDS = (
    "name",
    "linkedinUrl",
    "headline",
    "location",
    "currentCompany",
    "currentRole",
    "rationale",
)
TEXT_LISTS = ("skills", "aiFitPoints", "aiRedFlags", "emails")
ITEM_LISTS = ("aiDetailedRationale", "detailedExperience")
PRIVATE = "Zbigniewa"

FULL: dict[str, Any] = {
    "profileId": "prof_0c1d",
    "name": "Mira Halloran",
    "linkedinUrl": "https://www.linkedin.com/in/example-mira",
    "matchScore": 88,
    "skills": ["Erlang", "PostgreSQL"],
    "headline": "Platform lead at Tern",
    "location": "Cork, IE",
    "currentCompany": "Tern",
    "currentRole": "Platform lead",
    "rationale": "Kept a payment core up for five years.",
    "aiFitPoints": ["Runs on-call well"],
    "aiRedFlags": ["Never led more than six people"],
    "aiDetailedRationale": [
        {
            "title": "Platform lead",
            "company": "Tern",
            "duration": "2 years",
            "relevanceExplanation": "The same traffic",
        }
    ],
    "detailedExperience": [
        {
            "role": "Engineer",
            "company": "Gull",
            "duration": "2019 - 2023",
            "highlights": ["Halved the bill"],
        }
    ],
    "emails": ["mira@example.test"],
}


def read(**fields: object) -> Candidate:
    """Return a candidate with these wire fields, read from JSON text."""
    return Candidate.model_validate_json(json.dumps({"profileId": "p1", **fields}))


def test_every_documented_field_has_a_home() -> None:
    """The fifteen documented fields all land in typed fields, none among the unknown ones."""
    candidate = Candidate.model_validate(FULL)
    assert len(FULL) == 15
    assert candidate.model_extra == {}
    assert {field.alias for field in Candidate.model_fields.values()} == set(FULL)


def test_items_are_typed_and_lists_are_tuples() -> None:
    """Nested items become models, and every list becomes a tuple."""
    candidate = Candidate.model_validate(FULL)
    assert candidate.skills == ("Erlang", "PostgreSQL")
    assert candidate.ai_detailed_rationale == (
        RationaleItem(
            title="Platform lead",
            company="Tern",
            duration="2 years",
            relevance_explanation="The same traffic",
        ),
    )
    assert candidate.detailed_experience == (
        ExperienceItem(
            role="Engineer", company="Gull", duration="2019 - 2023", highlights=("Halved the bill",)
        ),
    )
    assert hash(candidate) == hash(Candidate.model_validate(FULL))


@pytest.mark.parametrize("missing", sorted(set(FULL) - {"profileId"}))
def test_any_field_but_the_id_may_be_absent_or_null(missing: str) -> None:
    """A field that is absent and one that is null both read as empty."""
    absent = Candidate.model_validate({key: FULL[key] for key in FULL if key != missing})
    null = Candidate.model_validate(FULL | {missing: None})
    assert absent == null
    assert null.model_fields_set - absent.model_fields_set != set()


def test_python_names_are_accepted_too() -> None:
    """Input under Python's names gives the same candidate as input under the wire's."""
    by_name = {name: FULL[field.alias or name] for name, field in Candidate.model_fields.items()}
    assert Candidate.model_validate(by_name) == Candidate.model_validate(FULL)


@pytest.mark.parametrize(
    "document", ["{}", '{"profileId": null}', '{"profileId": ""}', '{"profileId": true}']
)
def test_the_id_is_required_text(document: str) -> None:
    """A candidate without a usable profile id is refused, and the message names the field."""
    with pytest.raises(ValidationError, match="profileId"):
        Candidate.model_validate_json(document)


@pytest.mark.parametrize("mode", ["json", "python"])
def test_a_number_as_id_becomes_its_digits(mode: str) -> None:
    """A numeric profile id is taken as text."""
    data = {"profileId": 9007199254740993}
    candidate = (
        Candidate.model_validate_json(json.dumps(data))
        if mode == "json"
        else Candidate.model_validate(data)
    )
    assert candidate.profile_id == "9007199254740993"


@pytest.mark.parametrize(
    ("given", "score"),
    [
        (None, None),
        (0, 0),
        (100, 100),
        (87.4, 87.4),
        ("87", 87),
        ("87.4", 87.4),
        (" 87 ", 87),
        ("-3", -3),
        ("1e2", 100.0),
        (-12, -12),
        (4000, 4000),
    ],
)
def test_a_score_is_a_number_of_any_range(given: object, score: float | None) -> None:
    """Numbers, and numbers written as text, are scores; integers stay integers."""
    for candidate in (
        read(matchScore=given),
        Candidate.model_validate({"profileId": "p1", "matchScore": given}),
    ):
        assert candidate.match_score == score
        assert type(candidate.match_score) is type(score)


@pytest.mark.parametrize(
    "given",
    [
        True,
        False,
        float("nan"),
        float("inf"),
        float("-inf"),
        "nan",
        "Infinity",
        "1e999",
        "9" * 5000,
        "",
        " ",
        "87%",
        "87,4",
        "8_7",
        "0x10",
        "\u0668\u0667",
        PRIVATE,
        [87],
        {"value": 87},
    ],
)
def test_anything_else_is_no_score(given: object) -> None:
    """What is not a finite number is refused with its field and a hint, without the value."""
    for check in (read, lambda **fields: Candidate.model_validate({"profileId": "p1", **fields})):
        with pytest.raises(ValidationError) as caught:
            check(matchScore=given)
        assert caught.value.errors()[0]["loc"] == ("matchScore",)
        assert "finite number" in str(caught.value)
        assert PRIVATE not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "wrong", "place"),
    [
        *((field, {PRIVATE: PRIVATE}, (field,)) for field in TEXT_FIELDS),
        *((field, [PRIVATE], (field,)) for field in TEXT_FIELDS),
        *((field, PRIVATE, (field,)) for field in (*TEXT_LISTS, *ITEM_LISTS)),
        *((field, ["ok", [PRIVATE]], (field, 1)) for field in TEXT_LISTS),
        *((field, ["ok", None], (field, 1)) for field in TEXT_LISTS),
        *((field, [{}, PRIVATE], (field, 1)) for field in ITEM_LISTS),
        *((field, [{}, None], (field, 1)) for field in ITEM_LISTS),
        ("aiDetailedRationale", [{"title": [PRIVATE]}], ("aiDetailedRationale", 0, "title")),
        (
            "detailedExperience",
            [{"highlights": [PRIVATE, {}]}],
            ("detailedExperience", 0, "highlights", 1),
        ),
    ],
)
def test_a_wrong_type_is_named_by_its_place_only(
    field: str, wrong: object, place: tuple[str | int, ...]
) -> None:
    """The error of a wrong type says where it is and repeats nothing of what is there."""
    with pytest.raises(ValidationError) as caught:
        read(**{field: wrong})
    assert [problem["loc"] for problem in caught.value.errors()] == [place]
    assert PRIVATE not in str(caught.value)
    assert PRIVATE not in str(caught.value.errors(include_input=False))


def test_all_problems_come_at_once() -> None:
    """One error reports every wrong field."""
    with pytest.raises(ValidationError) as caught:
        read(name=[], skills="x", matchScore="x")
    assert {problem["loc"][0] for problem in caught.value.errors()} == {
        "name",
        "skills",
        "matchScore",
    }


@pytest.mark.parametrize("field", ["name", "match_score", "skills", "somethingNew"])
def test_a_candidate_cannot_be_changed(field: str) -> None:
    """Known and unknown fields refuse assignment."""
    candidate = read(somethingNew=1)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(candidate, field, None)


def test_unknown_fields_are_kept_at_every_level() -> None:
    """Fields that the contract does not name come back where they were."""
    data = FULL | {
        "openToWork": {"since": None, "tags": ["a", 1, 2.5]},
        "detailedExperience": [{"role": "Engineer", "teamSize": 4}],
    }
    assert Candidate.model_validate(data).to_wire() == data


def test_unknown_keys_that_are_no_unicode_are_written_back() -> None:
    """A lone surrogate in a key, which JSON can hold, is no reason to lose a candidate."""
    data: dict[str, Any] = {
        "profileId": "p1",
        "somethingNew": {"\ud800": [{"b\udfff": "c\udc00"}]},
        "detailedExperience": [{"role": "Engineer", "team": {"\udfff": 4}}],
    }
    assert Candidate.model_validate(data).to_wire() == data


def test_absent_fields_stay_absent_on_the_wire() -> None:
    """Output has the fields that the input had, empty ones included, and no others."""
    data: dict[str, Any] = {"profileId": "p1", "emails": [], "headline": None}
    assert Candidate.model_validate(data).to_wire() == data


def test_enrichment_does_not_erase_the_scoring() -> None:
    """Merging keeps the older texts that the newer record lacks and takes its new ones."""
    sourced = Candidate.model_validate({key: FULL[key] for key in FULL if key != "emails"})
    enriched = Candidate.model_validate(
        {
            "profileId": FULL["profileId"],
            "name": "Mira H. Halloran",
            "headline": " ",
            "location": None,
            "skills": ["Erlang"],
            "aiFitPoints": [],
            "detailedExperience": [{}],
            "emails": ["mira@example.test"],
        }
    )
    merged = sourced.merged_with(enriched)
    assert merged.to_wire() == FULL | {"name": "Mira H. Halloran", "skills": ["Erlang"]}


def test_a_score_of_zero_is_a_value() -> None:
    """Zero is not empty: it replaces an older score."""
    assert read(matchScore=40).merged_with(read(matchScore=0)).match_score == 0


def test_unknown_fields_merge_by_the_same_rule() -> None:
    """An empty unknown field does not replace a filled one; a filled one does, even ``False``."""
    older = read(a=1, b="x", c=[1], d=True)
    newer = read(a=None, b="", c=[], d=False, e={})
    assert older.merged_with(newer).model_extra == {"a": 1, "b": "x", "c": [1], "d": False, "e": {}}


def test_an_unknown_field_with_a_python_name_does_not_reach_the_field() -> None:
    """A key that is spelled as Python's name beside the real one leaves the real one alone."""
    newer = read(matchScore=5, match_score="text")
    assert read(matchScore=4).merged_with(newer).match_score == 5


def test_merging_remembers_what_was_sent() -> None:
    """A field counts as sent if either record has it, even empty."""
    merged = read(skills=[]).merged_with(read(emails=[], unknown=None))
    assert merged.model_fields_set == {"profile_id", "skills", "emails", "unknown"}


def test_two_people_do_not_merge() -> None:
    """Records with different ids are refused without naming the ids."""
    with pytest.raises(ValueError, match="same profile id") as caught:
        read().merged_with(Candidate(profile_id=PRIVATE))
    assert PRIVATE not in str(caught.value)


PREVIEW = {
    "profileId": "p7",
    "fullName": "Ines Quill",
    "profileUrl": "https://www.linkedin.com/in/example-ines",
    "title": "Data engineer",
    "headline": "Data engineer at Lark",
    "location": "Porto",
    "country": "Portugal",
    "companyName": "Lark",
    "companyUrl": "https://www.linkedin.com/company/example-lark",
}


def test_a_preview_becomes_a_candidate() -> None:
    """Preview fields move to their counterparts; the two without one are kept as unknown."""
    assert PreviewCandidate.model_validate(PREVIEW).to_candidate().to_wire() == {
        "profileId": "p7",
        "name": "Ines Quill",
        "linkedinUrl": "https://www.linkedin.com/in/example-ines",
        "currentRole": "Data engineer",
        "headline": "Data engineer at Lark",
        "location": "Porto",
        "country": "Portugal",
        "currentCompany": "Lark",
        "companyUrl": "https://www.linkedin.com/company/example-lark",
    }


@pytest.mark.parametrize("location", [None, "", " "])
def test_the_country_stands_in_for_a_missing_location(location: str | None) -> None:
    """A preview with a country only still says where the person is."""
    preview = PreviewCandidate(profile_id="p7", location=location, country="Portugal")
    assert preview.to_candidate().location == "Portugal"


def test_a_bare_preview_becomes_a_bare_candidate() -> None:
    """Fields that the preview does not have are not sent by its candidate either."""
    assert PreviewCandidate(profile_id="p7").to_candidate().to_wire() == {"profileId": "p7"}


def test_unknown_preview_fields_are_kept() -> None:
    """Unknown fields go along; those that a candidate knows become its fields."""
    preview = PreviewCandidate.model_validate(PREVIEW | {"skills": ["SQL"], "badge": 3})
    candidate = preview.to_candidate()
    assert candidate.skills == ("SQL",)
    assert candidate.model_extra is not None
    assert candidate.model_extra["badge"] == 3
