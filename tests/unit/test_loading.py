"""Loading: every shape, every kind of damage, and where each problem is said to be."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from candidate_cards.errors import InputError, Problem
from candidate_cards.loading import iter_candidates, load_shortlist, parse_shortlist
from candidate_cards.models import Candidate, PreviewCandidate, Shortlist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAYLOADS = Path(__file__).parents[2] / "examples" / "payloads"
RUN = {"success": True, "requestId": "req_1", "status": "completed"}
ADA = {"profileId": "p1", "name": "Ada Novak", "matchScore": 91, "skills": ["Rust"]}
BO = {"profileId": "p2", "name": "Bo Lund"}
LONGEST_IDS = [
    "x" * 2048,
    "é" * 1024,
    "林" * 682 + "xx",
    "\U0001f9d1" * 512,
    "न\u093f" * 341 + "xx",
]
FAILURE = {"profileId": "p3", "success": False, "errorCode": "PROFILE_NOT_FOUND"}


def parse(value: object) -> Shortlist:
    """Load a value from its JSON text."""
    return parse_shortlist(json.dumps(value))


def names(shortlist: Shortlist) -> list[str | None]:
    """Return the candidates' names in order."""
    return [candidate.name for candidate in shortlist.candidates]


def problems_of(payload: str | bytes) -> list[Problem]:
    """Return why a payload is refused."""
    with pytest.raises(InputError) as caught:
        parse_shortlist(payload)
    return list(caught.value.problems)


def only_problem(shortlist: Shortlist) -> Problem:
    """Return the one problem of a shortlist."""
    (problem,) = shortlist.problems
    return problem


class TestShapes:
    """What is accepted."""

    @pytest.mark.parametrize(
        "value",
        [
            ADA,
            [ADA],
            {**RUN, "candidates": [ADA]},
            {"data": {**RUN, "candidates": [ADA]}},
            {"success": True, "data": {**RUN, "candidates": [ADA]}, "error": None},
            {**RUN, "data": [{"profileId": "p1", "success": True, "candidate": ADA}]},
            {"data": {**RUN, "data": [{"profileId": "p1", "success": True, "candidate": ADA}]}},
            [{**RUN, "candidates": [ADA]}],
            {"title": "Engineer", "candidates": [ADA]},
            {"profileId": "p1", "success": True, "candidate": ADA},
            {"event": "sourcing.completed", "data": {**RUN, "candidates": [ADA]}},
            [{"candidates": [ADA]}],
        ],
        ids=lambda value: ",".join(value) if isinstance(value, dict) else "list",
    )
    def test_one_candidate(self, value: object) -> None:
        """The same candidate comes out of every shape it can be in."""
        shortlist = parse(value)
        assert shortlist.candidates == (Candidate.model_validate(ADA),)
        assert shortlist.problems == ()

    def test_preview(self) -> None:
        """A preview becomes the candidate that its own model makes of it."""
        preview = {
            "profileId": "p1",
            "fullName": "Ada Novak",
            "profileUrl": "https://www.linkedin.com/in/example-ada",
            "title": "Engineer",
            "country": "Czechia",
            "companyName": "Acme",
            "companyUrl": "https://www.linkedin.com/company/example-acme",
        }
        shortlist = parse({**RUN, "candidates": [preview]})
        assert shortlist.candidates == (PreviewCandidate.model_validate(preview).to_candidate(),)

    def test_candidate_with_a_title_of_its_own(self) -> None:
        """An unknown field that previews have as well does not make a candidate a preview."""
        (candidate,) = parse({**ADA, "title": "Dr."}).candidates
        assert candidate.current_role is None
        assert candidate.model_extra == {"title": "Dr."}

    def test_preview_with_a_new_field(self) -> None:
        """A preview that also has a field of a candidate is still read under its own names."""
        (candidate,) = parse({"profileId": "p1", "fullName": "Ada", "skills": ["Go"]}).candidates
        assert (candidate.name, candidate.skills) == ("Ada", ("Go",))

    def test_names_of_python(self) -> None:
        """Fields under their Python names are read, checked and cleaned like the wire's."""
        value = {
            "profile_id": "p1",
            "current_role": "x\x00y",
            "match_score": 80,
            "ai_fit_points": "no",
            "ai_detailed_rationale": [{"relevance_explanation": 5}],
        }
        shortlist = parse(value)
        (candidate,) = shortlist.candidates
        assert (candidate.current_role, candidate.match_score) == ("xy", 80)
        assert {problem.field for problem in shortlist.problems} == {
            "currentRole",
            "aiFitPoints",
            "aiDetailedRationale[0].relevanceExplanation",
        }

    def test_both_names_of_a_field(self) -> None:
        """Of a field under both names the wire's counts, and the other is reported."""
        shortlist = parse({"profileId": "p1", "profile_id": "p2"})
        assert shortlist.candidates[0].profile_id == "p1"
        assert only_problem(shortlist).path == ("profile_id",)

    def test_saved_shortlist(self) -> None:
        """A shortlist that was saved as JSON is the same when it is loaded."""
        problem = Problem("is odd", "a.json", ("candidates", 0, "name"), severity="notice")
        saved = parse_shortlist(
            json.dumps({**RUN, "data": [FAILURE, {"success": True, "candidate": ADA}]}),
            title="Engineer",
            brief="Two\nlines",
            client="Acme",
            author="Jo",
        ).model_copy(update={"problems": (problem,)})
        assert parse_shortlist(saved.model_dump_json(by_alias=True)) == saved
        assert parse_shortlist(json.dumps(saved.to_wire())) == saved

    def test_saved_shortlist_with_unknown_parts(self) -> None:
        """What a shortlist does not have is left out with a notice; nonsense is an error."""
        shortlist = parse({"candidates": [ADA], "owner": "x", "title": 5, "problems": [{}, 1]})
        assert [(problem.field, problem.severity) for problem in shortlist.problems] == [
            ("title", "error"),
            ("owner", "notice"),
            ("problems[0]", "error"),
            ("problems[1]", "error"),
        ]

    @pytest.mark.parametrize(
        "value", [[], {**RUN}, {**RUN, "candidates": None}, {**RUN, "data": []}, {"candidates": []}]
    )
    def test_nobody(self, value: object) -> None:
        """A result without people is an empty shortlist, not an error."""
        assert parse(value) == Shortlist()

    def test_unknown_fields_are_kept(self) -> None:
        """Fields of any name and shape survive, with clean text."""
        extra = {"note": "a\u202eb", "tags": [{"k": ["x\x00"]}, 1.5, None, True]}
        (candidate,) = parse({**ADA, **extra}).candidates
        assert candidate.model_extra == {"note": "ab", "tags": [{"k": ["x"]}, 1.5, None, True]}

    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (None, "found null"),
            (5, "found a number"),
            ("x", "found text"),
            (True, "found true or false"),
            ({}, "found an object with 0 keys"),
            ({"a": 1, "b": 2}, "found an object with 2 keys"),
            ([[ADA]], "found a list"),
            ({"success": True, "renderedCount": 1, "data": []}, "found rendered cards"),
            ({"success": False, "error": {"code": "X"}}, "found an error of the API"),
            ({"statusCode": 403, "message": "no", "error": "Forbidden"}, "(no)"),
            ({"name": "Ada"}, "must be text that is not empty"),
            ({**RUN, "candidates": 5}, "must be a list, not a number"),
            ({"requestId": "req_1"}, "must be one of processing, completed, failed"),
        ],
    )
    def test_anything_else(self, value: object, found: str) -> None:
        """Any other value is refused, and the error says what it is."""
        (problem,) = problems_of(json.dumps(value))
        assert found in problem.message
        assert problem.severity == "error"

    def test_null_error_beside_candidates(self) -> None:
        """A null under ``error`` does not make a refusal of a list of candidates."""
        assert names(parse({"candidates": [ADA], "error": None})) == ["Ada Novak"]


class TestRuns:
    """Runs without results, and with surprising ones."""

    def test_processing(self) -> None:
        """A run that is not ready says so, with its id and what to do."""
        (problem,) = problems_of(json.dumps({"requestId": "req_7", "status": "processing"}))
        assert "req_7 is still processing; get its results again" in problem.message

    def test_failed(self) -> None:
        """A failed run shows the vendor's code and its words, clean and cut short."""
        body = {**RUN, "status": "failed", "errorCode": "AGENT_ERROR"}
        (problem,) = problems_of(json.dumps({**body, "errorMessage": "a\x1b" + "b" * 500}))
        assert "req_1 failed (AGENT_ERROR: ab" in problem.message
        assert "\x1b" not in problem.message
        assert problem.message.count("b") < 210

    def test_unknown_status_with_results(self) -> None:
        """Results under a status that is new are used, with a notice."""
        shortlist = parse({**RUN, "status": "partial", "candidates": [ADA]})
        assert names(shortlist) == ["Ada Novak"]
        assert only_problem(shortlist).path == ("status",)

    def test_other_sources_still_count(self) -> None:
        """A run that is not ready does not take away what other records hold."""
        shortlist = parse([{"requestId": "req_7", "status": "processing"}, ADA])
        assert names(shortlist) == ["Ada Novak"]
        assert only_problem(shortlist).path == (0,)


class TestFailedProfiles:
    """Enrichment items that failed."""

    def test_are_listed(self) -> None:
        """A failed item is in the list of failures and is no problem of the input."""
        shortlist = parse(
            {**RUN, "data": [{"profileId": "p1", "success": True, "candidate": ADA}, FAILURE]}
        )
        assert names(shortlist) == ["Ada Novak"]
        assert [profile.profile_id for profile in shortlist.failed] == ["p3"]
        assert shortlist.failed[0].error_code == "PROFILE_NOT_FOUND"
        assert shortlist.problems == ()

    def test_only_failures(self) -> None:
        """A run in which every profile failed is a shortlist of failures."""
        shortlist = parse({**RUN, "data": [FAILURE]})
        assert (len(shortlist.candidates), len(shortlist.failed)) == (0, 1)

    def test_keep_the_sourced_candidate(self) -> None:
        """A profile that was sourced before stays a candidate and is listed as failed too."""
        shortlist = parse(
            [
                {**RUN, "candidates": [{**BO, "profileId": "p3"}]},
                {**RUN, "data": [FAILURE, FAILURE]},
            ]
        )
        assert names(shortlist) == ["Bo Lund"]
        assert [profile.profile_id for profile in shortlist.failed] == ["p3"]

    @pytest.mark.parametrize(
        ("item", "path"),
        [
            ({"profileId": "p1", "success": True}, ("data", 0, "candidate")),
            ({"profileId": "p1", "success": True, "candidate": []}, ("data", 0, "candidate")),
            ({"success": False}, ("data", 0, "profileId")),
            ({"success": True, "candidate": {}}, ("data", 0, "candidate", "profileId")),
            (5, ("data", 0)),
        ],
    )
    def test_unusable_item(self, item: object, path: tuple[str | int, ...]) -> None:
        """An item that is neither a candidate nor a failure is a problem with its place."""
        (problem,) = problems_of(json.dumps({**RUN, "data": [item]}))
        assert problem.path == path

    def test_profile_id_of_the_item(self) -> None:
        """A candidate without profile id takes that of its item; another one is reported."""
        item = {"profileId": "p9", "success": True, "candidate": {"name": "Ada"}}
        assert parse({**RUN, "data": [item]}).candidates[0].profile_id == "p9"
        shortlist = parse({**RUN, "data": [{**item, "candidate": ADA}]})
        assert shortlist.candidates[0].profile_id == "p1"
        assert only_problem(shortlist).path == ("data", 0, "profileId")


class TestMerging:
    """Several records of one person."""

    def test_later_values_win_unless_empty(self) -> None:
        """Enrichment adds to sourcing and erases nothing; the first rank stays."""
        enriched = {"profileId": "p2", "name": "Bo Lund-Berg", "emails": ["bo@example.test"]}
        shortlist = parse(
            [
                ADA,
                BO,
                {
                    **RUN,
                    "data": [
                        {
                            "profileId": "p1",
                            "success": True,
                            "candidate": {"profileId": "p1", "name": "", "skills": []},
                        },
                        {"profileId": "p2", "success": True, "candidate": enriched},
                    ],
                },
            ]
        )
        assert names(shortlist) == ["Ada Novak", "Bo Lund-Berg"]
        assert shortlist.candidates[0].skills == ("Rust",)
        assert shortlist.candidates[1].emails == ("bo@example.test",)
        assert shortlist.problems == ()

    @pytest.mark.parametrize("value", [[ADA, BO, ADA], {**RUN, "candidates": [ADA, BO, ADA]}])
    def test_twice_in_a_list(self, value: object) -> None:
        """The same profile twice in one list is one candidate and a notice."""
        shortlist = parse(value)
        assert names(shortlist) == ["Ada Novak", "Bo Lund"]
        problem = only_problem(shortlist)
        assert problem.severity == "notice"
        assert problem.path[-1] == 2

    def test_several_files(self) -> None:
        """Sources are merged in the order they are named."""
        shortlist = load_shortlist(
            PAYLOADS / "sourcing-completed.json",
            str(PAYLOADS / "enrichment-completed.json"),
            PAYLOADS / "enrichment-partial.json",
        )
        assert len(shortlist.candidates) == 6
        assert [bool(candidate.emails) for candidate in shortlist.candidates] == [True] * 3 + [
            False
        ] * 3
        assert shortlist.candidates[0].rationale
        assert "Trino" in shortlist.candidates[0].skills
        assert len(shortlist.failed) == 2

    def test_header(self) -> None:
        """Texts given by the caller win over those of a saved shortlist, and are cleaned."""
        payload = json.dumps({"title": "Old", "client": "Acme", "candidates": [ADA]})
        shortlist = parse_shortlist(payload, title="New\x00", author="Jo")
        assert (shortlist.title, shortlist.client, shortlist.author) == ("New", "Acme", "Jo")
        assert only_problem(shortlist).path == ("title",)

    def test_headers_of_several_sources(self) -> None:
        """Of two saved shortlists the later one's texts win, unless they are empty."""
        old = io.StringIO(json.dumps({"title": "Old", "client": "Acme", "candidates": [ADA]}))
        new = io.StringIO(json.dumps({"title": "", "client": "Beta", "candidates": [BO]}))
        shortlist = load_shortlist(old, new)
        assert (shortlist.title, shortlist.client) == ("Old", "Beta")


class TestFields:
    """Fields that are not as they should be."""

    @pytest.mark.parametrize(
        ("field", "value", "path"),
        [
            ("name", 5, ("name",)),
            ("name", ["x"], ("name",)),
            ("linkedinUrl", {}, ("linkedinUrl",)),
            ("matchScore", "high", ("matchScore",)),
            ("matchScore", True, ("matchScore",)),
            ("matchScore", [1], ("matchScore",)),
            ("skills", "Rust, Go", ("skills",)),
            ("skills", ["Rust", None], ("skills", 1)),
            ("skills", ["Rust", 5], ("skills", 1)),
            ("emails", {"a": "b"}, ("emails",)),
            ("aiDetailedRationale", ["x"], ("aiDetailedRationale", 0)),
            ("detailedExperience", [{"role": 1}], ("detailedExperience", 0, "role")),
            ("detailedExperience", [{"highlights": "x"}], ("detailedExperience", 0, "highlights")),
            (
                "detailedExperience",
                [{"highlights": [[]]}],
                ("detailedExperience", 0, "highlights", 0),
            ),
        ],
    )
    def test_wrong_type(self, field: str, value: object, path: tuple[str | int, ...]) -> None:
        """A value of a wrong type costs itself, not the candidate, and is named without data."""
        shortlist = parse(
            {**RUN, "candidates": [BO, {"profileId": "p1", "headline": "h", field: value}]}
        )
        assert names(shortlist)[0] == "Bo Lund"
        assert shortlist.candidates[1].headline == "h"
        problem = only_problem(shortlist)
        assert problem.path == ("candidates", 1, *path)
        assert problem.severity == "error"
        assert "Rust" not in problem.message

    def test_good_entries_of_a_list_stay(self) -> None:
        """One bad entry does not cost its list."""
        assert parse({**ADA, "skills": ["Rust", 5, "Go"]}).candidates[0].skills == ("Rust", "Go")

    @pytest.mark.parametrize(
        ("score", "expected"), [(None, None), (0, 0), (100, 100), (87.4, 87.4), ("87", 87)]
    )
    def test_scores(self, score: object, expected: float | None) -> None:
        """Null, the bounds, fractions and numbers in text are all scores."""
        shortlist = parse({"profileId": "p1", "matchScore": score})
        assert shortlist.candidates[0].match_score == expected
        assert shortlist.problems == ()

    @pytest.mark.parametrize("score", [-1, 100.5, "187", 10**30])
    def test_scores_out_of_range(self, score: object) -> None:
        """A score outside 0 to 100 is kept and noted, since cards do not show it."""
        problem = only_problem(parse({"profileId": "p1", "matchScore": score}))
        assert problem.message == "is outside 0 to 100; shown as not scored"
        assert (problem.path, problem.severity) == (("matchScore",), "notice")

    def test_infinite_score(self) -> None:
        """A number too large for Python is no score."""
        shortlist = parse_shortlist('{"profileId": "p1", "matchScore": 1e999}')
        assert shortlist.candidates[0].match_score is None
        assert only_problem(shortlist).path == ("matchScore",)

    @pytest.mark.parametrize("profile_id", [None, "", " ", "\x00", "\u200b", True, [], {}])
    def test_unusable_profile_id(self, profile_id: object) -> None:
        """Without a usable id there is no candidate; the others are delivered."""
        shortlist = parse([{**BO, "profileId": profile_id}, ADA])
        assert names(shortlist) == ["Ada Novak"]
        assert shortlist.problems[-1].path == (0, "profileId")

    def test_number_as_profile_id(self) -> None:
        """An id that is a number is taken as its digits."""
        assert parse({"profileId": 17}).candidates[0].profile_id == "17"

    @pytest.mark.parametrize("profile_id", [*LONGEST_IDS, " p1", "p1 ", "\u200bp1"])
    def test_an_id_is_taken_as_it_is(self, profile_id: str) -> None:
        """Up to 2,048 bytes, in any script, with its blanks."""
        shortlist = parse([{**ADA, "profileId": profile_id}, {**FAILURE, "profileId": profile_id}])
        (candidate,), (failed,) = shortlist.candidates, shortlist.failed
        assert candidate.profile_id == failed.profile_id == profile_id
        assert shortlist.problems == ()

    @pytest.mark.parametrize(
        "profile_id",
        [*(f"{each}x" for each in LONGEST_IDS), "p\x001", "p\n", "p\ud800", "p\u202e", 10**2048],
    )
    def test_a_hash_stands_for_an_id_that_cannot_be_kept(self, profile_id: str | int) -> None:
        """Of a failed profile too, the same whenever it comes, and a notice says so."""
        shortlist = parse([{**ADA, "profileId": profile_id}, {**FAILURE, "profileId": profile_id}])
        (candidate,), (failed,) = shortlist.candidates, shortlist.failed
        assert candidate.profile_id == failed.profile_id
        assert re.fullmatch("sha256:[0-9a-f]{64}", candidate.profile_id)
        told = [(problem.path, problem.severity) for problem in shortlist.problems]
        assert told == [((at, "profileId"), "notice") for at in range(2)]

    @pytest.mark.parametrize(
        ("field", "limit"),
        [
            ("name", 300),
            ("headline", 300),
            ("location", 300),
            ("currentCompany", 300),
            ("currentRole", 300),
            ("linkedinUrl", 2048),
            ("rationale", 10_000),
            ("somethingNew", 10_000),
        ],
    )
    def test_limits_of_texts(self, field: str, limit: int) -> None:
        """A text at its limit is kept; one character more is cut and noted."""
        assert parse({"profileId": "p1", field: "x" * limit}).problems == ()
        shortlist = parse({"profileId": "p1", field: "x" * (limit + 1)})
        assert shortlist.candidates[0].to_wire()[field] == "x" * (limit - 1) + "…"
        problem = only_problem(shortlist)
        assert (problem.message, problem.path) == (f"cut to {limit:,} characters", (field,))
        assert problem.severity == "notice"

    @pytest.mark.parametrize(
        ("field", "entry", "most", "limit"),
        [
            ("skills", "x", 200, 100),
            ("aiFitPoints", "x", 50, 3000),
            ("aiRedFlags", "x", 50, 3000),
            ("emails", "x", 20, 300),
            ("detailedExperience", {"role": "x"}, 100, None),
            ("aiDetailedRationale", {"title": "x"}, 100, None),
        ],
    )
    def test_limits_of_lists(self, field: str, entry: object, most: int, limit: int | None) -> None:
        """A list is cut at its cap, and each of its texts at its limit."""
        assert parse({"profileId": "p1", field: [entry] * most}).problems == ()
        shortlist = parse({"profileId": "p1", field: [entry] * (most + 7)})
        assert len(shortlist.candidates[0].to_wire()[field]) == most
        problem = only_problem(shortlist)
        assert problem.message == f"has {most + 7:,} entries; cut to the first {most}"
        assert problem.severity == "notice"
        if limit:
            shortlist = parse({"profileId": "p1", field: ["x" * (limit + 1)]})
            assert only_problem(shortlist).message == f"cut to {limit:,} characters"

    def test_limit_of_highlights(self) -> None:
        """The highlights of one role are capped where they are."""
        role = {"role": "x", "highlights": ["y"] * 51}
        shortlist = parse({"profileId": "p1", "detailedExperience": [{}, role]})
        assert only_problem(shortlist).path == ("detailedExperience", 1, "highlights")

    @pytest.mark.parametrize("multiline", ["rationale", "aiFitPoints", "somethingNew"])
    def test_prose_keeps_its_lines(self, multiline: str) -> None:
        """Long prose keeps newlines, a name does not."""
        value: object = ["a\nb"] if multiline == "aiFitPoints" else "a\nb"
        assert parse({"profileId": "p1", multiline: value}).problems == ()
        assert parse({"profileId": "p1", "name": "a\nb"}).candidates[0].name == "a b"

    def test_unshowable_field_names(self) -> None:
        """A field whose name cannot be printed is left out and reported with a clean name."""
        shortlist = parse({**ADA, "a\x00b": 1, "c\ud800": 2, "k" * 200: 3})
        assert shortlist.candidates[0].model_extra == {}
        assert [problem.field for problem in shortlist.problems] == [
            "ab",
            "c\ufffd",
            "k" * 99 + "…",
        ]

    def test_deep_unknown_values(self) -> None:
        """What is nested absurdly deep is left out where it gets too deep."""
        deep: object = "x"
        for _ in range(60):
            deep = [deep]
        problem = only_problem(parse({**ADA, "deep": deep}))
        assert "levels deep" in problem.message
        assert problem.path[0] == "deep"

    def test_infinite_unknown_number(self) -> None:
        """A number that JSON could not say again is left out."""
        shortlist = parse_shortlist('{"profileId": "p1", "x": [1, -1e999]}')
        assert shortlist.candidates[0].model_extra == {"x": [1]}
        assert only_problem(shortlist).path == ("x", 1)


class TestText:
    """Bytes and JSON text that are damaged."""

    @pytest.mark.parametrize(
        ("payload", "line", "column", "message"),
        [
            ("", None, None, "is empty"),
            (" \n\t\n", None, None, "is empty"),
            (b"\xef\xbb\xbf", None, None, "is empty"),
            ('{"profileId": "p1"', 1, 19, "cut off"),
            ('{"profileId": "p', 1, 15, "cut off"),
            ('{"profileId": "p1",\n "name": }', 2, 10, "expecting value"),
            ('{"profileId": "p1"} {"profileId": "p2"}', 1, 21, "JSON Lines"),
            ('{"profileId": "NaN",\n"matchScore": NaN}', 2, 15, "NaN is no JSON number"),
            ('[{"a": "Infinity"},\n-Infinity]', 2, 1, "-Infinity is no JSON number"),
            ("[\n" + "9" * 5000 + "]", 2, 1, "more than 4,300 digits"),
            ("[" * 100_000, None, None, "nested too deeply"),
            ('{"a":' * 100_000, None, None, "nested too deeply"),
            (b'{"profileId":\n"\xc4\x8d\xff"}', 2, 3, "is not valid UTF-8, see byte 18"),
            (b"\xff\xfe{\x00\x00", None, None, "is not valid UTF-16"),
            ('{"name": "a\nb"}', 1, 12, "invalid control character"),
        ],
    )  # fmt: skip
    def test_is_refused(
        self, payload: str | bytes, line: int | None, column: int | None, message: str
    ) -> None:
        """Text that is no JSON is one problem, with its position where there is one."""
        (problem,) = problems_of(payload)
        assert message in problem.message
        assert (problem.line, problem.column) == (line, column)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_encodings(self, encoding: str, newline: str) -> None:
        """Any Unicode encoding, mark and line end gives the same people, streaming or not."""
        texts = [
            '{"profileId": "p1", "name": "Čapek"}',
            "",
            '{"profileId": "p2", "name": "林"}',
            "",
        ]
        payload = newline.join(texts).encode(encoding)
        expected = ["Čapek", "林"]
        assert names(parse_shortlist(payload)) == expected
        assert [candidate.name for candidate in iter_candidates(io.BytesIO(payload))] == expected

    def test_marked_text(self) -> None:
        """A byte order mark at the start of text is ignored."""
        assert names(parse_shortlist("\ufeff" + json.dumps(ADA))) == ["Ada Novak"]
        stream = io.StringIO("\ufeff" + json.dumps(ADA))
        assert [candidate.name for candidate in iter_candidates(stream)] == ["Ada Novak"]

    @pytest.mark.parametrize(
        ("payload", "paths"),
        [
            ('{"profileId": "p1", "name": "a", "name": "b"}', [("name",)]),
            ('{"profileId": "p1", "name" : "a", "name": "b"}', [("name",)]),
            ('{"profileId": "p1", "name": "a", "n\\u0061me": "b"}', [("name",)]),
            ('{"profileId": "p1", "name": "a\\\\", "name": "b\\"x"}', [("name",)]),
            ('{"profileId": "p1", "name": "b", "skills": null, "skills": []}', [("skills",)]),
            ('[{"profileId": "p1", "name": "b", "x": [{"k": 1, "k": 2}]}]', [(0, "x", 0, "k")]),
            (
                '{"status": "completed", "data": [], "data": [{"profileId": "p", "name": "b"}]}',
                [("data",)],
            ),
        ],
    )
    def test_repeated_keys(self, payload: str, paths: list[tuple[str | int, ...]]) -> None:
        """A key that an object has twice is reported where it is; its last value is used."""
        shortlist = parse_shortlist(payload)
        assert shortlist.candidates[0].name in {"b", 'b"x'}
        assert [problem.path for problem in shortlist.problems] == paths
        assert "more than once" in shortlist.problems[0].message

    def test_repeated_key_beside_a_bad_entry(self) -> None:
        """A bad entry, whose list is looked at twice, does not hide a repeated key."""
        payload = (
            '{"profileId": "p1", "name": "a", "name": "b",'
            ' "aiDetailedRationale": [{"title": "x"}, 5]}'
        )
        paths = [problem.path for problem in parse_shortlist(payload).problems]
        assert paths == [("aiDetailedRationale", 1), ("name",)]

    @pytest.mark.parametrize(
        "name",
        ['"', "\\", '\\"', ' ":', '":"', "a\nb", "é\t", "\u2028", "\x7f", "{}", "\U0001f600"],
    )
    @pytest.mark.parametrize("ascii_only", [True, False])
    def test_no_key_is_repeated(self, name: str, *, ascii_only: bool) -> None:
        """Quotation marks, backslashes and escapes in text are not taken for repeated keys."""
        value = {"profileId": "p1", "rationale": f"a{name}b", f"k{name}": [name, {name: name}]}
        shortlist = parse_shortlist(json.dumps(value, ensure_ascii=ascii_only, indent=1))
        assert not [problem for problem in shortlist.problems if "once" in problem.message]

    @pytest.mark.parametrize("payload", ['"\\ud800"', '"\ud800"', b'"\xed\xa0\x80"'])
    def test_lone_surrogates(self, payload: str | bytes) -> None:
        """A lone surrogate, escaped or not, becomes a replacement character."""
        start, end = '{"profileId": "p1", "name": ', "}"
        if isinstance(payload, str):
            shortlist = parse_shortlist(start + payload + end)
        else:
            shortlist = parse_shortlist(start.encode() + payload + end.encode())
        assert shortlist.candidates[0].name == "\ufffd"
        assert only_problem(shortlist).message == "replaced 1 lone surrogate"


class TestLines:
    """JSON Lines."""

    def test_bad_lines_spoil_nothing_else(self) -> None:
        """Each bad line is reported with its number and the others are delivered."""
        lines = [
            b"",
            json.dumps(ADA).encode(),
            b"{oops",
            b'{"profileId": "\xff"}',
            b"5",
            b"",
            json.dumps({**BO, "skills": 5}).encode(),
        ]
        shortlist = parse_shortlist(b"\n".join(lines))
        assert names(shortlist) == ["Ada Novak", "Bo Lund"]
        places = [(problem.line, problem.column, problem.path) for problem in shortlist.problems]
        assert places == [(3, 2, ()), (4, 16, ()), (5, None, ()), (7, None, ("skills",))]

    def test_bad_first_line(self) -> None:
        """A stream that begins with a bad line is still a stream."""
        payload = "\n".join(["{oops", json.dumps(ADA), json.dumps(BO)])
        assert names(parse_shortlist(payload)) == ["Ada Novak", "Bo Lund"]
        problems: list[Problem] = []
        found = list(iter_candidates(io.StringIO(payload), on_problem=problems.append))
        assert len(found) == 2
        assert [problem.line for problem in problems] == [1]

    def test_any_shape_on_a_line(self) -> None:
        """Each line may hold a result, a list, a saved shortlist or a person."""
        records = [{**RUN, "candidates": [ADA]}, [BO], {"title": "T", "candidates": []}, FAILURE]
        shortlist = parse_shortlist("\n".join(map(json.dumps, records)))
        assert names(shortlist) == ["Ada Novak", "Bo Lund"]
        assert (shortlist.title, len(shortlist.failed)) == ("T", 1)

    def test_broken_document_is_one_problem(self) -> None:
        """A document printed over many lines is not taken for lines when it is broken."""
        text = json.dumps({**RUN, "candidates": [ADA, BO]}, indent=2)
        (problem,) = problems_of(text.replace('"Bo Lund"', "Bo Lund"))
        assert problem.line == text[: text.index('"Bo Lund"')].count("\n") + 1

    def test_position_in_a_document(self) -> None:
        """A value inside a document has a path and no line."""
        shortlist = parse_shortlist(json.dumps({**RUN, "candidates": [BO, {**ADA, "name": 5}]}))
        problem = only_problem(shortlist)
        assert str(problem) == "<string>: candidates[1].name: must be text, not a number; left out"


class Unreadable(io.RawIOBase):
    """A stream that breaks after its first line."""

    def __init__(self) -> None:
        self.lines = iter([json.dumps(ADA).encode() + b"\n"])

    def readline(self, _size: int | None = -1, /) -> bytes:
        """Return the line, then fail like a broken connection."""
        try:
            return next(self.lines)
        except StopIteration:
            raise OSError(5, "Input/output error") from None


class TestSources:
    """Files and streams."""

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("nothing-here.json", "does not exist"),
            (".", "is a directory; name a file in it"),
            ("a\x00b", "cannot be read"),
            ("x" * 5000, "cannot be read: file name too long"),
            (json.dumps(ADA), "is JSON text, not a path; give it to parse_shortlist"),
        ],
    )
    def test_unreadable(self, source: str, message: str) -> None:
        """A source that cannot be read is a problem, with its name and never with data."""
        with pytest.raises(InputError) as caught:
            load_shortlist(source)
        (problem,) = caught.value.problems
        assert problem.message == message
        assert "Ada" not in str(problem)
        with pytest.raises(InputError, match=message):
            list(iter_candidates(source))

    def test_forbidden(self, tmp_path: Path) -> None:
        """A file without permission is a problem, told in the system's words."""
        path = tmp_path / "a.json"
        path.write_text(json.dumps(ADA))
        path.chmod(0)
        root = os.geteuid() == 0
        if root:  # who may read everything, so somebody else tries
            os.seteuid(65534)
        try:
            with pytest.raises(InputError, match=r"a\.json: cannot be read: permission denied"):
                load_shortlist(path)
        finally:
            if root:
                os.seteuid(0)

    def test_all_problems_of_all_sources(self, tmp_path: Path) -> None:
        """If nothing is usable, the one error has the problems of every source."""
        broken = tmp_path / "broken.json"
        broken.write_text('{"profileId": ')
        running = tmp_path / "running.json"
        running.write_text(json.dumps({"requestId": "r", "status": "processing"}))
        with pytest.raises(InputError) as caught:
            load_shortlist(broken, running, tmp_path / "gone.json")
        sources = [problem.source for problem in caught.value.problems]
        assert sources == [str(broken), str(running), str(tmp_path / "gone.json")]

    def test_one_good_source_is_enough(self, tmp_path: Path) -> None:
        """A missing file among good ones is a problem of the shortlist."""
        shortlist = load_shortlist(tmp_path / "gone.json", PAYLOADS / "candidate.json")
        assert len(shortlist.candidates) == 1
        assert only_problem(shortlist).source == str(tmp_path / "gone.json")

    def test_no_source(self) -> None:
        """Calling without sources says what is missing."""
        with pytest.raises(InputError, match="name at least one file"):
            load_shortlist()

    @pytest.mark.parametrize("load", [load_shortlist, iter_candidates])
    def test_standard_input(
        self,
        load: Callable[[str], Shortlist | Iterator[Candidate]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A dash is standard input, in bytes where there are bytes."""
        for stream in (
            io.TextIOWrapper(io.BytesIO(b'\xef\xbb\xbf{"profileId": "\xc4\x8d"}'), "ascii"),
            io.StringIO('{"profileId": "\u010d"}'),
        ):
            monkeypatch.setattr(sys, "stdin", stream)
            loaded = load("-")
            people = loaded.candidates if isinstance(loaded, Shortlist) else loaded
            assert [candidate.profile_id for candidate in people] == ["č"]

    def test_open_files_stay_open(self) -> None:
        """A stream of bytes or text is read from where it is and is not closed."""
        for stream in (io.BytesIO(json.dumps(ADA).encode()), io.StringIO(json.dumps(ADA))):
            assert names(load_shortlist(stream)) == ["Ada Novak"]
            assert not stream.closed

    def test_text_file_in_a_wrong_encoding(self) -> None:
        """A text stream that cannot be decoded is a problem, not an exception."""
        stream = io.TextIOWrapper(io.BytesIO(b'{"profileId": "\xff"}'), "ascii")
        with pytest.raises(InputError, match="is not valid ASCII, see byte 16"):
            load_shortlist(stream)


class TestStreaming:
    """``iter_candidates``."""

    def test_errors_come_after_the_candidates(self) -> None:
        """Without a callback all good candidates are yielded before the errors are raised."""
        payload = "\n".join([json.dumps(ADA), "{oops", json.dumps(BO), json.dumps(FAILURE)])
        candidates = iter_candidates(io.StringIO(payload))
        assert [next(candidates).name, next(candidates).name] == ["Ada Novak", "Bo Lund"]
        with pytest.raises(InputError) as caught:
            next(candidates)
        assert [problem.line for problem in caught.value.problems] == [2, 4]
        assert "PROFILE_NOT_FOUND" in caught.value.problems[1].message

    def test_callback_gets_everything(self) -> None:
        """With a callback nothing is raised, and notices arrive as well."""
        problems: list[Problem] = []
        records = [{**ADA, "name": "a\x00"}, {**RUN, "data": [FAILURE]}, {}]
        payload = "\n".join(map(json.dumps, records))
        found = list(iter_candidates(io.StringIO(payload), on_problem=problems.append))
        assert [candidate.name for candidate in found] == ["a"]
        assert [(problem.line, problem.severity) for problem in problems] == [
            (1, "notice"),
            (2, "error"),
            (3, "error"),
        ]

    def test_notices_alone_raise_nothing(self) -> None:
        """Text that was changed is no reason to fail."""
        assert len(list(iter_candidates(io.StringIO(json.dumps({**ADA, "name": "a\x00"}))))) == 1

    def test_reads_no_further_than_it_must(self) -> None:
        """A candidate is there as soon as its line is."""
        taken = 0

        def lines() -> Iterator[bytes]:
            nonlocal taken
            for number in range(1000):
                taken += 1
                yield json.dumps({"profileId": str(number)}).encode() + b"\n"

        class Stream(io.RawIOBase):
            def __init__(self) -> None:
                self.lines = lines()

            def readline(self, _size: int | None = -1, /) -> bytes:
                return next(self.lines, b"")

        candidates = iter_candidates(Stream())  # type: ignore[arg-type]
        assert [next(candidates).profile_id for _ in range(3)] == ["0", "1", "2"]
        assert taken == 3

    def test_stream_that_breaks(self) -> None:
        """What came before a broken connection is delivered, then the problem."""
        problems: list[Problem] = []
        found = list(iter_candidates(Unreadable(), on_problem=problems.append))  # type: ignore[arg-type]
        assert [candidate.name for candidate in found] == ["Ada Novak"]
        assert "input/output error" in problems[-1].message

    def test_agrees_with_parsing(self) -> None:
        """Streaming and parsing find the same candidates in every example."""
        for path in sorted(PAYLOADS.iterdir()):
            streamed = list(iter_candidates(path, on_problem=lambda _: None))
            try:
                loaded = load_shortlist(path).candidates
            except InputError:
                loaded = ()
            assert tuple(streamed) == loaded


EXPECTED: dict[str, tuple[int, int] | str] = {
    "candidate.json": (1, 0),
    "candidates.jsonl": (4, 0),
    "enrichment-completed.json": (2, 0),
    "enrichment-failed.json": "failed (INTERNAL_ERROR",
    "enrichment-partial.json": (1, 2),
    "preview-completed.json": (4, 0),
    "shortlist.json": (3, 1),
    "sourcing-completed.json": (6, 0),
    "sourcing-failed.json": "failed (PROVIDER_TEMPORARILY_UNAVAILABLE",
    "sourcing-processing.json": "is still processing",
}


class TestExamples:
    """The payloads in examples/."""

    def test_all_are_expected(self) -> None:
        """Every example is in the table below, and the other way round."""
        assert sorted(path.name for path in PAYLOADS.iterdir()) == sorted(EXPECTED)

    @pytest.mark.parametrize("name", EXPECTED)
    def test_example(self, name: str) -> None:
        """Each example loads to its people without a problem, or to its one clear error."""
        expected = EXPECTED[name]
        if isinstance(expected, str):
            with pytest.raises(InputError) as caught:
                load_shortlist(PAYLOADS / name)
            (problem,) = caught.value.problems
            assert expected in problem.message
        else:
            shortlist = load_shortlist(PAYLOADS / name)
            assert (len(shortlist.candidates), len(shortlist.failed)) == expected
            assert shortlist.problems == ()

    @pytest.mark.parametrize("field", sorted(Candidate.model_fields))
    def test_every_field_may_be_missing(self, field: str) -> None:
        """Without any one field, or with null in it, a candidate loads, except for its id."""
        payload: dict[str, Any] = json.loads((PAYLOADS / "candidate.json").read_text("utf-8"))
        alias = Candidate.model_fields[field].alias or field
        for value in ({k: v for k, v in payload.items() if k != alias}, {**payload, alias: None}):
            if field == "profile_id":
                assert problems_of(json.dumps(value))[0].path == ("profileId",)
            else:
                assert parse(value).problems == ()
