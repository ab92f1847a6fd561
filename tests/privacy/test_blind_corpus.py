"""Blind documents about five hundred people of forty languages name nobody, and keep the rest."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from keeping import Tally, compared, texts_of
from people import AMBIGUOUS, GROUPS, LOCALES, Person, ordinary_words, people_of, shortlist_of
from searching import Hit, Searcher, View, needles, views, views_of, vocabulary, words

from candidate_cards import export_candidates, list_formats
from candidate_cards.exports import get_exporter, render
from candidate_cards.models import Candidate, ExperienceItem, RationaleItem, Shortlist
from candidate_cards.privacy import apply_profile, load_profile
from candidate_cards.privacy.codes import BlindKey
from command_line import invoke, sourcing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from candidate_cards.cards import Density
    from candidate_cards.privacy import Disclosure, Profile

KEY: Final = BlindKey(bytes(range(32)))
#: Of the ordinary words, at most so many may go: of all, and of one locale.
MOST_OF_ALL: Final = 0.02
MOST_OF_A_LOCALE: Final = 0.04
#: Finds that wait for a person, at most: a page of them for a shortlist.
MOST_LISTED_OF_A_PERSON: Final = 2

_DENSITIES: Final[tuple[Density, ...]] = ("card", "detail")

_groups: Final = pytest.mark.parametrize("group", GROUPS, ids="+".join)
#: Everybody is in a shortlist of every format. On paper and alone, half of the groups are put by
#: the API and half by the command line, since a dossier takes a sixth of a second a person.
_BY_API, _BY_COMMAND = GROUPS[::2], GROUPS[1::2]
_OF_ONE: Final = ("element", "email", "fragment", "page")
_PARTS: Final = "parts"  # the folder where those of a dossier are kept


@pytest.fixture(scope="module", autouse=True)
def _once() -> Iterator[None]:
    """What is shown of a shortlist is made once for all formats: it is as long as the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("candidate_cards.privacy.apply_profile", cache(apply_profile))
        yield


@cache
def _profile() -> Profile:
    return load_profile("blind", key=KEY)


@cache
def _blinded(group: tuple[str, ...]) -> Disclosure:
    return apply_profile(shortlist_of(people_of(group)), _profile())


@cache
def _searcher(group: tuple[str, ...]) -> Searcher:
    return Searcher(needle for person in people_of(group) for needle in person.needles)


@cache
def _ordinary(group: tuple[str, ...]) -> frozenset[str]:
    """Return the words that tell nothing, folded."""
    known: set[str] = set()
    for person in people_of(group):
        for text in person.candidate.skills:
            known.update(words(text))
        for prose in person.texts.values():
            known.update(word for text in ordinary_words(prose) for word in words(text))
    return frozenset(known)


def _listed(group: tuple[str, ...]) -> set[str]:
    """Return the words that a person is asked about and that stand meanwhile."""
    finds = (find for find in _blinded(group).finds if not find.certain and not find.removed)
    return {word for find in finds for word in words(find.word)}


def _leaks(
    group: tuple[str, ...],
    found: Iterable[View],
    usual: Mapping[str, set[str]],
    *,
    of: Searcher | None = None,
) -> set[Hit]:
    """Return what tells who somebody is, apart from what is listed.

    A name inside an ordinary word, as Ferenc in "references", is no leak where that word was put
    there as one. Neither is Ruby in what somebody else can do.
    """
    listed, ordinary = _listed(group), _ordinary(group)
    namesakes = of is None and group == (AMBIGUOUS,)
    return {
        hit
        for hit in (of or _searcher(group)).hits(found, usual)
        if hit.word not in listed
        and not ((namesakes or hit.word != hit.needle.text) and set(words(hit.word)) <= ordinary)
    }


def _nobody() -> Shortlist:
    """Return a shortlist of nobody, with everything that there can be."""
    role = ExperienceItem(role="0", company="0", duration="0", highlights=("0",))
    reason = RationaleItem(title="0", company="0", duration="0", relevance_explanation="0")
    scored = [
        Candidate(
            profile_id=str(number),
            name="0",
            match_score=score,
            skills=("0",) * 12,
            headline="0",
            location="0",
            current_company="0",
            current_role="0",
            rationale="0 " * 300,
            ai_fit_points=("0",) * 6,
            ai_detailed_rationale=(reason,),
            detailed_experience=(role,),
            emails=("0",),
        )
        for number, score in enumerate((95, 75, 55, 20, None))
    ]
    return shortlist_of([Person("", candidate, {}, frozenset()) for candidate in scored])


@cache
def _usual(format_name: str) -> dict[str, set[str]]:
    """Return the words of documents that are about nobody: those of the toolkit itself."""
    extension = get_exporter(format_name).file_extension
    documents = [
        export_candidates(content, format=format_name, density=density, profile=_profile())
        for content in (_nobody(), _nobody().candidates[0])
        for density in _DENSITIES
    ]
    return vocabulary(view for document in documents for view in views_of(document, extension))


def test_the_corpus_is_as_large_as_it_says() -> None:
    """At least 500 people of at least 40 locales, each with a name, addresses and all texts."""
    assert len(set(LOCALES)) == len(LOCALES) >= 40
    everybody = [person for group in GROUPS for person in people_of(group)]
    assert len(everybody) >= 500
    assert len({person.candidate.profile_id for person in everybody}) == len(everybody)
    for person in everybody:
        assert len(person.candidate.emails) == 2
        assert len(person.texts) >= 10
        told = {word.reveals for prose in person.texts.values() for word in prose.words}
        assert {"", "employer", "colleague"} < told
        assert told & {"name", "short"}


@pytest.mark.parametrize(
    ("group", "format_name"),
    [
        pytest.param(group, format_name, id=f"{format_name}-{'+'.join(group)}")
        for format_name in list_formats()
        for group in (_BY_API if format_name == "pdf" else GROUPS)
    ],
)
def test_no_format_names_anybody(group: tuple[str, ...], format_name: str) -> None:
    """A blind shortlist holds no name, address, slug or id, in whatever place of a file."""
    shortlist = shortlist_of(people_of(group))
    # In detail a message of so many is too long to send.
    density: Density = "card" if format_name == "email" else "detail"
    data = export_candidates(shortlist, format=format_name, density=density, profile=_profile())
    found = list(views_of(data, get_exporter(format_name).file_extension))
    assert not _leaks(group, found, _usual(format_name))


@_groups
def test_no_picture_is_drawn_from_a_name(group: tuple[str, ...]) -> None:
    """What a picture is drawn from names nobody, since nobody can search pixels."""
    nobody = (_nobody(), _nobody().candidates[0])
    usual = vocabulary(view for content in nobody for view in _drawn(content))
    for content in (shortlist_of(people_of(group)), people_of(group)[0].candidate):
        assert not _leaks(group, _drawn(content), usual)


def _drawn(content: Candidate | Shortlist) -> Iterator[View]:
    document = render(content, format="png", profile=_profile()).document
    return views_of(str(document).encode(), ".html")


@pytest.mark.parametrize("group", _BY_API, ids="+".join)
@pytest.mark.parametrize("format_name", ["email", "fragment"])  # which is in the other two
def test_no_format_names_who_stands_alone(group: tuple[str, ...], format_name: str) -> None:
    """A blind document about one person does not tell who it is."""
    extension = get_exporter(format_name).file_extension
    for person in people_of(group):
        data = export_candidates(
            person.candidate, format=format_name, density="card", profile=_profile()
        )
        own = Searcher(person.needles)
        found = list(views_of(data, extension))
        assert not _leaks(group, found, _usual(format_name), of=own), person.candidate.name


@pytest.mark.parametrize("group", _BY_COMMAND, ids="+".join)
@pytest.mark.parametrize("format_name", _OF_ONE)
def test_no_file_of_the_command_line_names_anybody(
    group: tuple[str, ...], format_name: str, tmp_path: Path
) -> None:
    """Files, their names, the report in JSON, stderr and the redaction report name nobody."""
    out = _check_command(group, format_name, tmp_path)
    assert len(list(out.iterdir())) >= len(people_of(group))


@pytest.mark.parametrize("group", _BY_COMMAND, ids="+".join)
def test_no_dossier_of_the_command_line_names_anybody(
    group: tuple[str, ...], tmp_path: Path
) -> None:
    """A dossier on disk and the cache of its parts name nobody."""
    _check_command(group, "pdf", tmp_path)
    parts = list((tmp_path / _PARTS).iterdir())
    assert len(parts) >= len(people_of(group))
    for part in parts:
        data = part.read_bytes()
        kind = ".pdf" if data.startswith(b"%PDF") else ".bin"
        found = [View("file name", part.name), *views_of(data, kind)]
        assert not _leaks(group, found, _usual("pdf"))


def _check_command(group: tuple[str, ...], format_name: str, folder: Path) -> Path:
    """Render into a folder, look at all that is there and was said, and return where it is."""
    people = [person.candidate for person in people_of(group)]
    out, said = _run_command(folder, people, format_name)
    for path in [out] if out.is_file() else sorted(out.iterdir()):
        assert not _leaks(group, views(path), _usual(format_name)), path.name
    assert not _leaks(group, said, _usually_said(format_name))
    return out


@cache
def _usually_said(format_name: str) -> dict[str, set[str]]:
    """Return the words of what the command says where there is nobody."""
    nobody = Candidate(profile_id="0", name="0", rationale="0")
    with TemporaryDirectory() as folder:
        return vocabulary(_run_command(Path(folder), [nobody], format_name)[1])


def _run_command(
    folder: Path, people: list[Candidate], format_name: str
) -> tuple[Path, list[View]]:
    """Render into a folder, or a file; return where, and all that the command said of it."""
    source, report = folder / "results.json", folder / "finds.json"
    source.write_text(sourcing(*(person.to_wire() for person in people)), "utf-8")
    out = folder / ("out.pdf" if format_name == "pdf" else "out")
    options: list[object] = ["--density", "detail"]
    if format_name == "pdf":
        options = ["--cache", folder / _PARTS, "--jobs", "1"]
    elif format_name == "email":
        options += ["--from", "Desk <desk@acme.test>", "--to", "bo@client.test"]
    result = invoke(
        *("render", source, "-o", out if out.suffix else f"{out}{os.sep}", "--profile", "blind"),
        *("--json", "--key-file", folder / "key.json", "--redaction-report", report),
        *("--format", format_name, *options),
    )
    assert result.exit_code == 0, result.stderr
    found = json.loads(report.read_bytes())
    for find in found["finds"]:
        for place in find["places"]:
            del place["word"]  # which it is there to ask about
    texts = {".json": result.stdout, ".txt": result.stderr}
    said = [
        view
        for kind, text in texts.items()
        for view in views_of(text.replace(str(folder), "").encode(), kind)
    ]
    said += views_of(json.dumps(found, ensure_ascii=False).encode(), ".json")
    return out, said


@_groups
def test_no_word_that_tells_is_left_in_its_place(group: tuple[str, ...]) -> None:
    """Names, initials, addresses, the employer, titles and pronouns are gone from every text."""
    listed = _listed(group)
    left = [
        (person.locale, path, str(word))
        for person, tally in _tallies(group)
        for path, word in tally.left
        if not set(words(word.text)) <= listed
    ]
    assert not left


def test_ordinary_words_stay(record_property: Any) -> None:  # noqa: ANN401  pytest's
    """Of the words that tell nothing at most two in a hundred go, in any language few."""
    of_locales: dict[str, Tally] = {}
    whole = Tally()
    listed = removed = 0
    for group in GROUPS:
        for person, tally in _tallies(group):
            for each in (whole, of_locales.setdefault(person.locale, Tally())):
                each.ordinary += tally.ordinary
                each.removed.update(tally.removed)
        uncertain = [find for find in _blinded(group).finds if not find.certain]
        listed += len(uncertain)
        removed += sum(find.removed for find in uncertain)
    people = sum(len(people_of(group)) for group in GROUPS)
    record_property(
        "measured",
        f"blind corpus: {people} people, {whole.ordinary} ordinary words, "
        f"{whole.removed.total()} removed ({whole.share:.2%}); listed as ambiguous {listed}, "
        f"{removed} of them removed",
    )
    for locale, tally in sorted(of_locales.items(), key=lambda item: -item[1].share)[:5]:
        most = ", ".join(word for word, _ in tally.removed.most_common(5))
        record_property("measured", f"blind corpus: {locale} {tally.share:.2%} removed: {most}")
    assert whole.share <= MOST_OF_ALL
    worst = {locale: tally.share for locale, tally in of_locales.items() if locale != AMBIGUOUS}
    assert max(worst.values()) <= MOST_OF_A_LOCALE
    assert listed <= MOST_LISTED_OF_A_PERSON * people


@cache
def _tallies(group: tuple[str, ...]) -> list[tuple[Person, Tally]]:
    shown = _blinded(group).content
    assert isinstance(shown, Shortlist)
    found = []
    for person, candidate in zip(people_of(group), shown.candidates, strict=True):
        tally = Tally()
        for path, prose, text in texts_of(person, candidate):
            tally.add(path, compared(prose, text))
        found.append((person, tally))
    return found


def test_what_is_not_blind_is_full_of_names() -> None:
    """The same search of what the team itself sees finds everybody, so it does look."""
    group = GROUPS[0]
    data = export_candidates(
        shortlist_of(people_of(group)), format="page", density="detail", profile="internal"
    )
    kinds = {hit.needle.kind for hit in _searcher(group).hits(views_of(data, ".html"))}
    assert kinds == {needle.kind for person in people_of(group) for needle in person.needles}
    for person in people_of(group):
        for _, prose, text in texts_of(person, person.candidate):
            kept = compared(prose, text)
            assert not kept.removed
            assert len(kept.left) == sum(word.reveals not in {"", "short"} for word in prose.words)


def test_a_removed_word_counts() -> None:
    """Ordinary words that go are counted one by one, and names that stay are told."""
    person = people_of(GROUPS[0])[0]
    prose = person.texts["rationale"]
    kept = compared(prose, " ".join(word.text for word in prose.words[1:] if not word.reveals))
    assert len(kept.removed) == (0 if prose.words[0].reveals else 1)
    assert not kept.left
    assert {hit.needle.kind for hit in Searcher(needles(name="Ana Li")).hits([View("", "ana")])}
