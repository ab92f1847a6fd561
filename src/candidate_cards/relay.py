"""Cards of profile ids: made here, asked of the vendor, or the one where the other fails.

Of what the vendor answers only known fields are passed on, with HTML that was made inert.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from inspect import isawaitable
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal

from candidate_cards._coroutines import finished
from candidate_cards._text import clean_text
from candidate_cards.cards import DEFAULT_LABELS, USUAL_NOTICE
from candidate_cards.errors import (
    InputError,
    Problem,
    RenderingError,
    VendorConnectionError,
    VendorError,
    VendorRateLimitError,
    VendorResponseError,
    VendorTimeoutError,
)
from candidate_cards.exports import notice_with, render_card, words_of
from candidate_cards.instaview.batches import CardBatch
from candidate_cards.models import Candidate, ErrorCode, RenderedCard, RenderHtmlResponse
from candidate_cards.privacy import apply_profile, load_profile
from candidate_cards.rendering.sanitizing import has_text, sanitize_fragment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from os import PathLike

    from candidate_cards.cards import Labels
    from candidate_cards.instaview import AsyncClient, Client
    from candidate_cards.privacy import Profile

__all__ = [
    "PATIENCE",
    "Mode",
    "Reason",
    "RelayedCards",
    "Theme",
    "render_html",
    "render_html_async",
]

Mode = Literal["local", "proxy", "fallback"]
Theme = Literal["dark", "light"]
Reason = Literal["timeout", "connection", "rate limit", "unavailable"]

PATIENCE: Final = 10.0
"""Seconds that the vendor has before cards are made here."""

_LONGEST_NAME: Final = 300
_LONGEST_CODE: Final = 80
_LONGEST_MESSAGE: Final = 300
# A refusal of the call itself, but for two that are the vendor's own trouble.
_CALLERS_FAULT: Final = frozenset(range(400, 500)) - {408, 429}


@dataclass(frozen=True, slots=True)
class RelayedCards:
    """Cards, and who made them.

    Attributes:
        response: In the order of the ids, repeated ones once; what the vendor's API answers.
        via: Whose it is: this package's, the vendor's, or both.
        made_here: Ids of the cards that this package made.
        reason: Why the vendor was not heard, or not of all; ``None`` if it was, or was not asked.
    """

    response: RenderHtmlResponse
    via: Literal["local", "proxy", "mixed"]
    made_here: frozenset[str] = frozenset()
    reason: Reason | None = None


def render_html(  # noqa: PLR0913  each is a choice that users make
    profile_ids: Sequence[str],
    *,
    theme: Theme = "dark",
    mode: Mode,
    client: Client | None = None,
    find: Callable[[Sequence[str]], Mapping[str, Candidate]] | None = None,
    draw: Callable[[Candidate], str] | None = None,
    patience: float = PATIENCE,
    profile: Profile | str | PathLike[str] = "internal",
    labels: Labels = DEFAULT_LABELS,
) -> RelayedCards:
    """Return the cards of any number of profiles, each with a reason if there is none.

    Args:
        profile_ids: At least one; repeated ones count once.
        theme: Of the vendor's cards, and of ours unless ``draw`` knows better.
        mode: ``local`` makes cards of what ``find`` returns. ``proxy`` asks the vendor, ten ids a
            call. ``fallback`` asks the vendor and makes the cards that it did not, since it could
            not be reached, took too long, was asked too often, or answered with an error of its
            own or with nonsense; what it says of a profile stays.
        client: For ``proxy`` and ``fallback``.
        find: For ``local`` and ``fallback``: returns the candidates of those ids that are known.
        draw: Makes the markup of a card of what may be shown, all of it; by default the format
            ``fragment`` in ``theme``.
        patience: Seconds that the vendor has in ``fallback``, for all ids together; no call is
            repeated there. In ``proxy`` each call has the client's timeout.
        profile: What may be shown. Of the vendor's HTML nothing can be taken out: with a profile
            that hides anything, ``proxy`` is refused, and ``fallback`` does not ask the vendor.
        labels: The language of cards made here, and of what stands in place of what is hidden.

    Raises:
        InputError: There are no ids, the mode lacks what it needs, or the profile cannot be had.
        NotAvailableError: There is no such profile.
        VendorError: The vendor failed, and there is not one card; or, before the first one came,
            it refused the call itself (for its key, say).
    """
    drawing = _drawing(profile, labels, draw, theme)
    return finished(_relay(profile_ids, theme, mode, _Blocking(client, find), drawing, patience))


async def render_html_async(  # noqa: PLR0913  each is a choice that users make
    profile_ids: Sequence[str],
    *,
    theme: Theme = "dark",
    mode: Mode,
    client: AsyncClient | None = None,
    find: Callable[[Sequence[str]], Mapping[str, Candidate] | Awaitable[Mapping[str, Candidate]]]
    | None = None,
    draw: Callable[[Candidate], str] | None = None,
    patience: float = PATIENCE,
    profile: Profile | str | PathLike[str] = "internal",
    labels: Labels = DEFAULT_LABELS,
) -> RelayedCards:
    """Like `render_html`, on a loop of asyncio.

    ``find`` is called in a thread, unless it is a coroutine function; ``draw`` and what makes HTML
    inert run in one, so that nothing holds up the loop.
    """
    drawing = _drawing(profile, labels, draw, theme)
    return await _relay(profile_ids, theme, mode, _Awaiting(client, find), drawing, patience)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """How cards are made here: what may be shown, then its markup."""

    profile: Profile
    labels: Labels
    draw: Callable[[Candidate], str]

    def shown(self, candidate: Candidate) -> Candidate:
        """Return what may be shown of somebody."""
        content = apply_profile(candidate, self.profile, words=words_of(self.labels)).content
        assert isinstance(content, Candidate)  # noqa: S101  as went in
        return content


class _Blocking:
    """How things are done where nothing awaits a loop."""

    def __init__(self, client: Any, find: Callable[[Sequence[str]], Any] | None) -> None:  # noqa: ANN401  of either kind
        self._client = client
        self._find = find

    def lacks(self, mode: Mode) -> list[Problem]:
        """Return what a mode needs and there is not."""
        needed = (
            ("client", self._client, mode != "local"),
            ("find", self._find, mode != "proxy"),
        )
        return [
            Problem(f"is needed in the mode {mode}", path=(name,))
            for name, value, is_needed in needed
            if is_needed and value is None
        ]

    async def ask(
        self, profile_ids: Sequence[str], theme: Theme, seconds: float | None
    ) -> RenderHtmlResponse:
        """Have the vendor make cards; within a limit of time it is asked once."""
        answer = self._client.render_html(
            profile_ids, theme=theme, timeout=seconds, repeat=seconds is None
        )
        response: RenderHtmlResponse = await answer if isawaitable(answer) else answer
        return response

    async def find(self, profile_ids: Sequence[str]) -> Mapping[str, Candidate]:
        """Return those candidates that are known."""
        found: Mapping[str, Candidate] = await self.work(self._find, profile_ids)
        return found

    async def work(self, task: Any, *arguments: Any) -> Any:  # noqa: ANN401  anything
        """Return the result of what takes a while."""
        return task(*arguments)


class _Awaiting(_Blocking):
    """How things are done on a loop."""

    async def work(self, task: Any, *arguments: Any) -> Any:  # noqa: ANN401  anything
        result = await asyncio.to_thread(task, *arguments)
        return await result if isawaitable(result) else result


@dataclass(slots=True)
class _Heard:
    """What came of asking the vendor.

    Attributes:
        error: Why not all ids were asked for.
        faults: Ids whose cards cannot be used, and why.
        any: Whether anything it said can be used.
    """

    error: VendorError | None = None
    faults: dict[str, str] = field(default_factory=dict)
    any: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether the call itself is wrong, which no card made here would mend."""
        error = self.error
        return isinstance(error, VendorResponseError) and error.status in _CALLERS_FAULT


async def _relay(  # noqa: PLR0913, PLR0917  those of `render_html`
    profile_ids: Sequence[str],
    theme: Theme,
    mode: Mode,
    hands: _Blocking,
    drawing: _Drawing,
    patience: float,
) -> RelayedCards:
    """Do what `render_html` says.

    1. The vendor is asked, ten ids a call, until it fails.
    2. What it sent is checked and made inert.
    3. What is missing is made here.
    4. What is still missing is reported; if nothing came of it all, the vendor's error is raised.
    """
    problems = hands.lacks(mode)
    hides = not drawing.profile.shows_everything
    if hides and mode == "proxy":
        message = (
            "must be internal in the mode proxy: nothing can be taken out of the vendor's HTML"
        )
        problems.append(Problem(message, path=("profile",)))
    if problems:
        raise InputError(problems)
    if hides:
        mode = "local"
    batch = CardBatch(profile_ids)
    heard = _Heard()
    if mode != "local":
        heard = await _asked(batch, theme, hands, None if mode == "proxy" else patience)
    reason = _reason(heard)
    made: dict[str, RenderedCard] = {}
    if mode != "proxy" and batch.missing and not heard.is_refused:
        known = await hands.find(batch.missing)
        made = await hands.work(_made, batch.missing, known, drawing)
    here = {profile_id: card for profile_id, card in made.items() if card.success}
    batch.put((made if mode == "local" else here).values())
    batch.put([_missing(each, mode, heard, reason) for each in batch.missing])
    response = batch.result()
    if heard.error is not None and not response.rendered_count:
        raise heard.error
    via: Literal["local", "proxy", "mixed"] = "mixed"
    if mode == "local" or not here or not heard.any:
        via = "local" if mode == "local" or here else "proxy"
    return RelayedCards(response, via, frozenset(here), reason)


async def _asked(
    batch: CardBatch, theme: Theme, hands: _Blocking, patience: float | None
) -> _Heard:
    heard = _Heard()
    began = monotonic()
    left = patience
    for number, chunk in enumerate(batch.chunks()):
        if number and left is not None and left <= 0:
            message = f"the {patience:g} seconds for the vendor are over"
            heard.error = VendorTimeoutError(message, retryable=True)
            break
        try:
            answer = await hands.ask(chunk, theme, left)
        except VendorError as error:
            heard.error = error
            break
        cards, faults = await hands.work(_checked, answer)
        batch.put(cards)
        heard.faults |= faults
        heard.any = heard.any or bool(cards)
        left = None if patience is None else patience - (monotonic() - began)
    return heard


def _reason(heard: _Heard) -> Reason | None:
    error = heard.error
    if error is None or heard.is_refused:
        return "unavailable" if heard.faults else None
    # A client that keeps to the vendor's limits has no turn, and knows when.
    waits = isinstance(error, VendorTimeoutError) and error.retry_after is not None
    if waits or isinstance(error, VendorRateLimitError):
        return "rate limit"
    if isinstance(error, VendorTimeoutError):
        return "timeout"
    return "connection" if isinstance(error, VendorConnectionError) else "unavailable"


def _checked(answer: RenderHtmlResponse) -> tuple[list[RenderedCard], dict[str, str]]:
    """Return the cards that can be used, and what is wrong with the others."""
    cards: list[RenderedCard] = []
    faults: dict[str, str] = {}
    for card in answer.data:
        code = _line(card.error_code, _LONGEST_CODE)
        why = _line(card.error_message, _LONGEST_MESSAGE)
        if card.success:
            html, fault = _inert(card.html_content or "")
            checked = _rendered(card.profile_id, card.name, html)
        else:  # without a code it may be what the client says of one that was not named
            fault = "" if code else why or "the vendor gives no reason"
            checked = _failed(card.profile_id, code, why)
        if fault:
            faults[card.profile_id] = fault
        else:
            cards.append(checked)
    return cards, faults


def _inert(html: str) -> tuple[str, str]:
    """Return the vendor's markup made safe, and if that cannot be, why."""
    try:
        inert = sanitize_fragment(html)
    except InputError as error:
        return "", f"the vendor's HTML cannot be used: {error}"
    return (inert, "") if has_text(inert) else ("", "the vendor's HTML shows nothing")


def _made(
    profile_ids: Sequence[str],
    known: Mapping[str, Candidate],
    drawing: _Drawing,
) -> dict[str, RenderedCard]:
    """Return cards of the known ones; one that cannot be drawn spoils no other."""
    return {each: _card(each, known[each], drawing) for each in profile_ids if each in known}


def _card(profile_id: str, candidate: Candidate, drawing: _Drawing) -> RenderedCard:
    shown = drawing.shown(candidate)
    try:
        html = str(drawing.draw(shown))
        html.encode()  # somebody's answer will be in UTF-8, which has no lone surrogates
    except (RenderingError, UnicodeEncodeError):
        return _failed(profile_id, ErrorCode.INTERNAL_ERROR, "its card cannot be made")
    return _rendered(profile_id, shown.name, html)


def _drawing(
    profile: Profile | str | PathLike[str],
    labels: Labels,
    draw: Callable[[Candidate], str] | None,
    theme: Theme,
) -> _Drawing:
    chosen = load_profile(profile)
    if draw is None:
        notice = notice_with(USUAL_NOTICE, chosen)
        draw = partial(render_card, theme=theme, profile="internal", labels=labels, notice=notice)
    return _Drawing(chosen, labels, draw)


def _missing(profile_id: str, mode: Mode, heard: _Heard, reason: Reason | None) -> RenderedCard:
    if mode == "local":
        return _failed(profile_id, ErrorCode.PROFILE_NOT_FOUND)
    if isinstance(heard.error, VendorResponseError) and heard.is_refused:
        code = heard.error.code or ErrorCode.INTERNAL_ERROR
        return _failed(profile_id, code, f"the vendor refused the call ({heard.error.status})")
    why = heard.faults.get(profile_id, f"the vendor was not heard: {reason}")
    return _failed(profile_id, ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE, why)


def _rendered(profile_id: str, name: str | None, html: str) -> RenderedCard:
    return RenderedCard(
        profile_id=profile_id, success=True, name=_line(name, _LONGEST_NAME), html_content=html
    )


def _failed(profile_id: str, code: str | None, why: str | None = None) -> RenderedCard:
    said = {"error_code": code, "error_message": why}
    return RenderedCard(
        profile_id=profile_id,
        success=False,
        **{key: value for key, value in said.items() if value},
    )


def _line(text: str | None, limit: int) -> str | None:
    return clean_text(text, limit=limit)[0] or None if text else None
