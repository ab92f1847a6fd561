"""``render --via``: whose cards are written, and what the report says of that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from candidate_cards.cli.report import counted
from candidate_cards.cli.usage import usage_error
from candidate_cards.exports import render_card
from candidate_cards.models import FailedProfile
from candidate_cards.relay import render_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from candidate_cards.cli.vendor import VendorOptions
    from candidate_cards.models import Shortlist
    from candidate_cards.relay import Mode, Reason, RelayedCards, Theme

_THEMES: Final[Mapping[str, Theme]] = {"dark": "dark", "light": "light"}
_FORMAT: Final = "fragment"


@dataclass(frozen=True, slots=True)
class Via:
    """Whose cards there are.

    Attributes:
        mode: What the command line asked for.
        cards: Their markup, by profile id.
        made_here: Ids of those that the vendor did not make.
        failed: Who has none, and why.
        reason: Why the vendor was not heard, or ``None``.
    """

    mode: Mode
    cards: Mapping[str, str]
    made_here: frozenset[str]
    failed: Sequence[FailedProfile]
    reason: Reason | None

    @classmethod
    def of(cls, mode: Mode, relayed: RelayedCards) -> Via:
        """Read the outcome of a relay."""
        data = relayed.response.data
        return cls(
            mode,
            {card.profile_id: card.html_content or "" for card in data if card.success},
            relayed.made_here,
            [
                FailedProfile(
                    profile_id=card.profile_id,
                    error_code=card.error_code,
                    error_message=card.error_message,
                )
                for card in data
                if not card.success
            ],
            relayed.reason,
        )

    def to_report(self) -> dict[str, Any]:
        """Return what a JSON report says."""
        return {
            "mode": self.mode,
            "vendor": [each for each in self.cards if each not in self.made_here],
            "local": [each for each in self.cards if each in self.made_here],
            "reason": self.reason,
        }

    def __str__(self) -> str:
        here = len(self.made_here)
        told = f"{counted(len(self.cards) - here, 'card')} from the vendor, {here} made here"
        return f"{told} (the vendor was not heard: {self.reason})" if self.reason else told


def check(
    mode: Mode, format_name: str, theme: str | None, ours: Mapping[str, object], *, profiled: bool
) -> None:
    """Refuse what the vendor could not do, before it is asked.

    Args:
        mode: Of ``--via``.
        format_name: Of what is written.
        theme: As the command line has it.
        ours: What only cards made here have, by option.
        profiled: Whether the command line says what may be shown.

    Raises:
        UsageError: With what to do instead.
    """
    given = [option for option, value in ours.items() if value]
    if format_name != _FORMAT:
        # A page admits the one style sheet of its theme, and the vendor's styles are attributes.
        message = f"takes --format {_FORMAT}: the vendor makes pieces with styles of their own"
    elif theme is not None and theme not in _THEMES:
        message = "takes --theme dark or light: the vendor knows no other"
    elif profiled:
        message = "takes no profile: the vendor's cards show what they show"
    elif "--no-emails" in given:
        message = "takes no --no-emails: of the vendor's cards nothing can be taken out"
    elif mode == "proxy" and given:
        message = f"takes no {given[0]}: the vendor's cards have one look"
    else:
        return
    raise usage_error(f"--via {mode} {message}")


def relayed(
    shortlist: Shortlist,
    mode: Mode,
    vendor: VendorOptions,
    theme: str | None,
    look: Mapping[str, Any],
) -> Via:
    """Return the cards of a shortlist.

    Args:
        shortlist: Whom the vendor is asked for, and what cards made here are made from.
        mode: Of ``--via``.
        vendor: Where it is, and who asks.
        theme: Of both.
        look: Of cards made here: arguments of ``render_card``.

    Raises:
        VendorError: The vendor failed, and there is not one card.
    """
    known = {candidate.profile_id: candidate for candidate in shortlist.candidates}
    chosen = _THEMES[theme or "dark"]
    with vendor.client() as client:
        cards = render_html(
            list(known),
            theme=chosen,
            mode=mode,
            client=client,
            find=lambda _: known,
            draw=partial(render_card, format=_FORMAT, theme=chosen, **look),
        )
    return Via.of(mode, cards)
