"""The two drivers: the same conversation, over a wire that blocks or one that awaits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from candidate_cards.delivery.journal import Journal
    from candidate_cards.delivery.messages import Outcome, Outgoing
    from candidate_cards.delivery.server import SmtpServer

# Network libraries load when something is sent, and only those that send it.
# ruff: noqa: PLC0415


def deliver(
    messages: Iterable[Outgoing],
    server: SmtpServer,
    *,
    journal: Journal | None = None,
    on_outcome: Callable[[Outcome], object] | None = None,
) -> tuple[Outcome, ...]:
    """Send messages, each to its one recipient, over one connection.

    What one recipient is refused does not stop the others. A connection that breaks before the
    content of a message was sent is made anew, with at most three attempts at that message; one
    that breaks later leaves the message ``unknown``, and it is not repeated. If no new connection
    comes about, or five messages in a row lose theirs, the rest are ``failed``.

    Without a journal the same key is still not sent twice within this call.

    Args:
        messages: Taken one by one, as they are sent; nothing is connected before the first that
            has to be.
        server: Where to.
        journal: Makes a repeated run send only what is missing.
        on_outcome: Called with each outcome, in order, once the journal has it.

    Returns:
        One outcome per message, in their order.

    Raises:
        DeliveryError: No session came about at all (no connection, no verified encryption, no
            login), or the journal can no longer be written.
        InputError: The journal is in use, or not one.
        OSError: The journal cannot be opened.
    """
    from candidate_cards._coroutines import finished
    from candidate_cards.delivery._blocking import BlockingWire
    from candidate_cards.delivery._conversation import converse

    return finished(converse(messages, server, BlockingWire(server), journal, on_outcome))


async def deliver_async(
    messages: Iterable[Outgoing],
    server: SmtpServer,
    *,
    journal: Journal | None = None,
    on_outcome: Callable[[Outcome], object] | None = None,
) -> tuple[Outcome, ...]:
    """Send messages as :func:`deliver` does, without holding up the event loop.

    If it is cancelled, the connection is closed, and the journal knows the message that was being
    sent as one that may have arrived.
    """
    from candidate_cards.delivery._awaiting import AwaitingWire
    from candidate_cards.delivery._conversation import converse

    return await converse(messages, server, AwaitingWire(server), journal, on_outcome)
