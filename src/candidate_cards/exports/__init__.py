"""One module per format, and the whole flow from candidates to bytes.

A new format is one new module here that defines ``EXPORTER``; nothing else names it.
"""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from functools import cache, lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from candidate_cards.cards import (
    DEFAULT_BANDS,
    DEFAULT_LABELS,
    DENSITIES,
    USUAL_NOTICE,
    WHOLE,
    Bands,
    CardView,
    Density,
    DossierFacts,
    Labels,
    NoticeFacts,
    Part,
    card_view,
    dossier_view,
    message_view,
    notice_of,
    notice_view,
    shortlist_view,
    single_view,
    told_directions,
)
from candidate_cards.errors import NotAvailableError
from candidate_cards.exports._exporter import Exporter, Rendering
from candidate_cards.exports._headers import Address, parse_address
from candidate_cards.models import Shortlist
from candidate_cards.rendering import (
    CompiledTemplate,
    Document,
    TemplateFolder,
    compile_template,
)
from candidate_cards.themes import Theme, load_theme

if TYPE_CHECKING:
    from os import PathLike

    from candidate_cards.models import Candidate
    from candidate_cards.privacy import Profile, Words

Content = TypeVar("Content", bound="Candidate | Shortlist")

__all__ = [
    "Address",
    "Exporter",
    "Rendering",
    "compiled_template",
    "disclosed",
    "export_candidates",
    "get_exporter",
    "list_formats",
    "notice_with",
    "parse_address",
    "render",
    "render_card",
    "render_shortlist",
    "style_source",
    "words_of",
]

_TOP_HEADING, _LAST_HEADING = 1, 6


@cache
def list_formats() -> tuple[str, ...]:
    """Return the names of the formats that are installed, sorted."""
    return tuple(
        sorted(
            module.name
            for module in pkgutil.iter_modules(__path__)
            if not module.name.startswith("_")
        )
    )


@cache
def get_exporter(name: str) -> Exporter:
    """Return a format by name.

    Raises:
        NotAvailableError: There is none of that name; the message lists those there are.
    """
    if name not in list_formats():
        raise NotAvailableError("format", name, list_formats())
    exporter = import_module(f"{__name__}.{name}").EXPORTER
    assert isinstance(exporter, Exporter)  # noqa: S101  a programming error in a format module
    return exporter


@lru_cache(maxsize=256)  # more than the formats, themes and densities of one application
def compiled_template(  # noqa: PLR0913, PLR0917  each is a choice that users make
    exporter: Exporter,
    theme: Theme,
    density: Density = "card",
    heading_level: int = 2,
    labels: Labels = DEFAULT_LABELS,
    templates: Path | None = None,
) -> CompiledTemplate:
    """Return the template of a format, compiled once per process for these choices.

    Raises:
        NotAvailableError: No such density.
        ValueError: ``heading_level`` is not between 1 and 6.
    """
    if density not in DENSITIES:
        raise NotAvailableError("density", density, DENSITIES)
    if not _TOP_HEADING <= heading_level <= _LAST_HEADING:
        message = f"heading_level must be between 1 and 6, not {heading_level}"
        raise ValueError(message)
    constants = {
        "density": density,
        "embedded": exporter.template.embedded,
        "labels": labels,
        # What most notices say of the data is known now.
        "usual": notice_view(USUAL_NOTICE, labels, False, False),  # noqa: FBT003  neither
        "heading": heading_level,
        "subheading": min(heading_level + 1, _LAST_HEADING),
    }
    folder = TemplateFolder(templates)
    return compile_template(exporter.template, theme, constants, folder=folder)


def render_card(  # noqa: PLR0913  each is a choice that users make
    candidate: Candidate,
    *,
    format: str = "fragment",  # noqa: A002  the word that users know
    theme: Theme | str | PathLike[str] | None = None,
    density: Density = "card",
    heading_level: int | None = None,
    profile: Profile | str | PathLike[str] | None = None,
    show_emails: bool | None = None,
    nonce: str = "",
    fallback: bool = True,
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
    notice: NoticeFacts = USUAL_NOTICE,
    templates: str | PathLike[str] | None = None,
) -> Document:
    """Render one candidate.

    Args:
        candidate: The record.
        format: ``fragment``, ``element``, ``page`` or any other from `list_formats`.
        theme: A theme, the name of one, or a path to a token file; by default the format's own:
            ``light`` for e-mail, ``dark`` for the others.
        density: ``row``, ``card`` or ``detail``.
        heading_level: 1 to 6, of the name; sections are one level below. By default 2, and 1
            in a document of its own.
        profile: What may be shown: a profile, the name of one, or a path to its file; by default
            the format's own: ``client`` for e-mail, dossiers and pictures, ``internal`` for cards.
        show_emails: Whether candidates' e-mail addresses appear, whatever the profile says; by
            default as it says.
        nonce: For the style element of ``element`` and ``page`` under a host's policy.
        fallback: Whether an ``element`` holds a fragment for hosts that make no shadow root.
            Leave it out under a policy that forbids style attributes.
        bands: Lowest scores of the bands.
        labels: The language of our own words.
        notice: Where the data came from and whom to ask, for the notice beside scores and
            AI-written texts; or that there is to be none.
        templates: A folder of your own templates; what it lacks is taken from the bundled ones.
            Read once per process.

    Returns:
        HTML that is safe to insert as it is; what it is, a piece or a page, depends on the
        format.

    Raises:
        NotAvailableError: Unknown format, theme, density or profile.
        InputError: The theme or the profile cannot be used.
        RenderingError: A template or style sheet cannot be compiled for this theme.
    """
    exporter = get_exporter(format)
    if exporter.message or exporter.dossier:
        return render(
            candidate,
            format=format,
            theme=theme,
            density=density,
            heading_level=heading_level,
            profile=profile,
            show_emails=show_emails,
            bands=bands,
            labels=labels,
            notice=notice,
            templates=templates,
        ).document
    # A card has no more to it than this, and its time is counted in microseconds.
    if heading_level is None:
        heading_level = 2 if exporter.template.embedded else 1
    folder = None if templates is None else Path(templates)
    chosen = _theme(exporter, theme)
    template = compiled_template(exporter, chosen, density, heading_level, labels, folder)
    candidate, notice, _ = disclosed(candidate, exporter, profile, show_emails, labels, notice)
    card = card_view(candidate, density=density, bands=bands, labels=labels)
    frame = single_view(card)
    told = notice_view(notice, labels, card.score.value != "", card.written)
    return template.render(
        {
            "shortlist": frame,
            "cards": (card,),
            "notice": told,
            "nonce": nonce,
            "fallback": fallback,
        }
    )


def render_shortlist(  # noqa: PLR0913  each is a choice that users make
    shortlist: Shortlist,
    *,
    format: str = "page",  # noqa: A002  the word that users know
    theme: Theme | str | PathLike[str] | None = None,
    density: Density = "card",
    heading_level: int | None = None,
    profile: Profile | str | PathLike[str] | None = None,
    show_emails: bool | None = None,
    nonce: str = "",
    fallback: bool = True,
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
    notice: NoticeFacts = USUAL_NOTICE,
    templates: str | PathLike[str] | None = None,
) -> Document:
    """Render a shortlist, in its ranking order; arguments and errors as in `render_card`."""
    return render(
        shortlist,
        format=format,
        theme=theme,
        density=density,
        heading_level=heading_level,
        profile=profile,
        show_emails=show_emails,
        nonce=nonce,
        fallback=fallback,
        bands=bands,
        labels=labels,
        notice=notice,
        templates=templates,
    ).document


def style_source(
    theme: Theme | str | PathLike[str] | None = None,
    *,
    labels: Labels = DEFAULT_LABELS,
    templates: str | PathLike[str] | None = None,
) -> str:
    """Return what admits an ``element``'s style sheet under a host's content security policy.

    It is the same for every candidate, density and heading level; `render_card` explains the
    arguments.

    Returns:
        ``'sha256-...'``, quotes included, for ``style-src``.

    Raises:
        NotAvailableError: No such theme.
        InputError: The theme cannot be used.
        RenderingError: A style sheet cannot be compiled for this theme.
    """
    exporter = get_exporter("element")
    folder = None if templates is None else Path(templates)
    template = compiled_template(exporter, _theme(exporter, theme), labels=labels, templates=folder)
    return f"'{template.style_hash}'"


def export_candidates(  # noqa: PLR0913  each is a choice that users make
    content: Candidate | Shortlist,
    *,
    format: str = "page",  # noqa: A002  the word that users know
    theme: Theme | str | PathLike[str] | None = None,
    density: Density = "card",
    heading_level: int | None = None,
    profile: Profile | str | PathLike[str] | None = None,
    show_emails: bool | None = None,
    nonce: str = "",
    fallback: bool = True,
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
    notice: NoticeFacts = USUAL_NOTICE,
    templates: str | PathLike[str] | None = None,
) -> bytes:
    """Turn a shortlist, or one candidate, into the bytes of a format.

    Arguments and errors as in `render_card`, and `ExportError` from the encoding.
    """
    rendering = render(
        content,
        format=format,
        theme=theme,
        density=density,
        heading_level=heading_level,
        profile=profile,
        show_emails=show_emails,
        nonce=nonce,
        fallback=fallback,
        bands=bands,
        labels=labels,
        notice=notice,
        templates=templates,
    )
    return get_exporter(format).export(rendering)


def render(  # noqa: PLR0913  each is a choice that users make
    content: Candidate | Shortlist,
    *,
    format: str,  # noqa: A002  the word that users know
    theme: Theme | str | PathLike[str] | None = None,
    density: Density = "card",
    heading_level: int | None = None,
    profile: Profile | str | PathLike[str] | None = None,
    show_emails: bool | None = None,
    nonce: str = "",
    fallback: bool = True,
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
    notice: NoticeFacts = USUAL_NOTICE,
    templates: str | PathLike[str] | None = None,
    subject: str = "",
    reply_to: str = "",
    part: Part = WHOLE,
) -> Rendering:
    """Turn candidates into what a format encodes: the whole flow, top to bottom.

    1. The profile says what may be shown; what it hides is gone from here on.
    2. The format says which template and style sheets it is made from.
    3. They are compiled for the theme, once per process.
    4. Each candidate becomes a view: what is shown.
    5. The template places the views: a document.
    6. The format encodes it; see `export_candidates`.

    Args:
        content: One candidate, or a shortlist.
        format: As the others, in `render_card`.
        theme: The same.
        density: The same.
        heading_level: The same.
        profile: The same.
        show_emails: The same.
        nonce: The same.
        fallback: The same.
        bands: The same.
        labels: The same.
        notice: The same.
        templates: The same.
        subject: Of a message, in place of the one made from role and count.
        reply_to: Whom a reader may answer about a candidate, in formats that offer it; an address
            that was checked.
        part: Which candidates of the shortlist, where it takes several documents.

    Raises:
        CandidateCardsError: As in `render_card`.
    """
    exporter = get_exporter(format)
    content, notice, subject = disclosed(
        content, exporter, profile, show_emails, labels, notice, subject
    )
    chosen = _theme(exporter, theme)
    density = exporter.density or density
    if exporter.most is not None and isinstance(content, Shortlist):
        density, part = "row", part._replace(size=exporter.most)
    if heading_level is None:
        is_frame = isinstance(content, Shortlist) or exporter.template.embedded
        heading_level = 2 if is_frame else 1
    folder = None if templates is None else Path(templates)
    template = compiled_template(exporter, chosen, density, heading_level, labels, folder)
    cards_of = partial(
        _cards,
        content,
        part,
        density=density,
        bands=bands,
        labels=labels,
        reply_to=reply_to,
    )
    cards = cards_of()
    if isinstance(content, Shortlist):
        frame = shortlist_view(content, labels=labels)
    else:
        frame = single_view(cards[0])
    told = notice_of(cards, notice, labels)
    message = None
    whole_cards: tuple[CardView, ...] = ()
    if exporter.message:
        cards = tuple([told_directions(card, labels) for card in cards])
        # Only a card leaves points out for want of room.
        whole_cards = cards_of(capped=False) if density == "card" else cards
        message = message_view(frame, cards, labels, notice=told, subject=subject, part=part)
    dossier = None
    if exporter.dossier:
        dossier = dossier_view(
            frame, cards, facts=DossierFacts(), notice=told, bands=bands, labels=labels
        )
    document = template.render(
        {
            "shortlist": frame,
            "cards": cards,
            "message": message,
            "dossier": dossier,
            "notice": told,
            "nonce": nonce,
            "fallback": fallback,
        }
    )
    return Rendering(
        document, frame, cards, message, whole_cards, chosen, labels, density, told, folder
    )


def disclosed(  # noqa: PLR0913, PLR0917  what the functions above were given
    content: Content,
    exporter: Exporter,
    profile: Profile | str | PathLike[str] | None,
    show_emails: bool | None,  # noqa: FBT001  as the functions above have it
    labels: Labels,
    notice: NoticeFacts,
    subject: str = "",
) -> tuple[Content, NoticeFacts, str]:
    """Return what a format may show of candidates, the facts of a notice on it, and its subject.

    Arguments and errors are those of `render`.
    """
    if profile is None:
        profile = exporter.profile
    if profile == "internal" and show_emails is not False:
        return content, notice, subject
    # Cards that show everything do without.
    from candidate_cards.privacy import (  # noqa: PLC0415
        apply_profile,
        disclose_text,
        load_profile,
    )

    chosen = load_profile(profile)
    if show_emails is not None:
        chosen = chosen.with_emails(shown=show_emails)
    words = words_of(labels)
    shown = cast("Content", apply_profile(content, chosen, words=words).content)
    return shown, notice_with(notice, chosen), disclose_text(subject, content, chosen, words=words)


def notice_with(notice: NoticeFacts, profile: Profile) -> NoticeFacts:
    """Return the facts of a notice on what a profile shows: codes are told as what they are."""
    return replace(notice, coded=True) if profile.identity == "coded" else notice


@lru_cache(maxsize=64)  # more than the languages of one application
def words_of(labels: Labels) -> Words:
    """Return what stands in place of what is hidden, in the language of the labels."""
    from candidate_cards.privacy import Words  # noqa: PLC0415  as above

    return Words(
        labels.employer,
        labels.current_employer,
        labels.removed_email,
        labels.removed_link,
        labels.removed_phone,
    )


def _theme(exporter: Exporter, theme: Theme | str | PathLike[str] | None) -> Theme:
    if isinstance(theme, Theme):
        return theme
    return load_theme(exporter.theme if theme is None else theme)


def _cards(
    content: Candidate | Shortlist,
    part: Part,
    **look: Any,  # noqa: ANN401  the arguments of `card_view`
) -> tuple[CardView, ...]:
    """Return the views of a candidate, or of a part of a shortlist, with their ranks."""
    if not isinstance(content, Shortlist):
        return (card_view(content, **look),)
    candidates = enumerate(part.of(content.candidates), part.first)
    return tuple([card_view(candidate, rank=str(rank), **look) for rank, candidate in candidates])
