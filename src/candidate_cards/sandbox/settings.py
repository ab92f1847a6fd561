"""What can be chosen about a sandbox."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from candidate_cards.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from candidate_cards.contract.terms import ErrorForm


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of a sandbox. Where the contract is silent, these are its tolerant readings.

    Attributes:
        data: SQLite file that keeps the state; ``None`` keeps it in memory.
        speed: How many times faster than the vendor runs and retries are.
        error_form: Body of a refusal: ``nested`` has ``error.code``; ``framework`` has
            ``statusCode``, ``message`` and a reason phrase, and no code.
        signature_header: Header that carries the signature of a delivery.
        run_lifetime: Seconds after its end at which a run is forgotten; ``None`` keeps it.
        retry_delays: Seconds before each retry of a delivery; their number is ``maxRetries``.
        breaker_threshold: Failed deliveries in a row that switch a webhook off.
        delivery_timeout: Seconds that a receiver has to answer.

    Raises:
        InputError: The speed is none.
    """

    data: str | PathLike[str] | None = None
    speed: float = 1.0
    error_form: ErrorForm = "nested"
    signature_header: str = "X-InstaView-Signature"
    run_lifetime: float | None = None
    retry_delays: Sequence[float] = field(default=(1.0, 5.0, 25.0))
    breaker_threshold: int = 10
    delivery_timeout: float = 30.0

    def __post_init__(self) -> None:
        if not 0 < self.speed < math.inf:
            raise InputError([Problem("should be a number above 0", path=("speed",))])
