"""How much is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Effort(NamedTuple):
    """How much is measured.

    Attributes:
        candidates: Different ones that a turn renders.
        rounds: Of rendering.
        slow_rounds: Of premailer and of starting processes.
        growth_rounds: Of whole files.
        largest: The most candidates in one file, a power of ten from 100.
        dossiers: Candidates in a dossier; the last but one is what others are held against.
        dossier_rounds: Of all dossiers but the largest.
        service_rounds: Of loads on each server.
        calls: In each of them.
        batch_rounds: Of batches.
        results: Records of a batch to one file.
        files: Records of a batch to files.
        cards_in_page: In a browser.
        page_rounds: Of loading such a page.
    """

    candidates: int
    rounds: int
    slow_rounds: int
    growth_rounds: int
    largest: int
    dossiers: Sequence[int]
    dossier_rounds: int
    service_rounds: int
    calls: int
    batch_rounds: int
    results: int
    files: int
    cards_in_page: int
    page_rounds: int


FULL: Final = Effort(
    candidates=200,
    rounds=60,
    slow_rounds=15,
    growth_rounds=3,
    largest=100_000,
    dossiers=(1, 10, 100, 1_000),
    dossier_rounds=2,
    service_rounds=4,
    calls=2_500,
    batch_rounds=2,
    results=100_000,
    files=10_000,
    cards_in_page=500,
    page_rounds=5,
)
QUICK: Final = Effort(
    candidates=50,
    rounds=10,
    slow_rounds=3,
    growth_rounds=2,
    largest=1_000,
    dossiers=(1, 2, 10, 20),
    dossier_rounds=1,
    service_rounds=1,
    calls=500,
    batch_rounds=1,
    results=10_000,
    files=1_000,
    cards_in_page=100,
    page_rounds=1,
)
