"""A rerun makes what has changed, leaves alone what has not, and believes nothing untrue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from batches import digest, entries, files_in, person
from hypothesis import given, settings
from hypothesis import strategies as st

from candidate_cards.batch.manifest import Index, entry_of
from candidate_cards.batch.names import key_of, stem_of
from candidate_cards.batch.plan import make_plan
from candidate_cards.cards import NoticeFacts
from candidate_cards.privacy import BlindKey, load_profile
from command_line import invoke

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from click.testing import Result


def _write(tmp_path: Path, people: Iterable[Mapping[str, Any]]) -> Path:
    path = tmp_path / "people.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in people), "utf-8")
    return path


def _batch(tmp_path: Path, *options: object, to: str = "out") -> dict[str, Any]:
    source = tmp_path / "people.jsonl"
    result = invoke("batch", source, "-o", tmp_path / to, "--workers", 1, "--json", *options)
    assert result.exit_code == 0, result.output
    event: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return event


@pytest.mark.parametrize("to", ["out", "out.jsonl"])
def test_only_what_changed_is_made_again(tmp_path: Path, to: str) -> None:
    """A new, a changed and a moved record, and one that is gone: what is left is as made anew."""
    people = [person(number) for number in range(10)]
    _write(tmp_path, people)
    assert _batch(tmp_path, to=to)["rendered"] == 10
    people[3] = person(3, headline="Promoted")
    people.insert(2, person(77))
    people.append(people.pop(5))
    del people[8]
    _write(tmp_path, people)
    event = _batch(tmp_path, to=to)
    assert (event["rendered"], event["kept"]) == (2, 8)
    _batch(tmp_path, to=f"new-{to}")
    if to.endswith(".jsonl"):
        assert (tmp_path / to).read_bytes() == (tmp_path / f"new-{to}").read_bytes()
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
        return
    new = {name: digest(path) for name, path in files_in(tmp_path / f"new-{to}").items()}
    there = {name: digest(path) for name, path in files_in(tmp_path / to).items()}
    assert new.items() <= there.items()


@pytest.mark.parametrize(
    "option",
    [
        ["--theme", "light"],
        ["--density", "detail"],
        ["--lang", "de"],
        ["--no-emails"],
        ["--no-notice"],
        ["--contact", "privacy@acme.example"],
        ["--profile", "client"],
    ],
)
def test_other_options_make_everything_again(tmp_path: Path, option: list[str]) -> None:
    """Whatever bears on a document is in the hash of its record."""
    _write(tmp_path, [person(1), person(2)])
    _batch(tmp_path)
    assert _batch(tmp_path, *option)["rendered"] == 2
    assert _batch(tmp_path, *option)["kept"] == 2
    manifest = (tmp_path / "out" / "manifest.jsonl").read_text("utf-8").splitlines()
    plans = [json.loads(line) for line in manifest if "kind" in json.loads(line)]
    assert len({plan["plan"] for plan in plans}) == len(plans) == 2


def test_templates_that_change_make_everything_again(tmp_path: Path) -> None:
    """The text of one's own templates counts, not the name of their folder."""
    _write(tmp_path, [person(1)])
    templates = tmp_path / "own"
    (templates / "card").mkdir(parents=True)
    (templates / "card" / "_skills.html").write_text("<p>one</p>\n", "utf-8")
    options = ["--templates", templates]
    _batch(tmp_path, *options)
    assert _batch(tmp_path, *options)["kept"] == 1
    (templates / "card" / "_skills.html").write_text("<p>two</p>\n", "utf-8")
    assert _batch(tmp_path, *options)["rendered"] == 1
    (path,) = files_in(tmp_path / "out").values()
    assert "<p>two</p>" in path.read_text("utf-8")


def test_another_format_is_added_beside(tmp_path: Path) -> None:
    """A manifest has both, and going back to the first finds that it was made with another plan."""
    _write(tmp_path, [person(1)])
    _batch(tmp_path, "--format", "page")
    _batch(tmp_path, "--format", "page,fragment,element,email")
    names = sorted(name.partition(".")[2] for name in files_in(tmp_path / "out"))
    assert names == ["element.html", "eml", "fragment.html", "html"]


def test_what_is_missing_or_cut_is_made_again(tmp_path: Path) -> None:
    """A file that is gone or of another size is made again; one that was altered if asked for."""
    _write(tmp_path, [person(number) for number in range(5)])
    _batch(tmp_path)
    before = {name: digest(path) for name, path in files_in(tmp_path / "out").items()}
    gone, cut, altered, *_ = files_in(tmp_path / "out").values()
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    altered.write_bytes(altered.read_bytes()[:-2] + b"!\n")
    assert _batch(tmp_path)["rendered"] == 2
    assert _batch(tmp_path, "--check-hashes")["rendered"] == 1
    assert _batch(tmp_path, "--check-hashes")["kept"] == 5
    assert {n: digest(p) for n, p in files_in(tmp_path / "out").items()} == before


def test_altered_results_are_made_again_if_asked_for(tmp_path: Path) -> None:
    """A line of results whose document is not what was written is made again."""
    _write(tmp_path, [person(1), person(2)])
    _batch(tmp_path, to="out.jsonl")
    path = tmp_path / "out.jsonl"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"Person prof_2", b"Person prof_3", 1))
    assert _batch(tmp_path, to="out.jsonl")["kept"] == 2
    assert _batch(tmp_path, "--check-hashes", to="out.jsonl")["rendered"] == 1
    assert path.read_bytes() == before


def test_a_line_of_a_manifest_that_is_none_is_told(tmp_path: Path) -> None:
    """Only a last line that was cut is mended; what somebody broke is not guessed at."""
    _write(tmp_path, [person(1), person(2)])
    _batch(tmp_path)
    manifest = tmp_path / "out" / "manifest.jsonl"
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[:-5])
    assert _batch(tmp_path)["rendered"] == 1
    assert manifest.read_bytes() == whole
    manifest.write_bytes(whole + b'{"id": 3}\n')
    result = invoke("batch", tmp_path / "people.jsonl", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert ":4: is no line of a manifest" in result.stderr
    assert manifest.read_bytes() == whole + b'{"id": 3}\n'


def _verify(tmp_path: Path, *options: object, to: str = "out") -> Result:
    return invoke(
        *("batch", "verify", tmp_path / to, tmp_path / "people.jsonl", "--workers", 1, *options)
    )


@pytest.mark.parametrize("to", ["out", "out.jsonl"])
def test_verification_finds_what_is_not_as_it_was_made(tmp_path: Path, to: str) -> None:
    """It passes on what was made, and fails on an altered document, entry or option."""
    _write(tmp_path, [person(number) for number in range(20)])
    _batch(tmp_path, to=to)
    good = _verify(tmp_path, "--sample", "all", "--json", to=to)
    assert good.exit_code == 0
    assert json.loads(good.stdout) == {"checked": 20, "missing": 0, "wrong": []}
    sampled = _verify(tmp_path, "--sample", 7, "--seed", 3, "--json", to=to)
    assert json.loads(sampled.stdout)["checked"] == 7

    file = tmp_path / to if to.endswith("l") else next(iter(files_in(tmp_path / to).values()))
    before = file.read_bytes()
    file.write_bytes(before.replace(b"Person", b"Persom", 1))
    altered = _verify(tmp_path, "--sample", "all", to=to)
    assert altered.exit_code == 1
    assert "is missing, or not what the manifest says" in altered.stderr
    file.write_bytes(before)

    manifest = tmp_path / (f"{to}.manifest" if to.endswith("l") else f"{to}/manifest.jsonl")
    said = manifest.read_text("utf-8")
    right = entries(manifest)[4]["outputs"][0]["sha256"]
    manifest.write_text(said.replace(right, "0" * 64), "utf-8")
    untrue = _verify(tmp_path, "--sample", "all", to=to)
    assert untrue.exit_code == 1
    assert "people.jsonl:5: rendered anew, its page is not what the manifest says" in untrue.stderr
    manifest.write_text(said, "utf-8")

    other = _verify(tmp_path, "--theme", "light", to=to)
    assert other.exit_code == 1
    assert "was not made with this version and these options" in other.stderr
    _write(tmp_path, [person(number) for number in range(21)])
    assert _verify(tmp_path, to=to).exit_code == 3


def test_a_verification_of_nothing_fails(tmp_path: Path) -> None:
    """A destination that is not there is an error, and is not made."""
    _write(tmp_path, [person(1)])
    result = _verify(tmp_path)
    assert result.exit_code == 1
    assert "does not exist" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    """It tells what would be made and what could not be used, before and after a run."""
    path = _write(tmp_path, [person(1), {"name": 3}, person(2)])
    result = invoke("batch", path, "-o", tmp_path / "out", "--dry-run")
    assert result.exit_code == 3 or "Would render" in result.stderr
    assert "Would render" in result.stderr
    assert not (tmp_path / "out").exists()
    _write(tmp_path, [person(1), person(2)])
    _batch(tmp_path)
    _write(tmp_path, [person(1), person(2), person(3)])
    names = sorted(files_in(tmp_path / "out"))
    event = _batch(tmp_path, "--dry-run")
    assert (event["event"], event["rendered"], event["kept"]) == ("estimate", 1, 2)
    assert sorted(files_in(tmp_path / "out")) == names


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_each_id_has_a_name_of_its_own(one: str, other: str) -> None:
    """Names are safe, the same each time, and different for different ids."""
    names = [stem_of(each, key_of(each)) for each in (one, other, one)]
    assert names[0] == names[2]
    assert (names[0] == names[1]) == (one == other)
    first, second, stem = names[0].split("/")
    assert f"{first}{second}" == stem.rpartition("-")[2][:2]
    assert len(stem) < 100
    assert stem.isascii()
    assert stem.lower() == stem


@settings(deadline=None)
@given(
    st.binary(max_size=200)
    | st.builds(json.dumps, st.dictionaries(st.text(), st.text())).map(str.encode)
)
def test_no_line_breaks_the_reading_of_a_manifest(line: bytes) -> None:
    """Any bytes are a line of a manifest, or are told as none."""
    assert entry_of(line) is None
    with Index() as index, pytest.raises(ValueError, match="is no line of a manifest"):
        index.load([line + b"\n"], "there")


def test_any_number_of_candidates_of_a_chunk_are_claimed_together() -> None:
    """A document may have more of them than a statement of SQLite takes variables."""
    keys = [f"{number:020x}" for number in range(250_001)]
    with Index() as index:
        assert index.claim_all(keys, str)
        assert index.claim(keys[-1], "there") == "250000"
        assert not index.claim_all(["new", keys[7]], str)
        assert not index.claim_all(["new", "new"], str)
        assert index.claim("new", "there") is None
        assert index.claim(keys[7], "there") == "7"


def test_what_bears_on_a_document_is_in_the_hash_of_a_record() -> None:
    """Plans that differ in anything hash a record differently, and equal ones alike."""
    blind = load_profile("blind", key=BlindKey(b"k" * 32))
    other = load_profile("blind", key=BlindKey(b"o" * 32))
    plans = [
        make_plan(["page"]),
        make_plan(["page"], theme="light"),
        make_plan(["page"], density="row"),
        make_plan(["page"], lang="fr"),
        make_plan(["page"], profile="client"),
        make_plan(["page"], show_emails=False),
        make_plan(["page"], notice=NoticeFacts(source="there")),
        make_plan(["fragment"]),
        make_plan(["page", "fragment"]),
        make_plan(["page"], profile=blind),
        make_plan(["page"], profile=other),
    ]
    hashes = {plan.hash_of(b"{}") for plan in plans}
    assert len(hashes) == len(plans)
    assert make_plan(["page"], profile=blind).hash_of(b"{}") == plans[9].hash_of(b"{}")
    assert plans[9].key not in json.dumps(plans[9].header).encode()
    assert len({plan.name for plan in plans}) == len(plans)
