"""To whom a service shows what, in which language and with which notice."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from candidate_cards.cards import USUAL_NOTICE, NoticeFacts, load_labels
from candidate_cards.errors import InputError, Problem
from candidate_cards.exports import get_exporter, notice_with, words_of
from candidate_cards.privacy import apply_profile, disclose_text, list_profiles, load_profile
from candidate_cards.privacy.codes import BlindKey
from candidate_cards.privacy.decisions import Decisions

from .negotiation import entity_tag
from .problems import unusable
from .settings import variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import SecretStr

    from candidate_cards.cards import Labels
    from candidate_cards.contract.refusals import RefusedError
    from candidate_cards.exports import Exporter
    from candidate_cards.models import Candidate, Shortlist
    from candidate_cards.privacy import Disclosure, Profile
    from candidate_cards.privacy.decisions import Decision

    from .settings import Company, Settings

#: Of a profile, as requests name it.
NAME: Final = r"^[a-z0-9][a-z0-9-]{0,39}$"

#: What documents are made with, once a profile was applied.
EVERYTHING: Final = "internal"

#: The password of a dossier. It is no option of a query: servers on the way log addresses.
PASSWORD_HEADER: Final = "X-Document-Password"  # noqa: S105  a name

_EXTENSION: Final = ".toml"
_NONE: Final[Mapping[str, Decision]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How candidates are shown in one answer.

    Attributes:
        profile: What may be shown.
        labels: The language of our own words.
        notice: What is said of the data.
        sign: Differs where what is shown of the same record does.
        password: Opens the document, which nobody keeps then.
    """

    profile: Profile
    labels: Labels
    notice: NoticeFacts
    sign: str
    password: SecretStr | None = None

    @property
    def codes(self) -> bool:
        """Whether codes stand in place of people."""
        return self.profile.identity == "coded"

    def disclose(self, content: Candidate | Shortlist) -> Disclosure:
        """Return what may be shown, of which `EVERYTHING` is shown then."""
        return apply_profile(content, self.profile, words=words_of(self.labels))

    def disclosed_text(self, text: str, content: Candidate | Shortlist) -> str:
        """Return what may be shown of a text about candidates, such as a subject."""
        return disclose_text(text, content, self.profile, words=words_of(self.labels))


class Manners:
    """The profiles of a service, and whose default is which.

    Args:
        settings: Name the folder of own profiles, and the defaults.

    Raises:
        InputError: A file is no profile, or a default is none that can be had; it lists them all.

    Attributes:
        names: Of the profiles, sorted.
    """

    def __init__(self, settings: Settings) -> None:
        problems: list[Problem] = []
        self._settings = settings
        self._profiles = {name: load_profile(name) for name in list_profiles()}
        self._profiles |= _own_profiles(settings, problems)
        secret = settings.blind_secret
        self._key = None if secret is None else BlindKey(secret.get_secret_value().encode())
        self.names = tuple(sorted(self._profiles))
        problems += self._faults()
        if problems:
            raise InputError(problems)
        #: Of cards that nothing more is said of, such as those of render-html, by company.
        self.of_cards = lru_cache(maxsize=1000)(self._of_cards)

    def manner(  # noqa: PLR0913  each is a choice that requests make
        self,
        company: str,
        exporter: Exporter,
        *,
        profile: str | None = None,
        lang: str | None = None,
        show_emails: bool | None = None,
        notice: NoticeFacts = USUAL_NOTICE,
        decisions: Mapping[str, Decision] = _NONE,
    ) -> Manner:
        """Return how a company's candidates are shown in a format.

        Args:
            company: Whose they are.
            exporter: The format; cards have the company's default profile, what is sent out has
                its own, unless the company's one hides who it is.
            profile: Name of another.
            lang: A language; by default the company's.
            show_emails: Whether e-mail addresses appear, whatever the profile says.
            notice: What is said of the data; source and contact are by default the company's.
            decisions: On finds of a redaction report, by their ids.

        Raises:
            RefusedError: 400: there is no such profile, or it cannot be had so.
        """
        own = self._settings.companies.get(company)
        chosen = self._find(profile or self._default(own, exporter))
        if chosen.identity == "coded":
            if show_emails:
                message = f"would tell whose the codes of the profile {chosen.name} are"
                raise _refused(message, "showEmails")
            chosen = self._coded(chosen, company, decisions)
        elif show_emails is not None:
            chosen = chosen.with_emails(shown=show_emails)
        labels = load_labels(lang or (own and own.lang) or self._settings.lang)
        told = replace(
            notice_with(notice, chosen),
            source=notice.source or (own and own.data_source) or self._settings.data_source,
            contact=notice.contact or (own and own.contact) or self._settings.contact,
        )
        sign = entity_tag(_contents(chosen), labels.lang, repr(told))
        return Manner(chosen, labels, told, sign)

    def key(self, company: str) -> BlindKey | None:
        """Return what a company's codes are made with, if there are any."""
        return None if self._key is None else self._key.derived(company)

    def _coded(self, profile: Profile, company: str, decisions: Mapping[str, Decision]) -> Profile:
        key = self.key(company)
        if key is None:
            message = f"{profile.name} takes codes: set {variable('blind_secret')} for them"
            raise _refused(message, "profile")
        return load_profile(profile, key=key, decisions=Decisions(decisions))

    def default(self, company: str) -> str:
        """Return the name of the profile that a company's cards have."""
        return self._default(self._settings.companies.get(company), get_exporter("element"))

    def _of_cards(self, company: str) -> Manner:
        return self.manner(company, get_exporter("fragment"))

    def _default(self, own: Company | None, exporter: Exporter) -> str:
        name = (own and own.profile) or self._settings.profile
        if exporter.profile == EVERYTHING or self._profiles[name].identity == "coded":
            return name
        return exporter.profile

    def _find(self, name: str) -> Profile:
        if name not in self._profiles:
            raise _refused(f"Input should be one of: {', '.join(self.names)}", "profile")
        return self._profiles[name]

    def _faults(self) -> Iterator[Problem]:
        """Yield what is wrong with the defaults."""
        chosen: dict[tuple[str, ...], str] = {(variable("profile"),): self._settings.profile}
        for company, own in self._settings.companies.items():
            if own.profile is not None:
                chosen[variable("companies"), company, "profile"] = own.profile
        for path, name in chosen.items():
            if name not in self._profiles:
                yield Problem(f"must be one of: {', '.join(self.names)}", path=path)
            elif self._profiles[name].identity == "coded" and self._key is None:
                yield Problem(f"takes codes: set {variable('blind_secret')} for them", path=path)
            elif self._settings.mode == "proxy" and not self._profiles[name].shows_everything:
                message = (
                    "must be internal in the mode proxy: nothing can be taken out of the "
                    "vendor's HTML"
                )
                yield Problem(message, path=path)


def _own_profiles(settings: Settings, problems: list[Problem]) -> Mapping[str, Profile]:
    """Return the profiles of a folder by their names, and take note of what is wrong there."""
    folder = settings.profiles
    if folder is None:
        return {}
    if not folder.is_dir():
        problems.append(Problem("must name a folder", path=(variable("profiles"),)))
        return {}
    found = {}
    for path in sorted(folder.glob(f"*{_EXTENSION}")):
        if not re.fullmatch(NAME, path.stem) or path.stem in list_profiles():
            message = "must have a name of small letters, digits and hyphens, and not a bundled one"
            problems.append(Problem(message, source=os.fspath(path)))
            continue
        try:
            found[path.stem] = load_profile(path)
        except InputError as error:
            problems += error.problems
    return found


def _contents(profile: Profile) -> str:
    """Return what two profiles have in common that show the same."""
    shown = [path for path, is_shown in profile.fields.items() if is_shown]
    choices = (profile.employers, profile.identity, profile.gender, profile.gender_languages)
    key = profile.key and profile.key.name
    return repr((shown, choices, key, sorted(profile.decisions.by_id.items())))


def _refused(message: str, field: str) -> RefusedError:
    return unusable("the request cannot be answered so", [Problem(message, path=(field,))])
