"""All that is said to a server, and every decision on what it answers.

One coroutine for both drivers: it awaits its wire and nothing else, so over a wire that blocks it
runs from its beginning to its end without a loop.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from candidate_cards.delivery._server_text import ServerText, base64_of, plain_token
from candidate_cards.delivery._wire import BrokenError, Reply, UnusableError
from candidate_cards.delivery.journal import Entry, OpenJournal
from candidate_cards.delivery.messages import Outcome
from candidate_cards.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from candidate_cards.delivery._wire import Wire
    from candidate_cards.delivery.journal import Journal
    from candidate_cards.delivery.messages import Outgoing, Status
    from candidate_cards.delivery.server import SmtpServer

_ATTEMPTS: Final = 3
_MOST_LOST_IN_A_ROW: Final = 5
_DONE, _GO_ON, _NOT_NOW, _NO = 2, 3, 4, 5  # first digits of answers
_CLOSING: Final = 421
_LINE_OF_DOT: Final = re.compile(rb"^\.", re.MULTILINE)
_CLOSED: Final = "the server has closed the connection"
_SENSELESS: Final = "the server answered out of order"


async def converse(
    messages: Iterable[Outgoing],
    server: SmtpServer,
    wire: Wire,
    journal: Journal | None,
    on_outcome: Callable[[Outcome], object] | None,
) -> tuple[Outcome, ...]:
    """Send messages one by one and return what became of them, in their order.

    Raises:
        DeliveryError: No session came about, or the journal cannot be written any more.
        InputError: The journal cannot be used.
        OSError: The journal cannot be opened.
    """
    opened = None if journal is None else OpenJournal(journal)
    try:
        known = {} if opened is None else await wire.off_loop(opened.load)
        conversation = _Conversation(server, wire, opened, known)
        for message in messages:
            outcome = await conversation.handle(message)
            if on_outcome is not None:
                on_outcome(outcome)
        await wire.quit()
        return tuple(conversation.outcomes)
    finally:
        await wire.abandon()
        if opened is not None:
            opened.close()


class _Conversation:
    """One run: one message after the other, over one connection at a time."""

    def __init__(
        self, server: SmtpServer, wire: Wire, journal: OpenJournal | None, known: dict[str, Entry]
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._server = server
        self._wire = wire
        self._journal = journal
        self._known = known
        self._said = ServerText(server)
        self._is_open = False
        self._was_open = False
        self._takes_size = False
        self._must_reset = False
        self._lost_in_a_row = 0
        self._given_up = ""  # why nothing more is tried

    async def handle(self, message: Outgoing) -> Outcome:
        """Send one message unless it was before, and note what became of it."""
        entry = self._known.get(message.key)
        if entry is not None and (detail := _reason_to_skip(entry)):
            status: Status = "unknown" if entry.may_have_arrived else "skipped"
            outcome = _outcome(message, status, detail=detail)
            self.outcomes.append(outcome)
            return outcome
        if self._given_up:
            outcome = _outcome(message, "failed", detail=f"not tried: {self._given_up}")
        else:
            outcome = await self._attempted(message)
        self.outcomes.append(outcome)
        self._known[message.key] = Entry(outcome.status)
        await self._note(
            message,
            status=outcome.status,
            code=outcome.code,
            detail=outcome.detail,
            attempts=outcome.attempts,
        )
        return outcome

    async def _attempted(self, message: Outgoing) -> Outcome:
        """Try until it is certain what became of a message, or certain that it never will be."""
        broken = BrokenError("")
        could_open = False
        attempt = 0
        while attempt < _ATTEMPTS and not isinstance(broken, UnusableError):
            attempt += 1
            if attempt == _ATTEMPTS:
                await self._wire.pause(self._server.pause)
            try:
                if not self._is_open:
                    await self._open(message.sender.rpartition("@")[2])
                outcome = await self._transaction(message, attempt)
            except BrokenError as error:
                broken, could_open = error, self._is_open
                await self._close()
                if not self._was_open:
                    raise self._delivery_error(error) from None
            else:
                self._count(lost=outcome.status == "unknown")
                return outcome
        if could_open:
            self._count(lost=True)
        else:
            self._given_up = broken.reason
        status: Status = "failed" if broken.code is None else "deferred"
        return _outcome(message, status, broken.code, broken.reason, attempt)

    def _count(self, *, lost: bool) -> None:
        """Give up on a server that drops one message after the other.

        Why: each costs three connections, or may have arrived and waits for a person to find out.
        """
        self._lost_in_a_row = self._lost_in_a_row + 1 if lost else 0
        if self._lost_in_a_row == _MOST_LOST_IN_A_ROW:
            self._given_up = f"the connection was lost with {_MOST_LOST_IN_A_ROW} messages in a row"

    async def _transaction(self, message: Outgoing, attempt: int) -> Outcome:
        """Hand one message in.

        Raises:
            BrokenError: The connection is of no more use, and the message certainly not delivered.
        """
        content = _terminated(message.content)
        size = f" SIZE={len(content)}" if self._takes_size else ""
        commands = [
            (f"MAIL FROM:<{message.sender}>{size}", _DONE),
            (f"RCPT TO:<{message.recipient}>", _DONE),
            ("DATA", _GO_ON),
        ]
        if self._must_reset and (await self._wire.command("RSET")).kind != _DONE:
            raise BrokenError(_SENSELESS)
        self._must_reset = True
        for command, wanted in commands:
            reply = await self._wire.command(command)
            if reply.code == _CLOSING:
                raise BrokenError(self._said.clean(reply.text) or _CLOSED, code=reply.code)
            if reply.kind != wanted:
                return self._rejection(message, reply, attempt)
        await self._note(message, status="sending")
        try:
            reply = await self._wire.payload(_LINE_OF_DOT.sub(b"..", content) + b".\r\n")
            if reply.kind == _DONE:
                self._must_reset = False
                return _outcome(message, "sent", reply.code, self._said.clean(reply.text), attempt)
            if reply.code == _CLOSING:
                await self._close()
            return self._rejection(message, reply, attempt)
        except BrokenError as error:
            await self._close()
            detail = f"it may have arrived: {error.reason} before the server confirmed it"
            return _outcome(message, "unknown", detail=detail, attempts=attempt)

    def _rejection(self, message: Outgoing, reply: Reply, attempt: int) -> Outcome:
        if reply.kind not in {_NOT_NOW, _NO}:
            raise BrokenError(_SENSELESS)
        status: Status = "deferred" if reply.kind == _NOT_NOW else "refused"
        return _outcome(message, status, reply.code, self._said.clean(reply.text), attempt)

    async def _open(self, our_name: str) -> None:
        """Connect, encrypt, log in.

        Args:
            our_name: For EHLO. The sender's domain, since a look-up of this machine's name takes
                its time, tells what it is called inside, and is often refused (localhost).

        Raises:
            BrokenError: It did not come to that.
        """
        server, wire = self._server, self._wire
        self._must_reset = False
        self._expect(await wire.connect(our_name), "the server does not want to talk")
        offers = await self._offers()
        if server.security == "starttls":
            if "STARTTLS" not in offers:
                reason = "the server offers no encryption (STARTTLS)"
                raise UnusableError(reason, "see whether it has a port for security tls (465)")
            reply = await wire.start_tls()
            # Whatever it says: a "250" must not let a login through in the clear.
            if not wire.encrypted:
                reason = f"the server does not encrypt ({self._words(reply)})"
                raise UnusableError(reason, "ask its administrator")
            offers = await self._offers()
        if server.username is not None and server.password is not None:
            await self._log_in(server.username, server.password.get_secret_value(), offers)
        self._takes_size = "SIZE" in offers
        self._is_open = self._was_open = True

    async def _offers(self) -> dict[str, list[str]]:
        """Return what the server offers, in capitals, with parameters."""
        reply = await self._wire.ehlo()
        self._expect(reply, "the server refuses our EHLO")
        offers: dict[str, list[str]] = {}
        for line in reply.text.upper().split("\n")[1:]:
            # "AUTH=LOGIN" is how it was written before there was a standard.
            words = line.replace("=", " ").split()
            if words:
                offers.setdefault(words[0], []).extend(words[1:])
        return offers

    async def _log_in(self, username: str, password: str, offers: dict[str, list[str]]) -> None:
        """Log in, once: a second try with another method could lock the account.

        Only after encryption: settings with a login and without encryption cannot be made.
        """
        methods = offers.get("AUTH", [])
        if "PLAIN" in methods:
            reply = await self._wire.command(f"AUTH PLAIN {plain_token(username, password)}")
        elif "LOGIN" in methods:
            reply = await self._wire.command("AUTH LOGIN")
            for answer in (username, password):
                if reply.kind == _GO_ON:
                    reply = await self._wire.command(base64_of(answer))
        else:
            offered = self._said.clean(", ".join(methods)) or "none"
            reason = f"the server offers neither PLAIN nor LOGIN to log in with (it has {offered})"
            raise UnusableError(reason, "ask its administrator, or send without a login")
        advice = "check username and password; some providers want an app password"
        self._expect(reply, "the login was refused", advice)

    def _expect(self, reply: Reply, otherwise: str, advice: str = "") -> None:
        if reply.kind == _DONE:
            return
        reason = f"{otherwise} ({self._words(reply)})"
        if reply.kind == _NO:
            raise UnusableError(reason, advice or "ask the server's administrator")
        raise BrokenError(reason, "try again later")

    def _words(self, reply: Reply) -> str:
        return f"{reply.code} {self._said.clean(reply.text)}".rstrip()

    async def _close(self) -> None:
        self._is_open = False
        await self._wire.abandon()

    def _delivery_error(self, error: BrokenError) -> DeliveryError:
        advice = f"; {error.advice}" if error.advice else ""
        return DeliveryError(f"{self._server.address}: {error.reason}{advice}", self.outcomes)

    async def _note(self, message: Outgoing, **facts: object) -> None:
        """Write a line into the journal; before the content leaves, wait until it is on the disk.

        Raises:
            DeliveryError: It cannot be written. What was sent before is in it.
        """
        if self._journal is None:
            return
        record = {
            "key": message.key,
            "recipient": message.recipient,
            "messageId": message.message_id,
            **facts,
        }
        append = partial(self._journal.append, record, durable=facts["status"] == "sending")
        try:
            await self._wire.off_loop(append)
        except OSError as error:
            reason = f"{self._journal.path}: cannot be written: {error.strerror}"
            advice = "nothing more was sent; make room and start the same run again"
            raise DeliveryError(f"{reason}; {advice}", self.outcomes) from error


def _outcome(
    message: Outgoing, status: Status, code: int | None = None, detail: str = "", attempts: int = 0
) -> Outcome:
    return Outcome(
        message.recipient, message.key, message.message_id, status, code, detail, attempts
    )


def _reason_to_skip(entry: Entry) -> str:
    when = "" if entry.at is None else f" ({entry.at:%Y-%m-%d %H:%M} UTC)"
    if entry.may_have_arrived:
        return f"it may have been sent before{when}, and nothing is known of its arrival"
    return f"it was sent before{when}" if entry.event == "sent" else ""


def _terminated(content: bytes) -> bytes:
    return content if content.endswith(b"\r\n") else content + b"\r\n"
