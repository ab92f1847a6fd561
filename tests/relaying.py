"""Both forms of the relay behind one call, people who are stored here, and vendors who lie."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import SecretStr

from asynchronous import run
from candidate_cards import Candidate
from candidate_cards.instaview import AsyncClient, Client
from candidate_cards.relay import RelayedCards, render_html, render_html_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Kind = Literal["blocking", "awaiting"]
KINDS: Final[tuple[Kind, ...]] = ("blocking", "awaiting")

#: Nothing but the vendor may see it.
CANARY: Final = "sk_live_Relay7Relay7Relay7Relay7Relay7Re"


def stored(profile_ids: Iterable[str]) -> dict[str, Candidate]:
    """Return people who are known here, by their ids."""
    return {
        each: Candidate.model_validate(
            {"profileId": each, "name": f"Stored {number}", "matchScore": 70}
        )
        for number, each in enumerate(profile_ids)
    }


def finder(known: Mapping[str, Candidate]) -> Callable[[Sequence[str]], Mapping[str, Candidate]]:
    """Return a function that finds those of the ids that are known."""
    return lambda wanted: {each: known[each] for each in wanted if each in known}


def relayed(
    kind: Kind,
    url: str,
    profile_ids: Sequence[str],
    *,
    key: str = CANARY,
    timeout: float = 30.0,
    **options: Any,  # noqa: ANN401  of `render_html`
) -> RelayedCards:
    """Relay in one of the two forms, with a client that is closed afterwards."""
    settings: dict[str, Any] = {"base_url": url, "timeout": timeout}
    if kind == "blocking":
        with Client(SecretStr(key), **settings) as client:
            return render_html(profile_ids, client=client, **options)

    async def main() -> RelayedCards:
        async with AsyncClient(SecretStr(key), **settings) as client:
            return await render_html_async(profile_ids, client=client, **options)

    return run(main())


def outcome(cards: RelayedCards) -> dict[str, str]:
    """Return who made each card, or the code of its failure, in the order of the answer."""
    return {
        card.profile_id: (
            ("here" if card.profile_id in cards.made_here else "vendor")
            if card.success
            else str(card.error_code)
        )
        for card in cards.response.data
    }


def html_of(cards: RelayedCards) -> dict[str, str]:
    """Return the markup of each card that there is, as the JSON of the answer has it."""
    wire = json.loads(json.dumps(cards.response.to_wire()))
    return {each["profileId"]: each["htmlContent"] for each in wire["data"] if each["success"]}
