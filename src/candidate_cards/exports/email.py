"""``email``: a shortlist for somebody's inbox, in markup of its own that every client shows right.

`render_email` and `split_email` give an `Email`: subject, HTML and plain text.
`Email.message` addresses it. As a format (``render -o shortlist.eml``) it is a draft, which mail
programs open for sending.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from math import ceil
from typing import TYPE_CHECKING, Final, TypedDict

from candidate_cards.cards import DEFAULT_BANDS, DEFAULT_LABELS, USUAL_NOTICE, NoticeFacts, Part
from candidate_cards.errors import ExportError
from candidate_cards.exports import disclosed, parse_address, render
from candidate_cards.exports._exporter import Exporter, Rendering
from candidate_cards.rendering import TemplateSpec, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import EmailMessage
    from os import PathLike
    from typing import Unpack

    from candidate_cards.cards import Bands, Density, Labels
    from candidate_cards.exports._mime import Attachment, Body, Envelope
    from candidate_cards.models import Candidate, Shortlist
    from candidate_cards.privacy import Profile
    from candidate_cards.rendering import Document
    from candidate_cards.themes import Theme

MOST_BYTES = 102_400
"""Bytes of HTML that Gmail shows; it hides the rest, and the styles with it."""

# What else helps, by the density that was too much.
_SHORTER: Final[Mapping[Density, str]] = {
    "detail": "; or show less of each candidate (--density card or row)",
    "card": "; or show less of each candidate (--density row)",
    "row": "",
}


@dataclass(frozen=True)
class Email:
    """A message without an address: made once, sent to many.

    Attributes:
        subject: Role and count, or whose card it is.
        html: The HTML part.
        text: The plain-text part.
        theme: Whose logo it carries.
        attachments: Files that go with it; `dataclasses.replace` adds them.
    """

    subject: str = field(repr=False)
    html: Document = field(repr=False)
    text: str = field(repr=False)
    theme: Theme
    attachments: tuple[Attachment, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the HTML part, before it is encoded for transport."""
        return len(self.html.encode())

    @property
    def digest(self) -> str:
        """Hash of all that is in it, 64 hexadecimal digits."""
        return sha256(f"{self.subject}\0{self._body.digest}".encode()).hexdigest()

    def message(self, envelope: Envelope | None = None) -> EmailMessage:
        """Return the message with its headers; without an envelope, a draft.

        The body is encoded once, and all messages share its parts: change none of them.

        Args:
            envelope: Who it is from and to, and when: no date is invented here.

        Raises:
            ExportError: A header would not be read as it was meant.
        """
        from candidate_cards.exports import _mime  # noqa: PLC0415  loads the e-mail package

        return _mime.address(self._body, envelope, self.subject)

    @cached_property
    def _body(self) -> Body:
        from candidate_cards.exports import _mime  # noqa: PLC0415  loads the e-mail package

        images: list[_mime.InlineImage] = []
        logo = self.theme.logo and self.theme.logo.email
        if logo:
            name = f"logo.{logo.media_type.partition('/')[2]}"
            images.append(_mime.InlineImage(logo.content_id, logo.data, logo.media_type, name))
        return _mime.make_body(
            text=self.text, html=self.html, images=images, attachments=self.attachments
        )


class EmailLook(TypedDict, total=False):
    """What `render_email` takes beside the candidates."""

    theme: Theme | str | PathLike[str] | None
    density: Density
    profile: Profile | str | PathLike[str] | None
    show_emails: bool | None
    subject: str
    reply_to: str
    bands: Bands
    labels: Labels
    notice: NoticeFacts
    templates: str | PathLike[str] | None


def render_email(  # noqa: PLR0913  each is a choice that users make
    content: Candidate | Shortlist,
    *,
    theme: Theme | str | PathLike[str] | None = None,
    density: Density = "card",
    profile: Profile | str | PathLike[str] | None = None,
    show_emails: bool | None = None,
    subject: str = "",
    reply_to: str = "",
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
    notice: NoticeFacts = USUAL_NOTICE,
    templates: str | PathLike[str] | None = None,
) -> Email:
    """Render one message about a shortlist, or about one candidate.

    Args:
        content: The shortlist, or the candidate.
        theme: As in `render_card`, by default ``light``. A light theme turns dark where the
            reader's mail program asks for it; a dark one stays dark.
        density: ``row`` (a table only), ``card`` or ``detail`` (with evidence and experience).
        profile: What may be shown, as in `render_card`; by default ``client``.
        show_emails: Whether candidates' e-mail addresses appear; by default as the profile says.
        subject: In place of the one made from role and count.
        reply_to: An address; each candidate gets a button that writes to it.
        bands: Lowest scores of the bands.
        labels: The language of our own words.
        notice: As in `render_card`.
        templates: A folder with your own ``email/message.html`` or parts of it.

    Raises:
        ExportError: The HTML is larger than `MOST_BYTES`; it says what to do.
        InputError: ``reply_to`` is no address.
        CandidateCardsError: As in `render_card`.
    """
    rendering = render(
        content,
        format="email",
        theme=theme,
        density=density,
        profile=profile,
        show_emails=show_emails,
        subject=subject,
        reply_to=_bare(reply_to),
        bands=bands,
        labels=labels,
        notice=notice,
        templates=templates,
    )
    return _fitting(rendering)


def split_email(shortlist: Shortlist, **look: Unpack[EmailLook]) -> tuple[Email, ...]:
    """Render a shortlist as few messages of about equal length, each of at most `MOST_BYTES`.

    The messages are numbered in subject and head, and the ranks go on from one to the next.

    Args:
        shortlist: All of it.
        look: The choices of `render_email`.

    Raises:
        ExportError: One candidate alone is too large; it says which.
        CandidateCardsError: As in `render_card`.
    """
    count = len(shortlist.candidates)
    # Once, however many messages and rounds it takes.
    shortlist, look["notice"], look["subject"] = disclosed(
        shortlist,
        EXPORTER,
        look.get("profile"),
        look.get("show_emails"),
        look.get("labels", DEFAULT_LABELS),
        look.get("notice", USUAL_NOTICE),
        look.get("subject", ""),
    )
    look |= {"profile": "internal", "show_emails": None}
    look["reply_to"] = _bare(look.get("reply_to", ""))
    total = 1
    while True:
        renderings = [
            render(shortlist, format="email", part=part, **look) for part in _parts(count, total)
        ]
        sizes = [len(rendering.document.encode()) for rendering in renderings]
        if max(sizes) <= MOST_BYTES:
            return tuple(map(_email, renderings))
        if total >= count:
            rank = sizes.index(max(sizes)) + 1
            message = (
                f"candidate {rank} alone makes {max(sizes):,} bytes of HTML, more than the "
                f"{MOST_BYTES:,} that Gmail shows{_SHORTER[look.get('density', 'card')]}"
            )
            raise ExportError(message)
        total = min(max(total + 1, ceil(sum(sizes) / MOST_BYTES)), count)


def _parts(count: int, total: int) -> Iterator[Part]:
    first = 1
    for number in range(1, total + 1):
        # The first parts take one more where the candidates do not divide.
        size = count // total + (number <= count % total)
        yield Part(number, total, first, size)
        first += size


def _email(rendering: Rendering) -> Email:
    view = rendering.message
    assert view is not None  # noqa: S101  the format asks for it
    text = plain_text(
        rendering.shortlist, view, rendering.whole_cards, rendering.labels, rendering.notice
    )
    return Email(view.subject, rendering.document, text, rendering.theme)


def _bare(address: str) -> str:
    return parse_address(address, field="reply_to").address if address else ""


def _fitting(rendering: Rendering) -> Email:
    email = _email(rendering)
    if email.size <= MOST_BYTES:
        return email
    several = len(rendering.cards) > 1
    split = "; split it into several messages (--split, split_email)" if several else ""
    message = (
        f"the message has {email.size:,} bytes of HTML and Gmail hides what comes after "
        f"{MOST_BYTES:,}{split}{_SHORTER[rendering.density]}"
    )
    raise ExportError(message)


def _export(rendering: Rendering) -> bytes:
    from candidate_cards.exports import _mime  # noqa: PLC0415  loads the e-mail package

    return _mime.message_bytes(_fitting(rendering).message())


def _tokens(theme: Theme) -> dict[str, str]:
    """Return what the sheets need beside the theme's own tokens."""
    logo = theme.logo and theme.logo.email
    return {
        "schemes": "dark" if theme.color_scheme == "dark" else "light dark",
        "logo-width": f"{logo.width if logo else 0}px",
    }


EXPORTER = Exporter(
    name="email",
    media_type="message/rfc822",
    file_extension=".eml",
    template=TemplateSpec(
        "email/message.html",
        stylesheets=("email/head.css",),
        inline=("email/email.css",),
        keep_classes=True,
        tokens=_tokens,
    ),
    export=_export,
    theme="light",
    profile="client",
    message=True,
)
