"""Laws of loading: whatever comes in, people come out, are listed as failed, or are reported."""

from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidate_cards.errors import InputError, Problem
from candidate_cards.loading import iter_candidates, parse_shortlist
from candidate_cards.models import Candidate, Shortlist

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

KEYS = st.one_of(
    st.sampled_from(
        [
            "requestId", "status", "success", "data", "candidates", "candidate", "failed",
            "problems", "title", "brief", "client", "author", "profileId", "profile_id",
            "fullName", "country",
            "errorCode", "error", "message", "statusCode", "renderedCount", "path", "severity",
            *(info.alias or name for name, info in Candidate.model_fields.items()),
            *Candidate.model_fields,
            "role", "company", "duration", "highlights", "relevanceExplanation",
        ]
    ),
    st.text(max_size=5),
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(), max_size=20),
    st.sampled_from(["processing", "completed", "failed", "error", "\ud800", "87"]),
)


def nested(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return values of any shape with these at the ends."""
    return st.recursive(
        scalars,
        lambda part: st.one_of(st.lists(part, max_size=4), st.dictionaries(KEYS, part, max_size=6)),
        max_leaves=12,
    )


JSON = nested(SCALARS)
# Python and JavaScript write these, though JSON has no such numbers.
ALMOST_JSON = nested(st.one_of(SCALARS, st.sampled_from([float("nan"), float("inf")])))
FIELDS = {info.alias: JSON for name, info in Candidate.model_fields.items() if name != "profile_id"}
PERSON = st.fixed_dictionaries({}, optional={**FIELDS, "extra": JSON, "title": JSON})


def outcome(payload: str | bytes) -> Shortlist | InputError:
    """Load, or return the one exception there may be."""
    try:
        return parse_shortlist(payload)
    except InputError as error:
        return error


def dumps(value: object) -> str:
    """Write JSON with every character as it is."""
    return json.dumps(value, ensure_ascii=False)


@given(ALMOST_JSON)
@unhurried
def test_any_value(value: object) -> None:
    """Any JSON value is a shortlist or an InputError, as text, bytes, lines and stream."""
    text = dumps(value)
    assert isinstance(outcome(text), Shortlist | InputError)
    assert isinstance(outcome(text.encode("utf-8", "surrogatepass")), Shortlist | InputError)
    assert isinstance(outcome(f"{json.dumps(value)}\n{text}\n"), Shortlist | InputError)
    problems: list[Problem] = []
    for candidate in iter_candidates(io.StringIO(text), on_problem=problems.append):
        assert isinstance(candidate, Candidate)


@given(st.one_of(st.text(), st.text('{}[]",:\\ \n1eE.-nul"'), st.binary()))
@unhurried
def test_any_text(payload: str | bytes) -> None:
    """Any text and any bytes are a shortlist or an InputError."""
    assert isinstance(outcome(payload), Shortlist | InputError)


@given(JSON, st.data())
@unhurried
def test_damaged_text(value: object, data: st.DataObject) -> None:
    """JSON that was cut off or hit in one byte is a shortlist or an InputError with a problem."""
    payload = bytearray(dumps(value).encode("utf-8", "surrogatepass"))
    at = data.draw(st.integers(0, len(payload) - 1))
    assert isinstance(outcome(bytes(payload[:at])), Shortlist | InputError)
    payload[at] = data.draw(st.integers(0, 255))
    result = outcome(bytes(payload))
    assert isinstance(result, Shortlist) or result.problems


@given(JSON)
@unhurried
def test_output_is_valid_unicode(value: object) -> None:
    """What was loaded, problems included, can be written as JSON and read back the same."""
    result = outcome(dumps(value))
    if isinstance(result, InputError):
        str(result).encode()
        return
    saved = result.model_dump_json(by_alias=True)
    assert parse_shortlist(saved) == result or any(
        problem.severity == "error" for problem in result.problems
    )
    for problem in result.problems:
        str(problem).encode()


@given(st.lists(PERSON, min_size=1, max_size=6), st.sampled_from(["list", "run", "lines"]))
@unhurried
def test_nobody_with_an_id_is_lost(people: list[dict[str, Any]], shape: str) -> None:
    """Whatever their fields hold, people with ids come out in order."""
    records = [{**person, "profileId": f"p{at}"} for at, person in enumerate(people)]
    text = {
        "list": lambda: dumps(records),
        "run": lambda: dumps({"requestId": "r", "status": "completed", "candidates": records}),
        "lines": lambda: "\n".join(map(json.dumps, records)),
    }[shape]()
    result = outcome(text)
    assert isinstance(result, Shortlist)
    assert [person.profile_id for person in result.candidates] == [
        record["profileId"] for record in records
    ]


IDS = st.lists(
    st.one_of(
        st.text(st.characters(), min_size=1, max_size=5),
        # Alike for as long as any limit.
        st.builds(
            lambda text, times, end: text * times + end,
            st.sampled_from("aé林\u0301"),
            st.integers(500, 2100),
            st.text("ab\0\ud800 ", max_size=2),
        ),
    ),
    unique=True,
    max_size=8,
)


@given(IDS)
@unhurried
def test_no_two_people_come_under_one_id(ids: list[str]) -> None:
    """Ids that differ stay different, however long they are and whatever is in them."""
    result = outcome(json.dumps([{"profileId": each} for each in ids]))
    problems, people = result.problems, getattr(result, "candidates", ())
    left_out = sum(problem.severity == "error" for problem in problems)
    assert len(people) + left_out == len(ids)
    for person in people:
        assert len(person.profile_id.encode()) <= 2048
    changed = [problem for problem in problems if problem.severity == "notice"]
    kept = {person.profile_id for person in people}.intersection(ids)
    assert len(people) - len(kept) == len(changed)


ITEM = st.one_of(
    JSON,
    PERSON,
    st.builds(lambda person, at: {**person, "profileId": f"p{at}"}, PERSON, st.integers(0, 10**9)),
    st.builds(lambda at: {"profileId": f"f{at}", "success": False}, st.integers(0, 10**9)),
    st.builds(
        lambda person, at: {"profileId": f"e{at}", "success": True, "candidate": person},
        PERSON,
        st.integers(0, 10**9),
    ),
)


@given(st.lists(ITEM, max_size=6), st.sampled_from(["candidates", "data"]))
@unhurried
def test_in_equals_out_and_reported(items: list[object], key: str) -> None:
    """Each entry of a result is a candidate, a failed profile, or said to be neither."""
    text = dumps({"requestId": "r", "status": "completed", key: items})
    result = outcome(text)
    gone = {
        problem.path[1]
        for problem in result.problems
        if problem.path[1:] == problem.path[1:2] or "the profile is left out" in problem.message
    }
    delivered = 0
    if isinstance(result, Shortlist):
        delivered = len(result.candidates) + len(result.failed)
    assert delivered + len(gone) == len(items)


@given(PERSON)
@unhurried
def test_loading_twice_changes_nothing(person: dict[str, Any]) -> None:
    """A candidate that was loaded loads again as it is and without a problem."""
    text = dumps({**person, "profileId": "p"})
    result = outcome(text)
    assert isinstance(result, Shortlist)
    (candidate,) = result.candidates
    again = parse_shortlist(json.dumps(candidate.to_wire()))
    assert again.candidates == (candidate,)
    assert {problem.message for problem in again.problems} <= {
        "is outside 0 to 100; shown as not scored"
    }


OBJECT = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)


@given(OBJECT, st.sampled_from("abcd"), JSON)
@unhurried
def test_repeated_keys_are_found(value: dict[str, Any], key: str, twin: object) -> None:
    """A key is reported as repeated if and only if it is, wherever quotation marks are."""
    person = {"profileId": "p", "extra": value}
    text = json.dumps(person)
    repeated = f"{text[:-2]}{', ' * bool(value)}{json.dumps(key)}: {json.dumps(twin)}}}}}"
    for payload, expected in ((text, False), (repeated, key in value)):
        result = outcome(payload)
        found = [problem for problem in result.problems if "more than once" in problem.message]
        assert bool(found) == expected


@given(
    st.lists(PERSON, min_size=1, max_size=4), st.sampled_from(["utf-8-sig", "utf-16", "utf-32-be"])
)
@unhurried
def test_streaming_finds_the_same(people: list[dict[str, Any]], encoding: str) -> None:
    """Lines give the same candidates and problems whether parsed or streamed, in any encoding."""
    records = [{**person, "profileId": f"p{at}"} for at, person in enumerate(people)]
    lines = [json.dumps(record) for record in records]
    payload = "\r\n".join([*lines, "{oops"]).encode(encoding)
    parsed = outcome(payload)
    problems: list[Problem] = []
    streamed = tuple(iter_candidates(io.BytesIO(payload), on_problem=problems.append))
    people_found = () if isinstance(parsed, InputError) else parsed.candidates
    assert streamed == people_found
    assert [(p.message, p.path, p.line) for p in problems] == [
        (p.message, p.path, p.line) for p in parsed.problems
    ]
