"""The one error hierarchy.

::

    CandidateCardsError
    ├ InputError(ValueError)            every problem with its place, in one go
    ├ NotAvailableError(LookupError)    theme, template or format; lists the names that exist
    ├ RenderingError                    template and line
    ├ ExportError
    │ └ MissingDependencyError(ImportError)
    ├ StoreError                        the store of candidates failed, or is of another version
    ├ DeliveryError                     nothing can be sent: host, port and what to do next
    ├ VendorError                       advice, and whether to repeat the call
    │ ├ VendorConnectionError           no connection came about, or it broke
    │ ├ VendorTimeoutError              the deadline passed
    │ ├ VendorAnswerError               an answer that the contract does not know
    │ ├ VendorRunError                  a run ended as failed
    │ ├ VendorResponseError             status, code, request id
    │ │ ├ VendorRequestError            400, 422: the call itself is wrong
    │ │ ├ VendorAuthenticationError     401: wrong key
    │ │ ├ VendorFundsError              402: top up
    │ │ ├ VendorPermissionError         403: wrong scope or company
    │ │ ├ VendorNotFoundError           404
    │ │ ├ VendorConflictError           409: the run is still working
    │ │ ├ VendorRateLimitError          429: seconds to wait
    │ │ └ VendorUnavailableError        500 and above
    │ └ UnsupportedFeatureError         the vendor cannot express this
    └ WebhookError                      no new event; the status to answer with
      ├ WebhookSignatureError           not signed, or not with our secret
      ├ WebhookTimestampError           too old, or from the future
      ├ WebhookBodyError(InputError)    signed, but not an event
      ├ WebhookDuplicateError           received before
      └ WebhookStoreError               what was received before is not known now

Messages name files, fields and tokens; they never hold a candidate's data or a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Severity = Literal["error", "notice"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found in an input, and where.

    Attributes:
        message: What is wrong and what to do; never the data itself.
        source: File name, ``-`` for standard input, or a label such as ``<string>``.
        path: Keys and indexes that lead to the value, outermost first.
        line: Line in the source, from 1, where known.
        column: Column in that line, from 1, where known.
        severity: ``error`` if something could not be used, ``notice`` if it was used changed.
    """

    message: str
    source: str = ""
    path: tuple[str | int, ...] = ()
    line: int | None = None
    column: int | None = None
    severity: Severity = "error"

    @property
    def field(self) -> str:
        """The path as people write it: ``candidates[3].matchScore``."""
        parts: list[str] = []
        for key in self.path:
            if isinstance(key, int):
                parts.append(f"[{key}]")
            else:
                parts.append(f".{key}" if parts else key)
        return "".join(parts)

    def __str__(self) -> str:
        place = self.source
        if self.line is not None:
            place += f":{self.line}"
            if self.column is not None:
                place += f":{self.column}"
        return ": ".join(part for part in (place, self.field, self.message) if part)


class CandidateCardsError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(CandidateCardsError, ValueError):
    """An input cannot be used; ``problems`` holds every reason, not just the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class NotAvailableError(CandidateCardsError, LookupError):
    """A theme, template or format of that name does not exist."""

    def __init__(self, kind: str, name: str, available: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.available: Sequence[str] = tuple(sorted(available))
        super().__init__(kind, name, self.available)

    def __str__(self) -> str:
        names = ", ".join(self.available) or "none"
        return f"there is no {self.kind} {self.name!r}; available: {names}"


class RenderingError(CandidateCardsError):
    """A template or style sheet cannot be compiled, or failed while rendering."""

    def __init__(self, message: str, template: str = "", line: int | None = None) -> None:
        self.message = message
        self.template = template
        self.line = line
        super().__init__(message, template, line)

    def __str__(self) -> str:
        place = self.template if self.line is None else f"{self.template}:{self.line}"
        return f"{place}: {self.message}" if place else self.message


class ExportError(CandidateCardsError):
    """A rendered document cannot be turned into the bytes of a format."""


class MissingDependencyError(ExportError, ImportError):
    """A format needs a library that is not there; the message says how to get it."""


class StoreError(CandidateCardsError):
    """The store of candidates cannot be used; the message says why and what to do next."""


class DeliveryError(CandidateCardsError):
    """Nothing can be sent, or nothing more; the message says why and what to do next.

    Attributes:
        outcomes: What became of the messages before, in their order: each a
            ``candidate_cards.delivery.Outcome``. They name recipients, the message does not.
    """

    def __init__(self, message: str, outcomes: Iterable[Any] = ()) -> None:
        self.outcomes: Sequence[Any] = tuple(outcomes)
        super().__init__(message)


class VendorError(CandidateCardsError):
    """The vendor's API could not be used.

    Attributes:
        request_id: The run that it concerns, or ``None``.
        advice: What its user can do; empty if there is nothing to do but report it.
        retryable: The same call may succeed later, and making it again cannot be paid for twice.
        outcome_unknown: The call may have taken effect all the same. Repeated, it could start, and
            cost, the same again.
        retry_after: Seconds to wait before it, or ``None`` where nobody says.
    """

    def __init__(  # noqa: PLR0913  what a caller may want to act on
        self,
        message: str,
        *,
        request_id: str | None = None,
        advice: str = "",
        retryable: bool = False,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
    ) -> None:
        self.request_id = request_id
        self.advice = advice
        self.retryable = retryable
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after
        super().__init__(message)

    def __str__(self) -> str:
        return "; ".join(filter(None, (str(self.args[0]), self.advice)))


class VendorConnectionError(VendorError):
    """No connection was made, or it broke."""


class VendorTimeoutError(VendorError):
    """The deadline passed before an answer came."""


class VendorAnswerError(VendorError):
    """The vendor answered, but with nothing that its contract knows.

    Attributes:
        problems: Places in the answer and what is wrong there; never the answer's data.
    """

    def __init__(
        self,
        message: str,
        problems: Iterable[Problem] = (),
        *,
        request_id: str | None = None,
        advice: str = "",
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(
            message, request_id=request_id, advice=advice, outcome_unknown=outcome_unknown
        )
        self.problems: Sequence[Problem] = tuple(problems)


class VendorRunError(VendorError):
    """A run ended, as failed.

    Attributes:
        code: The vendor's machine-readable code, or ``None``.
    """

    def __init__(
        self,
        message: str,
        code: str | None = None,
        *,
        request_id: str | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(message, request_id=request_id, advice=advice)
        self.code = code


class VendorResponseError(VendorError):
    """The vendor answered with an error.

    Attributes:
        status: HTTP status.
        code: The vendor's machine-readable code, or ``None``.
    """

    def __init__(  # noqa: PLR0913  what a caller may want to act on
        self,
        message: str,
        status: int,
        code: str | None = None,
        *,
        request_id: str | None = None,
        advice: str = "",
        retryable: bool = False,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(
            message,
            request_id=request_id,
            advice=advice,
            retryable=retryable,
            outcome_unknown=outcome_unknown,
            retry_after=retry_after,
        )
        self.status = status
        self.code = code
        self.args = (message, status, code)


class VendorRequestError(VendorResponseError):
    """The call itself is wrong: a field, or a webhook with no event of such runs (400, 422)."""


class VendorAuthenticationError(VendorResponseError):
    """The key is missing, wrong, expired or suspended (401)."""


class VendorFundsError(VendorResponseError):
    """The prepaid balance does not cover the most that the call can cost (402)."""


class VendorPermissionError(VendorResponseError):
    """The key lacks the scope, or the thing belongs to another company (403)."""


class VendorNotFoundError(VendorResponseError):
    """There is no such run or webhook, or no longer, or not for this company (404)."""


class VendorConflictError(VendorResponseError):
    """The run is still working (409)."""


class VendorRateLimitError(VendorResponseError):
    """Too many calls (429)."""


class VendorUnavailableError(VendorResponseError):
    """The vendor cannot answer now (500 and above)."""


class UnsupportedFeatureError(VendorError):
    """The vendor's API cannot express what was asked for."""


class WebhookError(CandidateCardsError):
    """A request to our webhook brings no new event.

    Attributes:
        status: The HTTP status to answer with.
    """

    status: int = 400


class WebhookSignatureError(WebhookError):
    """The request is not signed, or not with a secret of ours, or not in this scheme."""

    status = 401


class WebhookTimestampError(WebhookError):
    """The request is authentic, and too old or from the future: a replay, or a wrong clock."""

    status = 401


class WebhookBodyError(WebhookError, InputError):
    """The request is authentic, but its body is no event; ``problems`` says why."""


class WebhookDuplicateError(WebhookError):
    """The request is authentic, and was received before.

    Attributes:
        status: 204 if its event was handled, so that the sender stops; 409 while it is being
            handled, so that the sender comes back if that fails.
    """

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message, status)

    def __str__(self) -> str:
        return str(self.args[0])


class WebhookStoreError(WebhookError):
    """The store of deliveries failed; the sender should try again."""

    status = 503
