"""What came back, to a decoded body or an error of ours. Nothing here sends."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, TypeVar, cast

from pydantic import ValidationError

from candidate_cards._records import parse_records
from candidate_cards._text import clean_text
from candidate_cards._validation import problems_in
from candidate_cards.errors import (
    InputError,
    Problem,
    VendorAnswerError,
    VendorAuthenticationError,
    VendorConflictError,
    VendorConnectionError,
    VendorError,
    VendorFundsError,
    VendorNotFoundError,
    VendorPermissionError,
    VendorRateLimitError,
    VendorRequestError,
    VendorResponseError,
    VendorRunError,
    VendorTimeoutError,
    VendorUnavailableError,
)
from candidate_cards.models import (
    ApiError,
    EnrichmentFailed,
    ErrorCode,
    PreviewFailed,
    SourcingFailed,
    parse_error_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import SecretStr

    from candidate_cards.instaview._endpoints import Endpoint
    from candidate_cards.instaview._wire import Answer, NoAnswerError

T = TypeVar("T")

_MOST_OF_WORDS: Final = 300
_MOST_OF_CODE: Final = 80
_MOST_READ: Final = 10_000  # of words that can be as long as an answer
_MOST_PROBLEMS: Final = 5  # named in a message; the error has all
_REMOVED: Final = "[removed]"
_TRY_LATER: Final = "try again in a few minutes"
_REPORT_IT: Final = "report it; the vendor may have changed its API"
_RETRYABLE: Final = frozenset({500, 502, 503, 504})
_RATE_LIMITED: Final = 429
_OK: Final = range(200, 300)
_NO_CONTENT: Final = 204
_BAD_REQUEST: Final = 400
_SERVER_ERRORS: Final = 500

_CLASSES: Final[Mapping[int, type[VendorResponseError]]] = {
    400: VendorRequestError,
    401: VendorAuthenticationError,
    402: VendorFundsError,
    403: VendorPermissionError,
    404: VendorNotFoundError,
    409: VendorConflictError,
    422: VendorRequestError,
    429: VendorRateLimitError,
}
_ADVICE_BY_STATUS: Final[Mapping[int, str]] = {
    400: "correct the call",
    401: "check the API key: is it complete, not expired, not switched off?",
    402: "top up the balance, or ask for less",
    403: "give the API key the scope {scope}",
    404: "check the id; runs expire, and those of other companies cannot be told from unknown ones",
    409: "wait until the run has ended",
    422: "correct the call",
    429: "wait and call less often",
}
_ADVICE_BY_CODE: Final[Mapping[str, str]] = {
    ErrorCode.API_KEY_SUSPENDED: "the API key is suspended; ask the vendor why",
    ErrorCode.RESOURCE_ACCESS_DENIED: "use a webhook of this API key",
    ErrorCode.WEBHOOK_COMPANY_MISMATCH: "use a webhook of the company that the API key belongs to",
    ErrorCode.WEBHOOK_NOT_FOUND: "check the webhook's id, or create one",
    ErrorCode.WEBHOOK_EVENT_NOT_SUBSCRIBED: "subscribe the webhook to an event of such runs",
    ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE: _TRY_LATER,
}


class Reader:
    """Reads answers; knows the key, to take it out of what the vendor says."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def refusal(
        self, endpoint: Endpoint, answer: Answer, request_id: str | None
    ) -> VendorError | None:
        """Return what is wrong with an answer, before its content is looked at."""
        if answer.status not in _OK:
            return self._response_error(endpoint, answer, _decoded_or_none(answer), request_id)
        if answer.unusable:
            return self._answer_error(endpoint, [Problem(answer.flaw)], request_id)
        if answer.flaw:
            place = f"{_name(endpoint)}: the answer is not complete, {answer.flaw}"
            return _broken(place, endpoint, timed_out=answer.timed_out, request_id=request_id)
        return None

    def silence(
        self, endpoint: Endpoint, fault: NoAnswerError, request_id: str | None
    ) -> VendorError:
        """Return the error for no answer at all."""
        message = f"{_name(endpoint)}: {fault.reason}"
        if fault.sent:
            return _broken(message, endpoint, timed_out=fault.timed_out, request_id=request_id)
        kind = VendorTimeoutError if fault.timed_out else VendorConnectionError
        return kind(
            message,
            request_id=request_id,
            advice="check the address, the network, and whether a proxy is needed",
            retryable=not fault.hopeless,
        )

    def parsed(
        self,
        endpoint: Endpoint,
        answer: Answer,
        parse: Callable[[object], T],
        request_id: str | None,
    ) -> T:
        """Return the model of an answer.

        Raises:
            VendorAnswerError: It is no JSON, or not what the contract says.
            VendorResponseError: It is a refusal with a status that says success.
        """
        value, fault = self._read(endpoint, answer, parse, request_id)
        if fault is not None:
            raise fault
        return cast("T", value)

    def _read(
        self,
        endpoint: Endpoint,
        answer: Answer,
        parse: Callable[[object], T],
        request_id: str | None,
    ) -> tuple[T, None] | tuple[None, VendorError]:
        """Return the model or the error.

        Why: an error raised here would carry this frame, and with it the people in the answer; one
        raised while handling Pydantic's would have that as its context.
        """
        problems = _json_problems(endpoint, answer)
        if not problems:
            body = _decoded_or_none(answer)
            if isinstance(body, dict) and body.get("success") is False:
                return None, self._response_error(endpoint, answer, body, request_id)
            try:
                return parse(body), None
            except ValidationError as error:
                problems = problems_in(error)
            except InputError as error:
                problems = list(error.problems)
        return None, self._answer_error(endpoint, problems, request_id)

    def _answer_error(
        self, endpoint: Endpoint, problems: list[Problem], request_id: str | None
    ) -> VendorAnswerError:
        named = "; ".join(map(str, problems[:_MOST_PROBLEMS]))
        more = len(problems) - _MOST_PROBLEMS
        rest = f"; and {more} more" if more > 0 else ""
        unclear = not endpoint.only_reads
        return VendorAnswerError(
            f"{_name(endpoint)}: the answer is not what its contract says: {named}{rest}",
            problems,
            request_id=request_id,
            advice=_repeating(endpoint)
            if unclear
            else "report it; the vendor may have changed its API",
            outcome_unknown=unclear,
        )

    def ended(self, run: object) -> object:
        """Return a run, or in place of a failed one the error that it is to those who wait.

        Why: raised by who has the run, the error would carry along what the vendor says in it.
        """
        if not isinstance(run, SourcingFailed | PreviewFailed | EnrichmentFailed):
            return run
        code = self._code(run.error_code)
        words = ": ".join(filter(None, (code, self._words(run.error_message or ""))))
        request_id = self._code(run.request_id) or ""
        return VendorRunError(
            f"the run {request_id} has failed: {words or 'no reason given'}",
            code,
            request_id=request_id,
            advice=_ADVICE_BY_CODE.get(code or "", "start a new one"),
        )

    def _response_error(
        self, endpoint: Endpoint, answer: Answer, body: object, request_id: str | None
    ) -> VendorResponseError:
        status = answer.status
        error = parse_error_body(status, body, answer.reason)
        code = self._code(error.code)
        words = self._words(error.message)
        unclear = status >= _SERVER_ERRORS and not endpoint.only_reads
        name = " ".join(filter(None, (str(status), code)))
        return _class_of(status)(
            f"{_name(endpoint)}: {name}: {words}" if words else f"{_name(endpoint)}: {name}",
            status,
            code,
            request_id=request_id or self._code(error.request_id),
            advice=_repeating(endpoint) if unclear else _advice(endpoint, status, code),
            retryable=status == _RATE_LIMITED or (status in _RETRYABLE and endpoint.only_reads),
            outcome_unknown=unclear,
            retry_after=_seconds_to_wait(error, answer.headers),
        )

    def _words(self, text: str, limit: int = _MOST_OF_WORDS) -> str:
        """Return one line of the vendor's words, without the key and what cannot be printed."""
        line = " ".join(self._without_key(text)[:_MOST_READ].split())
        line = "".join(character for character in line if character.isprintable())
        return clean_text(self._without_key(line), limit=limit)[0]

    def _code(self, text: str | None) -> str | None:
        return self._words(text, _MOST_OF_CODE) or None if text else None

    def _without_key(self, text: str) -> str:
        return text.replace(self._key.get_secret_value(), _REMOVED)


def _name(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def _repeating(endpoint: Endpoint) -> str:
    advice = "it may have taken effect all the same; look before you make the call again"
    return f"{advice}, it could be paid for twice" if endpoint.costs else advice


def _broken(
    message: str, endpoint: Endpoint, *, timed_out: bool, request_id: str | None
) -> VendorError:
    kind = VendorTimeoutError if timed_out else VendorConnectionError
    return kind(
        message,
        request_id=request_id,
        advice=_TRY_LATER if endpoint.only_reads else _repeating(endpoint),
        retryable=endpoint.only_reads,
        outcome_unknown=not endpoint.only_reads,
    )


def _class_of(status: int) -> type[VendorResponseError]:
    if status >= _SERVER_ERRORS:
        return VendorUnavailableError
    return _CLASSES.get(status, VendorResponseError)


def _advice(endpoint: Endpoint, status: int, code: str | None) -> str:
    if advice := _ADVICE_BY_CODE.get(code or ""):
        return advice
    if status >= _SERVER_ERRORS:
        return _TRY_LATER
    if _OK.stop <= status < _BAD_REQUEST:
        return "redirects are not followed; check base_url"
    return _ADVICE_BY_STATUS.get(status, _REPORT_IT).format(scope=endpoint.scope)


def _decoded_or_none(answer: Answer) -> object:
    """Return the value of the body, or ``None`` where there is none to read."""
    values = [record.value for record in parse_records(answer.body, _ignore)]
    return values[0] if len(values) == 1 else None


def _ignore(message: str, *, line: int | None = None, column: int | None = None) -> None:
    """Take no note of a problem."""


def _json_problems(endpoint: Endpoint, answer: Answer) -> list[Problem]:
    # Of something that is deleted, nothing is read; 204 has no body for anybody.
    if answer.status == _NO_CONTENT or endpoint.method == "DELETE":
        return []
    problems: list[Problem] = []

    def report(message: str, *, line: int | None = None, column: int | None = None) -> None:
        problems.append(Problem(message, line=line, column=column))

    records = list(parse_records(answer.body, report))
    if not problems and len(records) != 1:
        problems.append(Problem(f"has {len(records)} JSON values in place of one"))
    return problems


def _seconds_to_wait(error: ApiError, headers: Mapping[str, str]) -> float | None:
    """Return the larger of what header and body ask for: the vendor's sample has 60 and 30."""
    waits = (_header_seconds(headers.get("retry-after", "")), error.retry_after)
    return max((seconds for seconds in waits if seconds is not None), default=None)


def _header_seconds(text: str) -> float | None:
    """Read ``Retry-After``, as seconds or as a date."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            date = parsedate_to_datetime(text)
        except ValueError:
            return None
        # "-0000" is UTC of which nothing else is known.
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        return max(seconds, 0.0)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
