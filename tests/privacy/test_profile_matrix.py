"""Profile x format x field: what is in a document, for every cell."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import pytest

from candidate_cards import Shortlist, export_candidates, list_formats
from candidate_cards.exports import compiled_template, get_exporter, render
from candidate_cards.models import FailedProfile
from candidate_cards.privacy.fields import PATHS
from disclosures import marked_candidate, profiles, shows, text_in

if TYPE_CHECKING:
    from candidate_cards.privacy import Profile

PROFILES: Final = profiles()

_CARD: Final = frozenset(
    [
        "name",
        "linkedin_url",
        "match_score",
        "skills",
        "headline",
        "location",
        "current_company",
        "current_role",
        "rationale",
        "ai_fit_points",
        "ai_red_flags",
        "ai_detailed_rationale.title",
        "ai_detailed_rationale.company",
        "ai_detailed_rationale.duration",
        "ai_detailed_rationale.relevance_explanation",
        "detailed_experience.role",
        "detailed_experience.company",
        "detailed_experience.duration",
        "detailed_experience.highlights",
        "emails",
    ]
)
_PICTURE: Final = frozenset(
    ["name", "match_score", "location", "current_company", "current_role", "rationale"]
)

#: What each format shows of one candidate at its richest, and what it has no room for.
SHOWN: Final = {
    "element": (_CARD, frozenset[str]()),
    "email": (_CARD, frozenset[str]()),
    "fragment": (_CARD, frozenset[str]()),
    "page": (_CARD, frozenset[str]()),
    "pdf": (_CARD, frozenset[str]()),
    "png": (_PICTURE, _CARD - _PICTURE),
}

#: What takes the place of a field that is not there.
INSTEAD: Final = {("png", "rationale"): "skills", ("png", "current_role"): "headline"}

#: What stands in a document all the same, with other words.
REPLACED: Final = {"blind": frozenset(["name", "current_company"])}


def _hidden(name: str) -> frozenset[str]:
    fields = PROFILES[name].fields
    return frozenset(path for path in PATHS if not fields[path]) | REPLACED.get(name, frozenset())


@cache
def _text(profile: str, format_: str) -> str:
    candidate = marked_candidate()
    chosen = PROFILES[profile]
    data = export_candidates(candidate, format=format_, profile=chosen, density="detail")
    text = text_in(data, format_)
    if format_ == "png":
        # Its words are drawn: the page that is drawn has them, and the file has no other.
        text += str(render(candidate, format=format_, profile=chosen).document)
    return text


def test_every_format_has_decided_on_every_field() -> None:
    """A field or a format that nobody has thought of here fails."""
    assert list(list_formats()) == sorted(SHOWN)
    for name, (shown, left_out) in SHOWN.items():
        assert shown | left_out == set(PATHS), name
        assert not shown & left_out, name


@pytest.mark.parametrize("format_", sorted(SHOWN))
@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_document_has(profile: str, format_: str) -> None:
    """Each field is there if profile and format both show it, and nowhere in the file if not."""
    hidden = _hidden(profile)
    expected = SHOWN[format_][0] - hidden
    expected |= {new for (name, old), new in INSTEAD.items() if name == format_ and old in hidden}
    text = _text(profile, format_)
    assert {path for path in PATHS if shows(text, path)} == expected


def test_each_profile_hides_something_of_its_own() -> None:
    """The matrix compares profiles that differ."""
    assert len({_hidden(name) for name in PROFILES}) == len(PROFILES)
    assert len(PROFILES) == 3 + len(PATHS)


@pytest.mark.parametrize("format_", sorted(SHOWN))
def test_a_profile_needs_no_template_of_its_own(format_: str) -> None:
    """Whatever the profile, the same compiled template makes the document."""
    candidate = marked_candidate()
    render(candidate, format=format_, density="detail")
    before = compiled_template.cache_info()
    for profile in PROFILES.values():
        render(candidate, format=format_, density="detail", profile=profile)
    after = compiled_template.cache_info()
    assert after.misses == before.misses
    assert after.hits == before.hits + len(PROFILES)


@pytest.mark.parametrize("format_", sorted(SHOWN))
@pytest.mark.parametrize("density", ["row", "card", "detail"])
def test_a_withheld_score_is_told_nowhere_in_a_shortlist(format_: str, density: str) -> None:
    """Neither beside a card nor in a comparison, a preheader or a legend, in any density."""
    people = [marked_candidate(profile_id=f"p{number}", name=f"N{number}") for number in range(5)]
    shortlist = Shortlist(
        candidates=tuple(people), title="Engineer", failed=(FailedProfile(profile_id="lost"),)
    )
    scored, without = PROFILES["internal"], PROFILES["no match_score"]
    found = {}
    for name, profile in (("scored", scored), ("without", without)):
        found[name] = _shortlist_text(shortlist, format_, density, profile)
    assert shows(found["scored"], "match_score")
    assert not shows(found["without"], "match_score")
    assert ">Match<" not in found["without"]


def _shortlist_text(shortlist: Shortlist, format_: str, density: str, profile: Profile) -> str:
    kind: dict[str, str] = {} if get_exporter(format_).density else {"density": density}
    if format_ in {"pdf", "png"}:
        # One file suffices for all densities, of which these formats know one.
        if density != "detail":
            return str(render(shortlist, format=format_, profile=profile).document)
        data = export_candidates(shortlist, format=format_, profile=profile)
        document = render(shortlist, format=format_, profile=profile).document
        return text_in(data, format_) + str(document).partition("<body")[2]
    data = export_candidates(shortlist, format=format_, profile=profile, **kind)  # type: ignore[arg-type]  # a density
    return text_in(data, format_)
