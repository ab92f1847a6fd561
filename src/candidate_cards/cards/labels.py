"""The words on a card that are ours, apart from the data; one object per language."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from candidate_cards.cards.bands import Tone

_KEPT: Final = 1000  # texts of one plural; what is counted on a card is less


def _one_or_other(number: int) -> int:
    return 0 if number == 1 else 1


class Plural(dict[int, str]):
    """A text with a number, in the form that the number asks for: ``labels.size[3]``.

    It is a mapping that makes what it lacks: a look-up is all that a card pays.

    Args:
        forms: Texts with the number as ``{count}``, which a form for one number alone may lack.
        rule: Takes a number of 0 or more to the index of its form. By default the first is for
            one, the second for all others.
    """

    def __init__(self, *forms: str, rule: Callable[[int], int] = _one_or_other) -> None:
        super().__init__()
        self.forms = forms
        self._rule = rule

    def __missing__(self, number: int) -> str:
        text = self.forms[self._rule(number)].format(count=number)
        if len(self) < _KEPT:
            self[number] = text
        return text


def _english_bands() -> Mapping[Tone, str]:
    return MappingProxyType(
        {
            "strong": "Strong match",
            "good": "Good match",
            "partial": "Partial match",
            "low": "Low match",
            "none": "Not scored",
        }
    )


@dataclass(frozen=True, eq=False)
class Labels:
    """Every label of the card templates, with its language and direction.

    Labels are constants of a compiled template: they cost nothing per card. Make one object per
    language and keep it, since templates are compiled for the object; `load_labels` does.
    Some take the names that they hold in braces. ``at``, ``comma`` and ``colon`` stand between two
    texts, with whatever space belongs around them. ``more`` and ``size`` have a form for each
    number.
    """

    lang: str = "en"
    dir: Literal["ltr", "rtl"] = "ltr"
    bands: Mapping[Tone, str] = field(default_factory=_english_bands)
    unnamed: str = "Unnamed candidate"
    at: str = " at "
    comma: str = ", "
    colon: str = ": "
    out_of: str = "out of 100"
    ai: str = "AI"
    ai_written: str = "written by AI"
    show_all: str = "Show all"
    fit: str = "Why a fit"
    check: str = "Points to check"
    skills: str = "Skills"
    evidence: str = "Evidence by role"
    experience: str = "Experience"
    contact: str = "Contact"
    profile: str = "LinkedIn profile"
    new_tab: str = "opens in a new tab"
    more: Plural = field(default_factory=partial(Plural, "+{count} more", "+{count} more"))
    notice: str = "Scores and text marked AI are made by a machine. A person decides."
    shortlist: str = "Shortlist"
    candidate: str = "Candidate"
    size: Plural = field(default_factory=partial(Plural, "{count} candidate", "{count} candidates"))
    prepared_for: str = "Prepared for"
    prepared_by: str = "Prepared by"
    not_included: str = "Profiles that could not be included:"
    rank: str = "Rank"
    match: str = "Match"
    at_a_glance: str = "At a glance"
    email: str = "email"
    subject: str = "Shortlist for {title}: {size}"
    subject_untitled: str = "Shortlist: {size}"
    part: str = "part {number} of {total}"
    respond: str = "Reply"
    reply_subject: str = "Re: {name}"
    dossier: str = "Candidate dossier"
    brief: str = "Brief"
    contents: str = "Contents"
    place: str = "Location"
    date: str = "Date"
    confidential: str = "Confidential."
    confidential_for: str = "Confidential. Prepared for {client}."
    keep_until: str = "Keep until {date}, then destroy."
    recommendation: str = "Recommendation"
    method: str = "Method and notice"
    method_text: str = (
        "Software compared each profile with the brief. It gave a score from 0 to 100 and wrote "
        "the texts marked AI, from what the profile says. People chose whom to present."
    )
    bands_title: str = "What the scores mean"
    page: str = "Page {number} of {total}"
    notice_title: str = "About this document"
    notice_score: str = (
        "A match score from 0 to 100 is a machine's estimate of how well a profile fits the brief. "
        "It is no judgement of a person."
    )
    notice_ai: str = "Texts marked AI were written by a machine from the profile and may be wrong."
    notice_decision: str = "A person decides, not the machine."
    notice_source: str = "The data come from {source}."
    notice_source_usual: str = "public professional profiles"
    notice_contact: str = "Questions, a copy, corrections, deletion: {contact}."
    notice_contact_usual: str = "whoever sent you this"
    notice_keep_until: str = "Kept until {date}."
    notice_keep_usual: str = "The sender can say how long the data are kept."
    notice_coded: str = "Names and other identifying details are replaced by codes."
    employer: str = "an employer"
    current_employer: str = "the current employer"
    removed_email: str = "[e-mail address]"
    removed_link: str = "[link]"
    removed_phone: str = "[phone number]"
    copy_of: str = "Copy {recipient}"


DEFAULT_LABELS = Labels()
