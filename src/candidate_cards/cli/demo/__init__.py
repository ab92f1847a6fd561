"""``demo``: the sample candidates in every theme, density and wrapping."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from candidate_cards import (
    export_candidates,
    load_profile,
    message_bytes,
    parse_shortlist,
    render_card,
    render_email,
    render_shortlist,
)
from candidate_cards._resources import resource_root
from candidate_cards.cli.report import counted
from candidate_cards.cli.writing import file_stems, refuse_existing, write_file
from candidate_cards.privacy import BlindKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards.cards import Density
    from candidate_cards.models import Shortlist

_SAMPLE = "sourcing-completed.json"
_THEMES = ("dark", "light", "harbour")
_PROFILES = ("client", "blind")
_DENSITIES: tuple[Density, ...] = ("row", "card", "detail")

#: Everybody knows it, so its codes hide nobody; without it every demo would have others.
_KEY = BlindKey(b"the demo's key, which is no secret")

_HEAD = {
    "title": "Staff Data Platform Engineer",
    "brief": "Leads the move of a mobility company's data platform from batches to streaming. "
    "Hands-on with Kafka and a modern table format; in Brno or Vienna two days a week.",
    "client": "Jantar Mobility",
    "author": "Ořech Recruiting",
}

#: Where ``host.html`` takes the cards.
_PLACEHOLDER = "<!-- cards -->"

_GUIDE = (
    ("shortlist-dark.html", "a shortlist; -light and -harbour are the other themes"),
    ("card-detail.html", "one candidate; -card and -row show less"),
    ("host-element.html", "cards in another page, isolated from its styles"),
    ("host-fragment.html", "the same page with the inline-styled fragments of fragments/"),
    ("shortlist-client.html", "what a client is shown; -blind has codes in place of people"),
    ("email.html", "what shortlist.eml shows; open that one in a mail program"),
)


def write_demo(folder: str, *, force: bool) -> None:
    """Write the demo and print what to open.

    Args:
        folder: Where to; made if it is missing.
        force: Overwrite files that hold something else.

    Raises:
        ExportError: Such a file is there, and ``force`` is off.
        OSError: A file could not be written.
    """
    root = Path(folder)
    contents = {root / name: content for name, content in _files()}
    if not force:
        # A second run finds its own files again, which is no loss.
        refuse_existing(
            path
            for path, content in contents.items()
            if path.is_dir() or (path.is_file() and path.read_bytes() != content)
        )
    for path, content in contents.items():
        write_file(path, content)
    click.echo(f"Wrote {counted(len(contents), 'file')} to {root}. Open in a browser:")
    width = max(len(name) for name, _ in _GUIDE)
    for name, what in _GUIDE:
        click.echo(f"  {root / name}{'':{width - len(name)}}  {what}")


def _files() -> Iterator[tuple[str, bytes]]:
    shortlist = _sample()
    for theme in _THEMES:
        yield f"shortlist-{theme}.html", export_candidates(shortlist, format="page", theme=theme)
    for profile in _PROFILES:
        content = export_candidates(
            shortlist, theme="light", density="detail", profile=load_profile(profile, key=_KEY)
        )
        yield f"shortlist-{profile}.html", content
    email = render_email(shortlist)
    yield "shortlist.eml", message_bytes(email.message())
    yield "email.html", email.html.encode()
    best = shortlist.candidates[0]
    for density in _DENSITIES:
        card = render_card(best, format="page", density=density)
        yield f"card-{density}.html", card.encode()
    host = (files(__name__) / "host.html").read_text("utf-8")
    for name in ("element", "fragment"):
        cards = render_shortlist(shortlist, format=name, theme="light", heading_level=3)
        yield f"host-{name}.html", host.replace(_PLACEHOLDER, cards).encode()
    stems = file_stems(candidate.profile_id for candidate in shortlist.candidates)
    for stem, candidate in zip(stems, shortlist.candidates, strict=True):
        yield f"fragments/{stem}.html", render_card(candidate, theme="light").encode()


def _sample() -> Shortlist:
    payload = (resource_root("examples") / "payloads" / _SAMPLE).read_bytes()
    return parse_shortlist(payload, source=_SAMPLE, **_HEAD)
