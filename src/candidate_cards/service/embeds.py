"""Embeds: cards in frames of other people's pages."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlencode

from markupsafe import Markup

from candidate_cards.cards import DEFAULT_LABELS, load_labels
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.errors import InputError, NotAvailableError
from candidate_cards.exports import compiled_template, get_exporter, render_card
from candidate_cards.rendering.stylesheets import csp_hash, stylesheet_text
from candidate_cards.themes import load_theme

from .manners import EVERYTHING
from .pages import page_part, page_template
from .tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Template

    from candidate_cards.cards import Density, Labels
    from candidate_cards.models import Candidate
    from candidate_cards.store import Embed, Store

    from .manners import Manner, Manners
    from .settings import Settings

_GONE: Final = "This card is not available any more."

_SANDBOX: Final = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
_WIDEST: Final = 720  # CSS px, of a card
#: CSS px of a frame that cannot follow the height of its card.
_HEIGHTS: Final[Mapping[Density, int]] = {"row": 140, "card": 640, "detail": 1200}


@dataclass(frozen=True, slots=True)
class Look:
    """How an embed shows its card.

    Attributes:
        theme: Name of one.
        density: How much of the candidate.
        heading_level: 1 to 6, of the name.
        profile: Name of what it shows.
        lang: Of our own words.
        show_emails: Whether e-mail addresses appear: whoever has the address of an embed sees it.
    """

    theme: str
    density: Density
    heading_level: int
    profile: str = EVERYTHING
    lang: str = DEFAULT_LABELS.lang
    show_emails: bool = False

    @classmethod
    def of(cls, embed: Embed) -> Look:
        """Read what `as_record` wrote, now or before there were profiles."""
        look = embed.look
        return cls(
            look["theme"],
            cast("Density", look["density"]),
            int(look["headingLevel"]),
            look.get("profile", EVERYTHING),
            look.get("lang", DEFAULT_LABELS.lang),
            look.get("showEmails") == "true",
        )

    def as_record(self) -> dict[str, str]:
        """Return what the store keeps."""
        return {
            "theme": self.theme,
            "density": self.density,
            "headingLevel": str(self.heading_level),
            "profile": self.profile,
            "lang": self.lang,
            "showEmails": str(self.show_emails).lower(),
        }

    @property
    def title(self) -> str:
        """What a frame is called: nobody's name."""
        return load_labels(self.lang).candidate


@dataclass(frozen=True, slots=True)
class MadeEmbed:
    """A new embed.

    Attributes:
        id: Erases it.
        token: Shows it.
        expires_at: Until when, in UTC.
    """

    id: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page for a frame.

    Attributes:
        html: The document.
        policy: Its content security policy.
    """

    html: str
    policy: str


class Embeds:
    """The embeds of every company. Its methods block.

    Args:
        settings: Where the secrets come from; in development one is made up that ends with the
            process.
        store: Where embeds and candidates are.
        manners: What they show.
    """

    def __init__(self, settings: Settings, store: Store, manners: Manners) -> None:
        keys = [secret.get_secret_value().encode() for secret in settings.embed_secrets]
        if not keys and settings.development:
            keys = [secrets.token_bytes(32)]
        self._companies = settings.companies
        self._manners = manners
        self._store = store
        self._tokens = Tokens(keys)
        self.can_be_made = bool(keys)

    def make(
        self, company: str, profile_ids: Sequence[str], look: Look, *, now: int, seconds: int
    ) -> dict[str, MadeEmbed]:
        """Make an embed of each profile that is stored; the answer lacks the others.

        Args:
            company: Whose profiles.
            profile_ids: Which.
            look: Of all of them.
            now: Milliseconds since 1970.
            seconds: How long they last.

        Raises:
            StoreError: The database failed.
        """
        # Whole seconds, as the token has them.
        expires_at = datetime.fromtimestamp(now // 1000, UTC) + timedelta(seconds=seconds)
        made: dict[str, MadeEmbed] = {}
        for profile_id in self._store.versions(company, profile_ids):
            embed_id = self._store.add_embed(
                company, profile_id, look=look.as_record(), expires_at=expires_at
            )
            token = self._tokens.sign(embed_id, expires_at)
            made[profile_id] = MadeEmbed(embed_id, token, expires_at)
        for profile_id in made.keys() - self._store.versions(company, list(made)):
            # Erased since it was looked up: the erasure has not seen the embed.
            with suppress(_StoredAgainError):
                self._store.erase(company, profile_id, check=_refuse_if_stored)
                del made[profile_id]
        return made

    def manner(self, company: str, look: Look) -> Manner:
        """Return how an embed shows its candidate.

        Raises:
            RefusedError: 400: not so.
        """
        return self._manners.manner(
            company,
            get_exporter("element"),
            profile=look.profile,
            lang=look.lang,
            show_emails=look.show_emails,
        )

    def find(self, token: str, now: int) -> tuple[Embed, Candidate] | None:
        """Return what a token shows; ``None`` for whatever reason it shows nothing.

        Args:
            token: Anything.
            now: Milliseconds since 1970.

        Raises:
            StoreError: The database failed.
        """
        embed_id = self._tokens.read(token, now)
        embed = None if embed_id is None else self._store.find_embed(embed_id)
        if embed is None:
            return None
        stored = self._store.load(embed.company, [embed.profile_id]).get(embed.profile_id)
        return None if stored is None else (embed, stored.candidate)

    def page(self, token: str, now: int, base_url: str) -> Page | None:
        """Return the page of a token; ``None`` for whatever reason there is none.

        Args:
            token: Anything.
            now: Milliseconds since 1970.
            base_url: Where browsers reach this service.

        Raises:
            StoreError: The database failed.
            RenderingError: A template cannot be used.
        """
        found = self.find(token, now)
        if found is None:
            return None
        embed, candidate = found
        look = Look.of(embed)
        try:
            theme = load_theme(look.theme)
            manner = self.manner(embed.company, look)
        except (InputError, NotAvailableError, RefusedError):  # what it asks for is there no more
            return None
        template = compiled_template(
            get_exporter("element"), theme, look.density, look.heading_level, manner.labels, None
        )
        card = render_card(
            cast("Candidate", manner.disclose(candidate).content),
            format="element",
            theme=theme,
            density=look.density,
            heading_level=look.heading_level,
            profile=EVERYTHING,
            fallback=False,  # the policy is against its style attributes
            labels=manner.labels,
            notice=manner.notice,
        )
        company = self._companies.get(embed.company)
        ancestors = " ".join(company.frame_ancestors if company else ()) or "'self'"
        oembed = urlencode({"url": embed_url(base_url, token)})
        return Page(
            _document(
                card, embed.id, theme.color_scheme, f"{base_url}/oembed?{oembed}", manner.labels
            ),
            _policy(template.style_hash, ancestors=ancestors),
        )


class _StoredAgainError(Exception):
    """There is something that an embed can show."""


def _refuse_if_stored(versions: Mapping[str, str]) -> None:
    if versions:
        raise _StoredAgainError


@cache
def gone_page() -> Page:
    """Return the page in place of a card that there is not: always the same.

    Why any page may frame it: it is about nobody, and who looks at the frame should be told.
    """
    card = Markup('<p class="gone">{}</p>').format(_GONE)
    return Page(_document(card, "", "light", ""), _policy(ancestors="*"))


def _document(
    card: Markup, embed_id: str, scheme: str, oembed: str, labels: Labels = DEFAULT_LABELS
) -> str:
    style, script = _parts()
    return _template().render(
        {
            "card": card,
            "embed_id": embed_id,
            "labels": labels,
            "oembed": oembed,
            "scheme": scheme,
            "script": script,
            "style": style,
            "title": labels.candidate,
        }
    )


def _policy(*styles: str, ancestors: str) -> str:
    style, script = _parts()
    sheets = " ".join(f"'{source}'" for source in (csp_hash(style), *styles))
    # The sandbox is said here too, for pages that forget it around the frame: nothing in it ever
    # has the origin of this service.
    return (
        f"default-src 'none'; script-src '{csp_hash(script)}'; style-src {sheets}; "
        "img-src data:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}; sandbox {_SANDBOX}"
    )


@cache
def _template() -> Template:
    return page_template("embed/frame.html")


@cache
def _parts() -> tuple[Markup, Markup]:
    """Return style and script of a page in a frame, as they stand in it."""
    style = stylesheet_text(page_part("embed/frame.css"), {}, "embed/frame.css")
    return Markup(style), Markup(page_part("embed/frame.js"))  # noqa: S704  files of ours


def embed_url(base_url: str, token: str) -> str:
    """Return the address of an embed."""
    return f"{base_url}/embed/{token}"


def frame_size(look: Look, width: int | None, height: int | None) -> tuple[int, int]:
    """Return width and height of a frame in CSS px, each at most what is given."""
    return min(width or _WIDEST, _WIDEST), min(
        height or _HEIGHTS[look.density], _HEIGHTS[look.density]
    )


def frame_html(url: str, look: Look, *, width: int | None = None, height: int | None = None) -> str:
    """Return a frame to paste, at most as wide as its place.

    Args:
        url: Of the embed.
        look: Of the embed.
        width: Most CSS px.
        height: Most CSS px.
    """
    # Under another scheme than that of the page inside, a frame has an opaque ground.
    style = f"max-width:100%;border:0;color-scheme:{load_theme(look.theme).color_scheme}"
    return Markup(
        '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy" '
        'referrerpolicy="origin" sandbox="{}" style="{}"></iframe>'
    ).format(url, look.title, *frame_size(look, width, height), _SANDBOX, style)


def element_html(url: str, look: Look, script: str) -> str:
    """Return the element that the script turns into a card, and the script, to paste.

    Args:
        url: Of the embed.
        look: Of the embed.
        script: Address of the script.
    """
    return Markup(
        '<script async src="{script}"></script>\n'
        '<candidate-card src="{url}"><a href="{url}" target="_blank" rel="noopener noreferrer">'
        "{title}</a></candidate-card>"
    ).format(script=script, url=url, title=look.title)
