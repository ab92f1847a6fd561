"""A linter for mails: what the clients of our readers are known not to support.

The data are those of caniemail.com, from the npm package of that name, of which nothing but the
data is used. Its support values are ``y``, ``a`` (almost), ``n`` and ``u`` (unknown), with numbers
of notes; :mod:`caniemail_notes` tells which notes concern a use.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from caniemail_notes import concerns, is_bounded
from mail_uses import UNLISTED, uses_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mail_document import Mail
    from mail_uses import Use

UNTESTED: Final = "untested"


class Client(NamedTuple):
    """A client as the data name it: ``outlook`` and ``windows``, for instance."""

    family: str
    platform: str

    def __str__(self) -> str:
        return f"{self.family}/{self.platform}"


WORD: Final = Client("outlook", "windows")
"""The one client that reads conditional comments: it lays out with Word."""

CLIENTS: Final = (
    Client("gmail", "desktop-webmail"),
    Client("gmail", "ios"),
    Client("gmail", "android"),
    Client("gmail", "mobile-webmail"),
    WORD,
    Client("outlook", "outlook-com"),
    Client("apple-mail", "macos"),
    Client("apple-mail", "ios"),
    Client("yahoo", "desktop-webmail"),
    Client("yahoo", "ios"),
    Client("yahoo", "android"),
    Client("samsung-email", "android"),
)


@dataclass(frozen=True, slots=True)
class Support:
    """What the newest tested version of a client does with a feature.

    Attributes:
        value: As in the data, or :data:`UNTESTED`.
        notes: Texts of the notes that the value refers to.
    """

    value: str
    notes: tuple[str, ...] = ()

    def lacks(self, use: Use) -> tuple[str, ...] | None:
        """Return the notes that tell what is missing for a use, ``None`` if nothing is."""
        notes = tuple(note for note in self.notes if concerns(note, use))
        if self.value in {"y", "a"} and not notes and (self.notes or self.value == "y"):
            return None
        return notes


class Finding(NamedTuple):
    """A feature that a client does not fully support, where a mail uses it.

    Attributes:
        feature: Slug in the data, or a name that begins with ``unlisted``.
        support: The support value.
        note: What the data say about it, ``""`` if nothing.
        where: The element with attribute, or the selector, and the declaration.
        line: In the mail.
    """

    feature: str
    client: Client
    support: str
    note: str
    where: str
    line: int


class CanIEmail:
    """The data of the npm package below ``node_modules``."""

    def __init__(self, node_modules: Path) -> None:
        text = (node_modules / "caniemail" / "data" / "caniemail.json").read_text(encoding="utf-8")
        features = json.loads(text)["data"]
        self._notes: dict[str, Mapping[str, str]] = {
            feature["slug"]: feature["notes_by_num"] or {} for feature in features
        }
        self._support = {
            (feature["slug"], client): self._newest(feature, client)
            for feature in features
            for client in CLIENTS
        }

    @property
    def slugs(self) -> frozenset[str]:
        """The slug of every feature."""
        return frozenset(self._notes)

    def notes(self, slug: str) -> tuple[str, ...]:
        """Return the texts of all notes of a feature."""
        return tuple(self._notes[slug].values())

    def support(self, slug: str, client: Client) -> Support:
        """Return the support of a feature; one that is not in the data was never tested."""
        return self._support.get((slug, client), Support(UNTESTED))

    def lint(self, mail: Mail) -> list[Finding]:
        """Return what is not fully supported, each way of using a feature once per client."""
        by_view = {view: uses_of(mail, view) for view in (mail.word, mail.seen)}
        found: dict[tuple[object, ...], Finding] = {}
        for client in CLIENTS:
            uses = by_view[mail.word if client == WORD else mail.seen]
            for finding in self._findings(uses, client):
                found.setdefault(finding[:-1], finding)  # the first line is enough
        return sorted(found.values())

    def _newest(self, feature: Mapping[str, Any], client: Client) -> Support:
        versions = feature["stats"].get(client.family, {}).get(client.platform, {})
        if not versions:
            return Support(UNTESTED)
        value, *numbers = versions[max(versions, key=_version)].split()
        notes = self._notes[feature["slug"]]
        texts = (notes.get(number.removeprefix("#"), f"Note {number}.") for number in numbers)
        return Support(value, tuple(texts))  # some values refer to notes that are not there

    def _findings(self, uses: Iterable[Use], client: Client) -> Iterator[Finding]:
        for use in uses:
            support = self.support(use.feature, client)
            lacking = support.lacks(use)
            if lacking is not None and self._matters(use, client):
                note = " ".join(lacking)
                yield Finding(use.feature, client, support.value, note, use.where, use.line)

    def _matters(self, use: Use, client: Client) -> bool:
        """Tell whether the client gets as far as this use."""
        return all(self._works(needed, client) for needed in use.needs) and (
            not use.any_of
            or any(all(self._works(part, client) for part in selector) for selector in use.any_of)
        )

    def _works(self, use: Use, client: Client) -> bool:
        """Tell whether a use has any effect, for some readers at least."""
        if use.feature.startswith(UNLISTED):
            return True
        support = self.support(use.feature, client)
        return support.value != "n" and not any(
            is_bounded(note, use) for note in support.lacks(use) or ()
        )


def report(findings: Iterable[Finding]) -> str:
    """Write findings for a person: by feature, with the clients and the first places."""
    by_feature: dict[str, list[Finding]] = {}
    for finding in findings:
        by_feature.setdefault(finding.feature, []).append(finding)
    return "\n".join(_paragraph(slug, found) for slug, found in sorted(by_feature.items()))


def _paragraph(slug: str, found: list[Finding]) -> str:
    clients = dict.fromkeys(f"  {f.client} ({f.support}) {f.note}".rstrip() for f in found)
    places = list(dict.fromkeys(f"  line {f.line}: {f.where}" for f in found))
    more = [f"  and {len(places) - 3} more"] if len(places) > 3 else []
    return "\n".join((slug, *clients, *places[:3], *more))


def _version(name: str) -> tuple[int, ...]:
    """Order versions such as ``16``, ``6.1.31.2`` and ``2024-01``; dates are newest."""
    return tuple(map(int, re.findall(r"\d+", name)))
