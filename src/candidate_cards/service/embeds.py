"""Embeds: cards in frames, behind addresses that say nothing of whom they show.

A token is ``1.ID.EXPIRY.SIGNATURE``: a version, the random id of a record in the store, Unix seconds,
and HMAC-SHA256 of all before it. Why the standard library's and no library of tokens: those read
Base64 loosely, so one token has many spellings; here it has one.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from markupsafe import Markup

from candidate_cards.cards import DEFAULT_LABELS
from candidate_cards.errors import InputError, NotAvailableError
from candidate_cards.exports import compiled_template, get_exporter, render_card
from candidate_cards.rendering.stylesheets import csp_hash, stylesheet_text
from candidate_cards.themes import load_theme

from .pages import page_part, page_template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from candidate_cards.cards import Density
    from candidate_cards.models import Candidate
    from candidate_cards.store import Embed, Store

    from .settings import Settings

TITLE: Final = "Candidate card"
GONE: Final = "This card is not available any more."

_VERSION: Final = "1"
_TOKEN: Final = re.compile(r"(1\.([A-Za-z0-9_-]{1,64})\.([0-9]{1,12}))\.([A-Za-z0-9_-]{43})")
_SANDBOX: Final = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
#: CSS px that a card takes in a frame which cannot follow its height, at some 400 px of width.
_HEIGHTS: Final[Mapping[str, int]] = {"row": 140, "card": 640, "detail": 1200}
_WIDEST: Final = 720


@dataclass(frozen=True, slots=True)
class Look:
    """How an embed shows its card.

    Attributes:
        theme: Name of one.
        density: ``row``, ``card`` or ``detail``.
        heading_level: 1 to 6, of the name.
    """

    theme: str
    density: Density
    heading_level: int

    @classmethod
    def of(cls, embed: Embed) -> Look:
        """Read what `as_record` wrote."""
        density: Density = embed.look["density"]  # type: ignore[assignment]  # as it was written
        return cls(embed.look["theme"], density, int(embed.look["headingLevel"]))

    def as_record(self) -> dict[str, str]:
        """Return what the store keeps."""
        return {
            "theme": self.theme,
            "density": self.density,
            "headingLevel": str(self.heading_level),
        }


@dataclass(frozen=True, slots=True)
class MadeEmbed:
    """A new embed.

    Attributes:
        id: Erases it.
        token: Shows it.
        expires_at: Until when.
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


class Tokens:
    """Signs the addresses of embeds.

    Args:
        keys: The first signs, each verifies.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def sign(self, embed_id: str, expires_at: datetime) -> str:
        """Return the token of an embed."""
        content = f"{_VERSION}.{embed_id}.{int(expires_at.timestamp())}"
        return f"{content}.{_signature(self._keys[0], content)}"

    def read(self, token: str, now: int) -> str | None:
        """Return the id in a token, or ``None`` if it is none of ours or has expired.

        Args:
            token: Anything.
            now: Milliseconds since 1970.
        """
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        content, embed_id, expiry, signature = parts.groups()
        # All keys are tried, so that the time says nothing of which one it was.
        valid = [hmac.compare_digest(_signature(key, content), signature) for key in self._keys]
        return embed_id if any(valid) and int(expiry) * 1000 > now else None


def _signature(key: bytes, content: str) -> str:
    digest = hmac.digest(key, f"candidate-cards embed {content}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


class Embeds:
    """The embeds of every company. Its methods block.

    Args:
        settings: Where the secrets come from; in development one is made up that ends with the
            process.
        store: Where embeds and candidates are.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        keys = [secret.get_secret_value().encode() for secret in settings.embed_secrets]
        if not keys and settings.development:
            keys = [secrets.token_bytes(32)]
        self._companies = settings.companies
        self._store = store
        self._tokens = Tokens(keys)
        self.can_be_made = bool(keys)

    def make(
        self, company: str, profile_ids: Sequence[str], look: Look, *, now: int, seconds: int
    ) -> dict[str, MadeEmbed]:
        """Make an embed of each profile that is stored; the others are missing in the answer.

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
        stored = self._store.versions(company, profile_ids)
        made: dict[str, MadeEmbed] = {}
        for profile_id in stored:
            embed_id = self._store.add_embed(
                company, profile_id, look=look.as_record(), expires_at=expires_at
            )
            token = self._tokens.sign(embed_id, expires_at)
            made[profile_id] = MadeEmbed(embed_id, token, expires_at)
        return made

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
        if embed is None or embed.expires_at.timestamp() * 1000 <= now:
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
        except (InputError, NotAvailableError):  # its package was uninstalled or changed
            return None
        sheet = compiled_template(
            get_exporter("element"), theme, look.density, look.heading_level, DEFAULT_LABELS, None
        )
        card = render_card(
            candidate,
            format="element",
            theme=theme,
            density=look.density,
            heading_level=look.heading_level,
            fallback=False,  # its style attributes are against the policy
        )
        company = self._companies.get(embed.company)
        ancestors = " ".join(company.frame_ancestors if company else ()) or "'self'"
        html = _page(
            card=card,
            embed_id=embed.id,
            scheme=theme.color_scheme,
            oembed=f"{base_url}/oembed?{urlencode({'url': embed_url(base_url, token)})}",
        )
        return Page(html, _policy(sheet.style_hash, ancestors=ancestors))


@cache
def gone_page() -> Page:
    """Return the page in place of a card that there is not, always the same.

    Why any page may frame it: it is about nobody, and whoever framed the card should see that it
    has gone.
    """
    card = Markup('<p class="gone">{}</p>').format(GONE)
    return Page(_page(card=card, embed_id="", scheme="light", oembed=""), _policy(ancestors="*"))


def embed_url(base_url: str, token: str) -> str:
    """Return the address of an embed."""
    return f"{base_url}/embed/{token}"


def frame_html(url: str, look: Look, *, width: int | None = None, height: int | None = None) -> str:
    """Return a frame to paste.

    Args:
        url: Of the embed.
        look: Of the embed.
        width: Most CSS px that it may take; as wide as its place by default.
        height: The same.
    """
    tall = _HEIGHTS[look.density]
    # Under another scheme than that of the page inside, a frame has an opaque ground.
    style = f"border:0;color-scheme:{load_theme(look.theme).color_scheme}"
    if width is None and height is None:
        size, style = Markup(""), f"width:100%;max-width:{_WIDEST}px;height:{tall}px;{style}"
    else:
        size = Markup(' width="{}" height="{}"').format(*frame_size(look, width, height))
    return str(
        Markup(
            '<iframe src="{}" title="{}" sandbox="{}" loading="lazy" referrerpolicy="origin"{}'
            ' style="{}"></iframe>'
        ).format(url, TITLE, _SANDBOX, size, style)
    )


def frame_size(look: Look, width: int | None, height: int | None) -> tuple[int, int]:
    """Return width and height of a frame in CSS px, each at most what is given."""
    return min(width or _WIDEST, _WIDEST), min(height or _HEIGHTS[look.density], 10_000)


def element_html(url: str, script: str) -> str:
    """Return the element that ``embed.js`` turns into a card, and the script, to paste.

    Args:
        url: Of the embed.
        script: Address of the script.
    """
    return str(
        Markup(
            '<script async src="{script}"></script>\n'
            '<candidate-card src="{url}"><a href="{url}" target="_blank" rel="noopener noreferrer">'
            "{title}</a></candidate-card>"
        ).format(script=script, url=url, title=TITLE)
    )


def _page(*, card: Markup, embed_id: str, scheme: str, oembed: str) -> str:
    style, script = _parts()
    return _template().render(
        {
            "card": card,
            "embed_id": embed_id,
            "labels": DEFAULT_LABELS,
            "oembed": oembed,
            "scheme": scheme,
            "script": script,
            "style": style,
            "title": TITLE,
        }
    )


def _policy(*styles: str, ancestors: str) -> str:
    style, script = _parts()
    sheets = " ".join(f"'{source}'" for source in (csp_hash(style), *styles))
    # The sandbox is there also where the page around has forgotten it: no script in the frame ever
    # has the origin of this service.
    return (
        f"default-src 'none'; script-src '{csp_hash(script)}'; style-src {sheets}; "
        "img-src data:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}; sandbox {_SANDBOX}"
    )


@cache
def _template():  # type: ignore[no-untyped-def]
    return page_template("embed/frame.html")


@cache
def _parts() -> tuple[Markup, Markup]:
    """Return style and script of the page in a frame, as they stand in it."""
    style = stylesheet_text(page_part("embed/frame.css"), {}, "embed/frame.css")
    return Markup(style), Markup(page_part("embed/frame.js"))  # noqa: S704  files of ours
