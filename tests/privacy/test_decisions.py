"""The redaction report, which is also the file in which somebody decides."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidate_cards.errors import InputError
from candidate_cards.models import Candidate
from candidate_cards.privacy import apply_profile, load_profile
from candidate_cards.privacy.codes import BlindKey
from candidate_cards.privacy.decisions import Decisions, load_decisions, write_report
from candidate_cards.privacy.redaction import Find, Person, Redactor
from candidate_cards.privacy.words import DEFAULT_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KEY = BlindKey(bytes(range(32)))
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


def doubt(number: int, **fields: Any) -> Find:  # noqa: ANN401  of a find
    """Return a find that is not certain, of an id of its own."""
    known: dict[str, Any] = {
        "path": "rationale",
        "word": "Rose",
        "context": "the […] Garden",
        "kind": "name",
        "certain": False,
        "removed": True,
        "code": KEY.code("p"),
        "id": KEY.identify(str(number)),
    }
    return Find(**{**known, **fields})


def read(path: Path) -> dict[str, Any]:
    """Return what a report holds."""
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def decide(path: Path, decisions: Mapping[str, object]) -> None:
    """Fill in a report as somebody with an editor does."""
    value = read(path)
    for entry in value["finds"]:
        entry["decision"] = decisions.get(entry["id"], entry["decision"])
    path.write_text(json.dumps(value, indent=4), "utf-8")


def problems(path: Path) -> list[tuple[str, str]]:
    """Return field and message of each problem of a file, which all name the file."""
    with pytest.raises(InputError) as caught:
        load_decisions(path, KEY)
    assert {problem.source for problem in caught.value.problems} == {str(path)}
    return [(problem.field, problem.message) for problem in caught.value.problems]


def test_a_report_says_all_that_a_person_needs(tmp_path: Path) -> None:
    """Each find with what is around it, those of one id together; the rest is counted."""
    path = tmp_path / "report.json"
    finds = [doubt(1), doubt(2, kind="title", word="Will", removed=False), doubt(1, word="rose")]
    write_report(path, [*finds, finds[0]], {"name": 31, "email": 4}, KEY)
    report = read(path)
    assert report.pop("about").startswith("Each find")
    assert report == {
        "kind": "candidate-cards redaction report",
        "version": 1,
        "key": KEY.name,
        "certain": {"email": 4, "name": 31},
        "finds": [
            {
                "id": KEY.identify("1"),
                "decision": None,
                "code": KEY.code("p"),
                "path": "rationale",
                "kind": "name",
                "places": [
                    {"word": "Rose", "context": "the […] Garden", "removed": True},
                    {"word": "rose", "context": "the […] Garden", "removed": True},
                ],
            },
            {
                "id": KEY.identify("2"),
                "decision": None,
                "code": KEY.code("p"),
                "path": "rationale",
                "kind": "title",
                "places": [{"word": "Will", "context": "the […] Garden", "removed": False}],
            },
        ],
        "earlier": [],
    }


def test_nothing_is_decided_until_somebody_does(tmp_path: Path) -> None:
    """A new report decides nothing, and neither do no decisions at all."""
    path = tmp_path / "report.json"
    write_report(path, [doubt(1)], {}, KEY)
    for decisions in (load_decisions(path, KEY), Decisions()):
        assert decisions.removes(KEY.identify("1")) is None


ACTIONS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 7), max_size=6),  # what a run finds
        st.dictionaries(st.integers(0, 7), st.sampled_from(["keep", "remove", None])),
    ),
    max_size=6,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ACTIONS)
def test_what_was_decided_stays_so_whatever_later_runs_find(
    tmp_path: Path, runs: Sequence[tuple[Sequence[int], Mapping[int, str | None]]]
) -> None:
    """Each run lists what it found, and keeps the decision of what it did not find."""
    path = tmp_path / "report.json"
    path.unlink(missing_ok=True)
    expected: dict[str, str] = {}
    for found, decided in runs:
        write_report(path, map(doubt, found), {}, KEY)
        ids = [entry["id"] for entry in read(path)["finds"]]
        assert ids == [KEY.identify(str(number)) for number in dict.fromkeys(found)]
        filled_in = {KEY.identify(str(number)): decision for number, decision in decided.items()}
        decide(path, filled_in)
        expected |= {each: filled_in[each] or "" for each in ids if each in filled_in}
        expected = {each: decision for each, decision in expected.items() if decision}
        assert load_decisions(path, KEY).by_id == expected
        earlier = {entry["id"] for entry in read(path)["earlier"]}
        assert earlier.isdisjoint(ids)


def test_what_was_noted_beside_a_decision_stays(tmp_path: Path) -> None:
    """An entry that is not found any more keeps all that it said."""
    path = tmp_path / "report.json"
    write_report(path, [doubt(1)], {}, KEY)
    value = read(path)
    value["finds"][0] |= {"decision": "keep", "note": "the product"}
    path.write_text(json.dumps(value), "utf-8")
    write_report(path, [], {}, KEY)
    assert read(path)["earlier"] == value["finds"]
    write_report(path, [doubt(1)], {}, KEY)
    assert read(path)["finds"][0]["decision"] == "keep"
    assert read(path)["earlier"] == []


def test_a_decision_can_be_taken_back(tmp_path: Path) -> None:
    """With null in its place again."""
    path = tmp_path / "report.json"
    write_report(path, [doubt(1)], {}, KEY)
    decide(path, {KEY.identify("1"): "keep"})
    assert load_decisions(path, KEY).removes(KEY.identify("1")) is False
    value = read(path)
    value["finds"][0]["decision"] = None
    path.write_text(json.dumps(value), "utf-8")
    assert load_decisions(path, KEY).removes(KEY.identify("1")) is None


def test_id_and_decision_are_all_that_is_needed(tmp_path: Path) -> None:
    """Of many reports somebody may make one file."""
    path = tmp_path / "decisions.json"
    entries = [
        {"id": "F-1", "decision": "keep"},
        {"id": "F-2", "decision": "remove"},
        {"id": "F-3"},
    ]
    value = {
        "kind": "candidate-cards redaction report",
        "version": 1,
        "key": KEY.name,
        "finds": [*entries, entries[0]],
    }
    path.write_text(json.dumps(value), "utf-8")
    path.chmod(0o600)
    decisions = load_decisions(path, KEY)
    asked = [decisions.removes(find_id) for find_id in ("F-1", "F-2", "F-3", "F-4")]
    assert asked == [False, True, None, None]


@posix
def test_a_report_is_for_its_owner_only(tmp_path: Path) -> None:
    """It holds words that may be names; one that others may open is neither read nor replaced."""
    path = tmp_path / "report.json"
    previous = os.umask(0)
    try:
        write_report(path, [doubt(1)], {}, KEY)
    finally:
        os.umask(previous)
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    path.chmod(0o644)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"chmod 600 report\.json"):
        load_decisions(path, KEY)
    with pytest.raises(InputError, match=r"chmod 600 report\.json"):
        write_report(path, [], {}, KEY)
    assert path.read_bytes() == before


def test_a_report_of_another_key_is_refused(tmp_path: Path) -> None:
    """Its ids would match nothing, and what somebody decided would be lost without a word."""
    path = tmp_path / "report.json"
    write_report(path, [doubt(1)], {}, BlindKey.generate())
    before = path.read_bytes()
    assert [field for field, _ in problems(path)] == ["key"]
    with pytest.raises(InputError, match="another key file"):
        write_report(path, [doubt(1)], {}, KEY)
    assert path.read_bytes() == before


ENTRY = {"id": "F-1", "decision": "keep", "places": [{"word": "Ada"}]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"finds": {"id": "Ada"}}, [("finds", "must be a list")]),
        ({"earlier": None}, [("earlier", "must be a list")]),
        (
            {"finds": ["Ada", {"decision": "keep"}, {"id": 5}], "earlier": [None]},
            [
                ("finds[0]", "must be an object with an id"),
                ("finds[1]", "must be an object with an id"),
                ("finds[2]", "must be an object with an id"),
                ("earlier[0]", "must be an object with an id"),
            ],
        ),
        (
            {"finds": [ENTRY | {"decision": each} for each in ("Keep", True, "", ["keep"], "Ada")]},
            [(f"finds[{at}].decision", 'must be null, "keep" or "remove"') for at in range(5)],
        ),
        (
            {"finds": [ENTRY, ENTRY | {"decision": None}, ENTRY | {"decision": "remove"}]},
            [("finds[2].decision", "is not what another entry of the same id says")],
        ),
        (
            {"finds": [ENTRY], "earlier": [ENTRY | {"decision": "remove"}]},
            [("earlier[0].decision", "is not what another entry of the same id says")],
        ),
        ({"kind": "candidate-cards key file"}, [("", "is no candidate-cards redaction report")]),
        ({"version": 7}, [("version", "is 7, of a newer candidate-cards; this one knows 1")]),
    ],
)
def test_every_problem_of_a_report_is_listed_with_its_place(
    tmp_path: Path, changes: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    """Nothing in it is guessed, repeated or written over."""
    path = tmp_path / "report.json"
    write_report(path, [], {}, KEY)
    path.write_text(json.dumps(read(path) | changes), "utf-8")
    before = path.read_bytes()
    assert problems(path) == expected
    with pytest.raises(InputError):
        write_report(path, [doubt(1)], {}, KEY)
    assert path.read_bytes() == before


def test_hostile_words_are_written_so_that_they_can_be_shown(tmp_path: Path) -> None:
    """A terminal that prints the report does nothing else."""
    path = tmp_path / "report.json"
    word = "\x1b[2J\u202eRose\0\ud800</script>"
    write_report(path, [doubt(1, word=word, context=word * 1000)], {}, KEY)
    text = path.read_text("utf-8")
    assert text.replace("\n", "").isprintable()
    assert read(path)["finds"][0]["places"][0]["word"] == word


def test_runs_at_a_time_lose_no_decision(tmp_path: Path) -> None:
    """Each reads and writes the report; nobody writes over what another has just kept."""
    path = tmp_path / "report.json"
    write_report(path, map(doubt, range(40)), {}, KEY)
    decide(path, {KEY.identify(str(number)): "keep" for number in range(40)})
    before = load_decisions(path, KEY)
    program = (
        "import sys\n"
        "from candidate_cards.privacy.codes import BlindKey\n"
        "from candidate_cards.privacy.decisions import write_report\n"
        "for _ in range(20): write_report(sys.argv[1], [], {}, BlindKey(bytes(range(32))))"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, str(path)]) for _ in range(3)]
    for _ in range(20):
        write_report(path, map(doubt, range(20)), {}, KEY)
    assert [process.wait() for process in started] == [0, 0, 0]
    assert load_decisions(path, KEY) == before


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (None, "CODE led the CODE team."),
        ("keep", "CODE led the Rose team."),
        ("remove", "CODE led the CODE team."),
    ],
)
def test_redaction_obeys_what_was_filled_in(
    tmp_path: Path, decision: str | None, expected: str
) -> None:
    """From a text to a report, to a decision, to the text of the next run; ids are the same."""
    path, code = tmp_path / "report.json", KEY.code("prof_1")
    person = Person(code=code, name="Rose Baker", profile_id="prof_1")

    def redacted(decisions: Decisions) -> tuple[str, tuple[Find, ...]]:
        redactor = Redactor(
            person, words=DEFAULT_WORDS, identify=KEY.identify, decide=decisions.removes
        )
        text = redactor.text("Rose Baker led the Rose team.", "rationale")
        certain = {str(kind): count for kind, count in redactor.counts.items()}
        write_report(path, redactor.finds, certain, KEY)
        return text.replace(code, "CODE"), redactor.finds

    first, (found,) = redacted(Decisions())
    assert first == "CODE led the CODE team."
    assert read(path)["certain"] == {"name": 1}
    decide(path, {found.id: decision})
    again, (the_same,) = redacted(load_decisions(path, KEY))
    assert again == expected
    assert the_same.id == found.id
    (entry,) = read(path)["finds"]
    assert entry["decision"] == decision
    assert [place["removed"] for place in entry["places"]] == [decision != "keep"]


def test_nothing_of_a_report_is_in_the_repr_of_its_decisions() -> None:
    """Not even ids."""
    assert repr(Decisions({"F-1": "keep"})) == "Decisions()"


@pytest.mark.parametrize(
    "text", ["led the Rose Garden", "of rose, and rose", "@Rose, ROSE", "rose"]
)
@pytest.mark.parametrize("slug", ["rose", "rose-lee", "4711", ""])
def test_each_word_is_asked_for_once_and_every_answer_obeyed(text: str, slug: str) -> None:
    """Also where a word may be a part of the name, the slug of the profile and a skill at once."""
    person = Candidate(
        profile_id="p",
        name="Rose Lee",
        linkedin_url=f"https://linkedin.example/in/{slug}" if slug else None,
        skills=("Rose", "4711"),
        rationale=f"{text} 4711",
    )

    def disclosed(decisions: Decisions) -> tuple[Candidate, tuple[Find, ...]]:
        profile = load_profile("blind", key=KEY, decisions=decisions)
        content, finds, _, _ = apply_profile(person, profile)
        assert isinstance(content, Candidate)
        return content, finds

    _, finds = disclosed(Decisions())
    assert finds
    asked = [(find.path, find.word) for find in finds]
    assert len(asked) == len(set(asked))
    kept, _ = disclosed(Decisions({find.id: "keep" for find in finds}))
    handle = "@Rose" in text  # holds the name, for certain
    assert kept.rationale == ("[link], ROSE 4711" if handle else person.rationale)
    assert kept.skills == person.skills
    gone, _ = disclosed(Decisions({find.id: "remove" for find in finds}))
    assert "rose" not in f"{gone.rationale} {gone.skills}".casefold()
