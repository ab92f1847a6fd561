"""Profiles for the command line: list them, explain one, apply one to what was loaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import click

from candidate_cards import apply_profile, list_profiles, load_profile
from candidate_cards.cli.report import visible
from candidate_cards.exports import words_of
from candidate_cards.privacy import disclose_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from candidate_cards.cards import Labels
    from candidate_cards.cli.blind import BlindOptions
    from candidate_cards.cli.mail import MailOptions
    from candidate_cards.exports import Exporter
    from candidate_cards.models import Shortlist
    from candidate_cards.privacy import Profile


def print_list(*, as_json: bool) -> None:
    """Print every profile that a name can choose, on stdout."""
    profiles = [load_profile(name) for name in list_profiles()]
    if as_json:
        rows = [{"name": each.name, "description": each.description} for each in profiles]
        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len("NAME"), *(len(each.name) for each in profiles))
    click.echo(f"{'NAME':{width}}  DESCRIPTION")
    for each in profiles:
        click.echo(f"{each.name:{width}}  {each.description}")


def chosen_profile(name: str | None, exporter: Exporter, *, emails: bool | None) -> Profile:
    """Return the profile of a command line.

    Args:
        name: Of ``--profile``; ``None`` for the format's own.
        exporter: The format.
        emails: Of ``--emails`` and ``--no-emails``; ``None`` for as the profile says.

    Raises:
        CandidateCardsError: It cannot be used.
    """
    profile = load_profile(exporter.profile if name is None else name)
    return profile if emails is None else profile.with_emails(shown=emails)


def print_explanation(profile: Profile, *, as_json: bool) -> None:
    """Print what a profile decides, on stdout."""
    choices: dict[str, object] = {
        "employers": profile.employers,
        "identity": profile.identity,
        "gender": profile.gender,
    }
    if as_json:
        value = {
            "profile": profile.name,
            "description": profile.description,
            "fields": dict(profile.fields),
            **choices,
            "genderLanguages": profile.gender_languages,
        }
        click.echo(json.dumps(value, indent=2))
        return
    click.echo(f"{profile.name}: {visible(profile.description)}")
    for name, decision in {**_explained(profile), **choices}.items():
        click.echo(f"{name:45}  {decision}")


def _explained(profile: Profile) -> Mapping[str, str]:
    coded = profile.identity == "coded"
    rows = {"profile_id": "coded" if coded else "shown"}
    for path, shown in profile.fields.items():
        rows[path] = "shown" if shown else "hidden"
    if coded and profile.fields["name"]:
        rows["name"] = "coded"
    for what, field in (("addresses", "emails"), ("links", "linkedin_url")):
        rows[f"{what} in texts"] = "shown" if profile.fields[field] else "replaced"
    rows["fields that are not known"] = "kept" if profile.shows_everything else "removed"
    return rows


def disclosed(  # noqa: PLR0913  each is a part of a command line
    shortlist: Shortlist,
    profile: Profile,
    blind: BlindOptions,
    mail: MailOptions,
    *,
    labels: Labels,
    dry_run: bool,
) -> tuple[Shortlist, MailOptions]:
    """Return what may be shown of a shortlist, and of what is said of messages about it.

    What leads back from codes is kept.

    Raises:
        UsageError: An option is missing, or has nothing to do.
        CandidateCardsError: A file cannot be used.
        OSError: The system refused.
    """
    coded = profile.identity == "coded"
    blinding = blind.open(profile.name, coded=coded, dry_run=dry_run)
    if blinding is not None:
        profile = load_profile(profile, key=blinding.key, decisions=blinding.decisions)
    words = words_of(labels)
    shown = mail.disclosed(lambda text: disclose_text(text, shortlist, profile, words=words))
    disclosure = apply_profile(shortlist, profile, words=words)
    if blinding is not None:
        blinding.keep(disclosure.people, disclosure.finds, disclosure.certain)
    return cast("Shortlist", disclosure.content), shown
