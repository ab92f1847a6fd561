"""What a batch makes of each record, in a form that goes to other processes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from candidate_cards import __version__
from candidate_cards.cards import USUAL_NOTICE, Labels, NoticeFacts
from candidate_cards.cards.languages import load_labels
from candidate_cards.errors import InputError, Problem
from candidate_cards.exports import get_exporter
from candidate_cards.privacy import load_profile
from candidate_cards.rendering import TemplateFolder
from candidate_cards.themes import Theme, load_theme

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from candidate_cards.cards import Density
    from candidate_cards.exports import Exporter
    from candidate_cards.privacy import Profile

_EDITION: Final = 1  # of what is made beside the documents; records of another are done anew
_SHORT: Final = 16  # hexadecimal digits of a digest that only tells versions apart


@dataclass(frozen=True, slots=True)
class Look:
    """One document of each candidate.

    Attributes:
        format: Its name.
        theme: What it is drawn with.
        profile: What it shows.
    """

    format: str
    theme: Theme
    profile: Profile

    @property
    def exporter(self) -> Exporter:
        """The format."""
        return get_exporter(self.format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of a record; made by `make_plan`.

    Attributes:
        looks: The documents, in the order asked for.
        density: How much of a candidate they show, where the format does not say.
        lang: The language of our own words, or the path of a catalogue.
        notice: What is said beside scores and AI-written texts.
        templates: A folder of own templates, which workers must reach under this path, or ``None``.
        key: 32 bytes that records are hashed with. They follow from all that bears on what is
            made, so the hash of a record that need not be made anew is the one it had. Where
            people are coded, the secret of the codes is in it, and nobody without that can check
            a guess of whose record it is.
        header: What a manifest says of all this.
    """

    looks: tuple[Look, ...]
    density: Density
    lang: str
    notice: NoticeFacts
    templates: str | None
    key: bytes
    header: dict[str, Any]

    @property
    def is_coded(self) -> bool:
        """Whether codes stand for people."""
        return any(look.profile.identity == "coded" for look in self.looks)

    @property
    def is_heavy(self) -> bool:
        """Whether a candidate takes a hundred times longer than a card does."""
        return any(look.format in {"pdf", "png"} for look in self.looks)

    @property
    def name(self) -> str:
        """What tells it from other plans."""
        return str(self.header["plan"])

    def hash_of(self, record: bytes) -> bytes:
        """Return 16 bytes that stand for a record and all that is made of it."""
        return sha256(self.key + record).digest()[:16]

    def packed(self) -> bytes:
        """Return it for another process. Where people are coded, the secret is in it."""
        return pickle.dumps(self, pickle.HIGHEST_PROTOCOL)


def make_plan(  # noqa: PLR0913  each is a choice that users make
    formats: Sequence[str],
    *,
    theme: Theme | str | PathLike[str] | None = None,
    density: Density = "card",
    profile: Profile | str | PathLike[str] | None = None,
    show_emails: bool | None = None,
    lang: str = "en",
    notice: NoticeFacts = USUAL_NOTICE,
    templates: str | PathLike[str] | None = None,
) -> Plan:
    """Check what was asked for, and put it together.

    Args:
        formats: Names, each once.
        theme: As in `candidate_cards.render_card`; so the next ones.
        density: How much of each candidate is shown.
        profile: What may be shown; one that codes people has its key.
        show_emails: Whether e-mail addresses are shown.
        lang: A language, or the path of a catalogue.
        notice: What is said of scores, AI-written texts and where the data came from.
        templates: A folder of own templates.

    Raises:
        NotAvailableError: Unknown format, theme, profile or language.
        InputError: There is no format, or one twice; a file cannot be used; or a profile that codes
            people has no key.
    """
    if not formats or len(set(formats)) < len(formats):
        raise InputError([Problem("name at least one format, and each once", source="format")])
    looks = tuple([_look(name, theme, profile, show_emails) for name in formats])
    for look in looks:
        if look.profile.identity == "coded" and look.profile.key is None:
            message = "puts codes in place of people, and needs a key (BlindKey, --key-file)"
            raise InputError([Problem(message, source=look.profile.name)])
    labels = load_labels(lang)
    folder = None if templates is None else str(templates)
    said = {
        "toolkit": __version__,
        "edition": _EDITION,
        "formats": {look.format: _described(look) for look in looks},
        "templates": _template_digest(folder),
        "lang": labels.lang,
        "labels": _digest(_label_texts(labels)),
        "density": density,
        "notice": _digest(asdict(notice)),
    }
    key = sha256(_canonical([said, [_secrets(look.profile) for look in looks]])).digest()
    header = {**said, "plan": sha256(b"plan " + key).hexdigest()[:_SHORT]}
    return Plan(
        looks=looks,
        density=density,
        lang=lang,
        notice=notice,
        templates=folder,
        key=key,
        header=header,
    )


def _look(
    name: str,
    theme: Theme | str | PathLike[str] | None,
    profile: Profile | str | PathLike[str] | None,
    show_emails: bool | None,  # noqa: FBT001  as users give it
) -> Look:
    exporter = get_exporter(name)
    chosen = load_profile(exporter.profile if profile is None else profile)
    if show_emails is not None:
        chosen = chosen.with_emails(shown=show_emails)
    if not isinstance(theme, Theme):
        theme = load_theme(exporter.theme if theme is None else theme)
    return Look(name, theme, chosen)


def _described(look: Look) -> dict[str, str]:
    theme, profile = look.theme, look.profile
    logo = None if theme.logo is None else asdict(theme.logo)
    described = {
        "theme": theme.name,
        "themeDigest": _digest([theme.color_scheme, dict(theme.tokens), logo]),
        "profile": profile.name,
        "profileDigest": _digest(
            [
                dict(profile.fields),
                profile.employers,
                profile.identity,
                profile.gender,
                profile.gender_languages,
            ]
        ),
    }
    if look.format in {"pdf", "png"}:
        described["engine"] = version("weasyprint")
    return described


def _secrets(profile: Profile) -> list[object]:
    secret = "" if profile.key is None else profile.key.secret.hex()
    return [secret, sorted(profile.decisions.by_id.items())]


def _label_texts(labels: Labels) -> list[object]:
    values = (getattr(labels, each.name) for each in fields(labels))
    return [getattr(value, "forms", value) for value in values]


def _template_digest(folder: str | None) -> str:
    source = TemplateFolder(None if folder is None else Path(folder))
    texts = {name: source.read(name) for name in source.names() if name.endswith((".html", ".css"))}
    return _digest(texts)


def _digest(value: object) -> str:
    return sha256(_canonical(value)).hexdigest()[:_SHORT]


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, default=_plain).encode("utf-8", "surrogatepass")


def _plain(value: object) -> object:
    """Return what JSON can hold in place of a mapping that is none of its kinds, or of a day."""
    return dict(value) if isinstance(value, Mapping) else str(value)
