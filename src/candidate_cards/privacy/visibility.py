"""Candidate -> Candidate: what a profile lets through; pure, and before any view."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from candidate_cards.errors import InputError, Problem
from candidate_cards.models import WITHHELD_SCORE, Candidate, FailedProfile, Shortlist
from candidate_cards.privacy.codes import CodedPerson
from candidate_cards.privacy.employers import companies, current_companies, same_name
from candidate_cards.privacy.plain import is_plain
from candidate_cards.privacy.redaction import Choices, Employer, Others, Person, Redactor
from candidate_cards.privacy.words import DEFAULT_WORDS, Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from candidate_cards.models._base import WireModel
    from candidate_cards.privacy.fields import Field
    from candidate_cards.privacy.profiles import Profile
    from candidate_cards.privacy.redaction import Find

#: Fields that hold the name of a company and nothing else.
_COMPANY: Final = frozenset({"current_company", "company"})

#: Fields that are shown as they are, or not at all.
_CONTACT: Final = frozenset({"linkedin_url", "emails"})
_NONE: Final[Mapping[str, int]] = MappingProxyType({})


class Disclosure(NamedTuple):
    """What a profile made of candidates.

    Attributes:
        content: What may be shown.
        finds: What may be a part of a name, or not: for a person to decide.
        certain: How many other words were replaced in texts, by kind.
        people: Whose codes stand in it, those of profiles that failed too.
    """

    content: Candidate | Shortlist
    finds: tuple[Find, ...] = ()
    certain: Mapping[str, int] = _NONE
    people: tuple[CodedPerson, ...] = ()


def apply_profile(
    content: Candidate | Shortlist, profile: Profile, *, words: Words = DEFAULT_WORDS
) -> Disclosure:
    """Return what a profile shows of candidates.

    Hidden fields are as if they had never been sent, and so are fields that the models do not
    know. A score that is hidden is `WITHHELD_SCORE`: nobody is told that there is none. The order
    of a shortlist still says who is thought better.

    Args:
        content: One candidate, or a shortlist.
        profile: What may be shown.
        words: What stands in place of what is hidden.

    Raises:
        InputError: The profile puts codes in place of people, and has no key.
    """
    if profile.shows_everything:
        return Disclosure(content)
    if isinstance(content, Shortlist):
        return _Disclosing(profile, words, content.candidates).shortlist(content)
    return _Disclosing(profile, words, (content,)).candidate()


def disclose_text(
    text: str, content: Candidate | Shortlist, profile: Profile, *, words: Words = DEFAULT_WORDS
) -> str:
    """Return what a profile shows of a text about candidates, such as the subject of a message.

    It is dealt with as the title of a shortlist: codes stand for the full names of everybody, and
    for parts of the name of somebody who is alone in it.

    Args:
        text: Any.
        content: Whom it is about, as they were before a profile was applied.
        profile: What may be shown.
        words: What stands in place of what is hidden.

    Raises:
        InputError: As from `apply_profile`.
    """
    if not text:
        return ""
    people = content.candidates if isinstance(content, Shortlist) else (content,)
    return _Disclosing(profile, words, people).text(text, "title")


class _Disclosing:
    """Candidates on their way to a reader.

    Raises:
        InputError: The profile puts codes in place of people, and has no key.
    """

    def __init__(self, profile: Profile, words: Words, candidates: tuple[Candidate, ...]) -> None:
        if profile.identity == "coded" and profile.key is None:
            message = "puts codes in place of people, and needs a key (BlindKey, --key-file)"
            raise InputError([Problem(message, source=profile.name)])
        self._profile = profile
        self._words = words
        self._subjects = [_Subject(each, profile, words) for each in candidates]
        self._redactors: list[Redactor] = []

    def candidate(self) -> Disclosure:
        """Return what is shown of the only one."""
        (shown,) = self._shown()
        return self._disclosure(shown)

    def shortlist(self, shortlist: Shortlist) -> Disclosure:
        """Return what is shown of them, and of what a shortlist says around them."""
        update: dict[str, Any] = {"candidates": tuple(self._shown())}
        failed: tuple[CodedPerson, ...] = ()
        if self._profile.key is not None and self._profile.identity == "coded":
            code = self._profile.key.code
            failed = tuple(
                [CodedPerson(code(each.profile_id), each.profile_id) for each in shortlist.failed]
            )
            update["failed"] = tuple(
                [
                    # The vendor's message may say anything, and its code should not.
                    FailedProfile(
                        profile_id=person.code,
                        error_code=self.text(each.error_code or "", "failed") or None,
                    )
                    for person, each in zip(failed, shortlist.failed, strict=True)
                ]
            )
            for name in ("title", "brief", "client", "author"):
                if text := getattr(shortlist, name):
                    update[name] = self.text(text, name)
        return self._disclosure(shortlist.model_copy(update=update), failed)

    def text(self, value: str, path: str) -> str:
        """Return what is shown of a text about all of them."""
        return value if self._profile.identity == "shown" else self._around.text(value, path)

    def _shown(self) -> list[Candidate]:
        redacts = self._profile.redacts
        return [
            subject.shown(self._redactor(subject.person) if redacts else None)
            for subject in self._subjects
        ]

    @cached_property
    def _around(self) -> Redactor:
        # Around a single person a part of the name tells as much as all of it.
        return self._redactor(self._subjects[0].person if len(self._subjects) == 1 else None)

    @cached_property
    def _others(self) -> Others | None:
        if self._profile.identity == "shown":
            return None
        return Others([subject.person for subject in self._subjects])

    def _redactor(self, person: Person | None) -> Redactor:
        profile = self._profile
        redactor = Redactor(
            person,
            words=self._words,
            choices=_choices(profile),
            others=self._others,
            identify=_nothing if profile.key is None else profile.key.identify,
            decide=profile.decisions.removes,
        )
        self._redactors.append(redactor)
        return redactor

    def _disclosure(
        self, content: Candidate | Shortlist, failed: tuple[CodedPerson, ...] = ()
    ) -> Disclosure:
        people: tuple[CodedPerson, ...] = ()
        if self._profile.identity == "coded":
            people = (*(subject.coded for subject in self._subjects), *failed)
        certain: Counter[str] = Counter()
        for redactor in self._redactors:
            certain.update(redactor.counts)
        finds = tuple([find for redactor in self._redactors for find in redactor.finds])
        return Disclosure(content, finds, MappingProxyType(certain), people)


class _Subject:
    """One candidate on the way to a reader."""

    def __init__(self, candidate: Candidate, profile: Profile, words: Words) -> None:
        self._candidate = candidate
        self._profile = profile
        self._employers = _hidden_employers(candidate, profile, words)
        self._only_contacts = not self._employers and profile.identity == profile.gender == "shown"
        self._replacements = {same_name(each.name): each.replacement for each in self._employers}
        self._code = ""
        if profile.key is not None and profile.identity == "coded":
            self._code = profile.key.code(candidate.profile_id)

    @property
    def coded(self) -> CodedPerson:
        """Whose code it is."""
        return CodedPerson(self._code, self._candidate.profile_id, self._candidate.name)

    @cached_property
    def person(self) -> Person:
        """Whom to look for in texts."""
        candidate = self._candidate
        if self._only_contacts:
            return Person(code="")
        roles = (item.role for item in candidate.detailed_experience)
        vocabulary = (*candidate.skills, candidate.current_role, candidate.location, *roles)
        return Person(
            code=self._code,
            name=candidate.name or "",
            emails=candidate.emails,
            linkedin_url=candidate.linkedin_url or "",
            profile_id=candidate.profile_id,
            employers=self._employers,
            vocabulary=tuple(filter(None, vocabulary)),
        )

    def shown(self, redactor: Redactor | None) -> Candidate:
        """Return what may be shown.

        Args:
            redactor: Of the texts, if they are not shown as they are.
        """
        values = self._values(self._candidate, self._profile.shown, redactor)
        sent = {*(self._candidate.model_fields_set & values.keys()), "profile_id"}
        values["profile_id"] = self._candidate.profile_id
        if self._code:
            values["profile_id"] = self._code
            if "name" in values:
                values["name"] = self._code
                sent.add("name")
        if not self._profile.fields["match_score"]:
            values["match_score"] = WITHHELD_SCORE
        return Candidate.model_construct(_fields_set=sent, **values)

    def _values(
        self,
        model: WireModel,
        fields: Iterable[Field],
        redactor: Redactor | None,
        before: str = "",
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in fields:
            value = getattr(model, field.name)
            if value:
                path = f"{before}{field.name}"
                if field.kind == "entries":
                    value = tuple(
                        [
                            self._entry(entry, field, redactor, f"{path}.{index}.")
                            for index, entry in enumerate(value)
                        ]
                    )
                elif redactor is None or field.kind == "score" or field.name in _CONTACT:
                    pass
                elif field.kind == "texts":
                    value = tuple(
                        [
                            self._text(redactor, text, f"{path}.{index}")
                            for index, text in enumerate(value)
                        ]
                    )
                elif field.name in _COMPANY and (known := same_name(value)) in self._replacements:
                    value = self._replacements[known]
                else:
                    value = self._text(redactor, value, path)
            values[field.name] = value
        return values

    def _entry(
        self, entry: WireModel, field: Field, redactor: Redactor | None, before: str
    ) -> WireModel:
        values = self._values(entry, field.fields, redactor, before)
        kind = cast("type[WireModel]", field.model)
        return kind.model_construct(_fields_set=entry.model_fields_set & values.keys(), **values)

    def _text(self, redactor: Redactor, text: str, path: str) -> str:
        return text if self._only_contacts and is_plain(text) else redactor.text(text, path)


def _choices(profile: Profile) -> Choices:
    hides_contact = not profile.fields["emails"]
    return Choices(
        names=profile.identity == "coded",
        emails=hides_contact,
        links=not profile.fields["linkedin_url"],
        phones=hides_contact,
        titles=profile.gender == "neutral",
        gender_languages=profile.gender_languages if profile.gender == "neutral" else (),
    )


def _nothing(_: str) -> str:
    """Return no id: without a key nobody decides on finds."""
    return ""


def _hidden_employers(candidate: Candidate, profile: Profile, words: Words) -> tuple[Employer, ...]:
    """Return the companies that are hidden, and the words for each; the present ones come first."""
    if profile.employers == "shown":
        return ()
    found = {
        same_name(name): Employer(name, words.current_employer)
        for name in current_companies(candidate)
    }
    if profile.employers == "hidden":
        for name in companies(candidate):
            found.setdefault(same_name(name), Employer(name, words.employer))
    return tuple(found.values())
