"""Profile files: which are bundled, what a file may say, and what a wrong one is told."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from candidate_cards import InputError, NotAvailableError, Profile, list_profiles, load_profile
from candidate_cards.models import Candidate, ExperienceItem, RationaleItem
from candidate_cards.privacy import BlindKey, Decisions
from candidate_cards.privacy.fields import FIELDS, PATHS

if TYPE_CHECKING:
    from pathlib import Path

_KEY = BlindKey(bytes(range(32)))
_ALL = "\n".join(f"fields.{path} = true" for path in PATHS)
_CHOICES = 'employers = "shown"\nidentity = "shown"\ngender = "shown"\n'


def _write(folder: Path, text: str, name: str = "panel.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def _problems(path: Path) -> dict[str, str]:
    """Return what is wrong with a file, by place."""
    with pytest.raises(InputError) as caught:
        load_profile(path)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_there_are_three() -> None:
    """The bundled profiles are listed by name, and each says in a line what it is for."""
    assert list_profiles() == ("blind", "client", "internal")
    for name in list_profiles():
        profile = load_profile(name)
        assert profile.name == name
        assert 10 < len(profile.description) < 100
        assert load_profile(name) is profile
        assert load_profile(profile) is profile


def test_what_the_bundled_ones_hide() -> None:
    """Internal hides nothing, client the ways to a person and doubts, blind who it is too."""
    internal, client, blind = map(load_profile, ("internal", "client", "blind"))
    assert internal.shows_everything
    hidden = {path for path, shown in client.fields.items() if not shown}
    assert hidden == {"emails", "linkedin_url", "ai_red_flags"}
    assert (client.employers, client.identity, client.gender) == ("shown", "shown", "shown")
    assert blind.fields == client.fields
    assert (blind.employers, blind.identity, blind.gender) == ("current-hidden", "coded", "neutral")
    assert "en" in blind.gender_languages


def test_the_fields_are_those_of_the_models() -> None:
    """A profile decides on every field of every model of a candidate, but for the id."""
    nested: dict[str, type[RationaleItem | ExperienceItem]] = {
        "ai_detailed_rationale": RationaleItem,
        "detailed_experience": ExperienceItem,
    }
    expected = []
    for name in Candidate.model_fields:
        if name in nested:
            expected += [f"{name}.{inner}" for inner in nested[name].model_fields]
        elif name != "profile_id":
            expected.append(name)
    assert list(PATHS) == expected
    assert [field.name for field in FIELDS] == [*Candidate.model_fields][1:]


@pytest.mark.parametrize("path", PATHS)
def test_a_field_without_a_decision_is_an_error(path: str, tmp_path: Path) -> None:
    """A profile that extends none decides on all: the place of what it forgets is told."""
    text = _CHOICES + _ALL.replace(f"fields.{path} = true", "")
    problems = _problems(_write(tmp_path, text))
    assert list(problems) == [f"fields.{path}"]
    assert "no decision" in problems[f"fields.{path}"]
    values: dict[str, Any] = {"fields": {known: True for known in PATHS if known != path}}
    with pytest.raises(InputError, match="no decision"):
        Profile(name="mine", **values)


def test_a_file_extends_a_profile(tmp_path: Path) -> None:
    """It holds only what differs, of a bundled one or of a file beside it."""
    text = 'extends = "client"\n[fields]\ndetailed_experience.highlights = false\n'
    own = load_profile(_write(tmp_path, text))
    assert own.name == "panel"
    client = load_profile("client")
    assert dict(own.fields) == {**client.fields, "detailed_experience.highlights": False}
    text = 'extends = "panel.toml"\nemployers = "hidden"\ndescription = "Even less"\n'
    further = load_profile(str(_write(tmp_path, text, "less.toml")))
    assert further.fields == own.fields
    assert (further.employers, further.description) == ("hidden", "Even less")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('extends = "client"\nfeilds = 1\n', "feilds", "did you mean fields?"),
        ('extends = "clinet"\n', "extends", "available: blind, client, internal"),
        ('extends = "../client.toml"\n', "extends", "in the same folder"),
        ('extends = "nowhere.toml"\n', "", "cannot be read"),
        ('extends = "client"\nemployers = "some"\n', "employers", "shown, current-hidden, hidden"),
        ('extends = "client"\nidentity = true\n', "identity", "must be one of: shown, coded"),
        ('extends = "client"\n[fields]\nname = "no"\n', "fields.name", "must be true or false"),
        ('extends = "client"\n[fields]\nnames = false\n', "fields.names", "did you mean name?"),
        (
            'extends = "client"\n[fields]\ndetailed_experience = false\n',
            "fields.detailed_experience",
            "detailed_experience.role, detailed_experience.company",
        ),
        (
            'extends = "client"\n[fields]\ndetailed_experience.rolle = false\n',
            "fields.detailed_experience.rolle",
            "did you mean detailed_experience.role?",
        ),
        ('extends = "client"\n[fields]\nprofile_id = false\n', "fields.profile_id", "identity ="),
        ('extends = "client"\nfields = true\n', "fields", "must be a table"),
        ('extends = "blind"\n[fields]\nemails = true\n', "fields.emails", "tells who it is"),
        ('extends = "blind"\n[fields]\nlinkedin_url = true\n', "fields.linkedin_url", "tells who"),
        ('extends = "blind"\ngender_languages = "en"\n', "gender_languages", "must be a list"),
        ('extends = "blind"\ngender_languages = ["xx"]\n', "gender_languages", "pronouns: xx"),
        ('extends = "client"\ndescription = "a\\nb"\n', "description", "must be one line"),
        ("extends = ", "", "this is not TOML"),
        ("a = " + "[" * 5000, "", "too deep"),
    ],
)
def test_a_wrong_file_is_told_what_and_where(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    """Each problem has the key as its place, and says what to write instead."""
    problems = _problems(_write(tmp_path, text))
    assert list(problems) == [place]
    assert words in problems[place]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """With lines, so that one look at the file is enough."""
    text = 'extends = "client"\nemployers = 1\n[fields]\nname = 1\nskills = 2\n'
    with pytest.raises(InputError) as caught:
        load_profile(_write(tmp_path, text))
    assert [(each.field, each.line) for each in caught.value.problems] == [
        ("fields.name", 4),
        ("fields.skills", 5),
        ("employers", 2),
    ]
    assert all(each.source.endswith("panel.toml") for each in caught.value.problems)


@pytest.mark.parametrize("names", [("a",), ("a", "b"), ("a", "b", "c")])
def test_a_cycle_is_an_error(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Files that extend one another in a ring are told so, and nothing hangs."""
    for name, following in zip(names, (*names[1:], names[0]), strict=True):
        _write(tmp_path, f'extends = "{following}.toml"\n', f"{name}.toml")
    with pytest.raises(InputError, match="leads back to this file"):
        load_profile(tmp_path / "a.toml")


def test_an_unknown_name_lists_the_known() -> None:
    """A name that is none of the bundled is an error with those there are."""
    with pytest.raises(NotAvailableError, match="available: blind, client, internal"):
        load_profile("public")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """So are a folder and what is no text, by name."""
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "folder.toml").mkdir()
    for name, words in (("none", "cannot be read"), ("bytes", "UTF-8"), ("folder", "cannot be")):
        with pytest.raises(InputError, match=words):
            load_profile(tmp_path / f"{name}.toml")


def test_a_key_stays_secret() -> None:
    """Neither key nor decisions are in what a profile prints, and the bundled one keeps neither."""
    keyed = load_profile("blind", key=_KEY, decisions=Decisions({"F-1": "keep"}))
    assert keyed.key == _KEY
    assert keyed.decisions.removes("F-1") is False
    assert "key" not in repr(keyed)
    assert "F-1" not in repr(keyed)
    assert load_profile("blind").key is None
    assert load_profile(keyed) is keyed


def test_a_profile_is_its_own_object() -> None:
    """Profiles are hashed and compared by identity, since a key is no part of a cache's key."""
    one = load_profile("client")
    assert one != copy.copy(one)
    assert len({one, copy.copy(one)}) == 2


def test_emails_can_be_asked_for() -> None:
    """A profile that differs in addresses alone is made once; with codes there is none."""
    client = load_profile("client")
    shown = client.with_emails(shown=True)
    assert {path for path in PATHS if shown.fields[path] != client.fields[path]} == {"emails"}
    assert client.with_emails(shown=True) is shown
    assert client.with_emails(shown=False) is client
    with pytest.raises(InputError, match="tells who it is"):
        load_profile("blind").with_emails(shown=True)
