"""Faults on demand: what goes wrong in production, when a developer wants it to.

A request asks for one with the header ``X-Sandbox-Fault: slow=2``; or faults are laid out in
advance (``PUT /sandbox/faults``) for requests of a program that cannot set headers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from candidate_cards.contract.refusals import RefusedError, invalid, rate_limited
from candidate_cards.models import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER: Final = "X-Sandbox-Fault"

AnswerFault = Literal["rate-limit", "unavailable", "internal-error", "slow", "truncated"]
RunFault = Literal["provider-outage", "agent-error", "profile-timeout", "profile-failed"]
Name = Literal[AnswerFault, RunFault]

_STARTING: Final = ("/sourcing", "/sourcing/preview", "/sourcing/enrich")
_SECONDS: Final = {"rate-limit": 1.0, "slow": 5.0}
_LONGEST: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: What.
        seconds: How long a ``slow`` answer takes, or a ``rate-limit`` asks to wait.
    """

    name: Name
    seconds: float = 0.0

    @property
    def is_in_run(self) -> bool:
        """Whether the run goes wrong, not the answer."""
        return self.name in get_args(RunFault)

    def refusal(self, now: int) -> RefusedError | None:
        """Return the refusal that the fault is, if it is one."""
        match self.name:
            case "rate-limit":
                wait = max(1, round(self.seconds))
                return rate_limited(60, wait, now // 1000 + wait)
            case "unavailable":
                return RefusedError(
                    503,
                    ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE,
                    "the external index cannot be reached",
                )
            case "internal-error":
                return RefusedError(500, ErrorCode.INTERNAL_ERROR, "something went wrong")
            case _:
                return None


def parse_fault(text: str) -> Fault:
    """Read ``name`` or ``name=seconds``.

    Raises:
        RefusedError: There is no such fault, or the number is none.
    """
    name, _, number = text.strip().partition("=")
    for known in (*get_args(AnswerFault), *get_args(RunFault)):
        if name == known:
            break
    else:
        names = ", ".join((*get_args(AnswerFault), *get_args(RunFault)))
        raise invalid(f"{HEADER} should be one of: {names}")
    if not number:
        return Fault(known, _SECONDS.get(known, 0.0))
    try:
        seconds = float(number)
    except ValueError:
        seconds = -1.0
    if known not in _SECONDS or not 0 <= seconds <= _LONGEST:
        raise invalid(f"{HEADER}: only {', '.join(_SECONDS)} take seconds, 0 to {_LONGEST:.0f}")
    return Fault(known, seconds)


@dataclass(slots=True)
class Planned:
    """A fault of the next requests.

    Attributes:
        fault: What goes wrong.
        count: For how many requests.
        method: Only for requests with it; ``None`` means any.
        path: Only for requests to this path; ``None`` means any of the vendor's.
    """

    fault: Fault
    count: int = 1
    method: str | None = None
    path: str | None = None


class Faults:
    """The faults laid out in advance, in their order."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []

    def plan(self, faults: Sequence[Planned]) -> None:
        """Replace what was planned."""
        self._planned = list(faults)

    @property
    def planned(self) -> Sequence[Planned]:
        """What is still to come."""
        return tuple(self._planned)

    def take(self, method: str, path: str, header: str | None) -> Fault | None:
        """Return the fault of a request, if it has one; a planned one is used up.

        Raises:
            RefusedError: The header is wrong, or asks a run to fail where none is started.
        """
        starts = method in {"POST", "PATCH"} and (
            path in _STARTING or (method == "PATCH" and path.startswith("/sourcing/"))
        )
        if header is not None:
            fault = parse_fault(header)
            if fault.is_in_run and not starts:
                raise invalid(f"{HEADER}: this fault needs a request that starts a run")
            return fault
        for planned in self._planned:
            if (
                planned.method in {None, method}
                and planned.path in {None, path}
                and (starts or not planned.fault.is_in_run)
            ):
                planned.count -= 1
                if planned.count <= 0:
                    self._planned.remove(planned)
                return planned.fault
        return None
