"""Every benchmark: its name, whom it is beside, what measures it.

Targets stand in the claims of the modules, each beside what it is about; they are those of the
issues that the project was built from, and of its performance guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .batch import batch_rows
from .browser import browser_rows
from .candidates import many
from .cards import card_groups
from .disclosing import disclosing_rows
from .dossiers import (
    engine_rows,
    largest_rows,
    process_rows,
    reissue_rows,
    warm_rows,
    whole_rows,
)
from .growth import growth_rows
from .inlining import inlining_rows
from .mail import mail_rows
from .service import service_rows
from .startup import startup_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .effort import Effort
    from .measuring import Row


class Benchmark(NamedTuple):
    """What is measured in one go.

    Attributes:
        name: For the command line.
        peers: Distributions whose versions bear on the ratios.
        rows: Measures.
        is_long: Takes longer than all others together, so only when it is named.
    """

    name: str
    peers: Sequence[str]
    rows: Callable[[Effort], list[Row]]
    is_long: bool = False


def _card_rows(effort: Effort) -> list[Row]:
    groups = card_groups(many(effort.candidates))
    return [row for group in groups for row in group.rows(effort.rounds)]


BENCHMARKS: Final = (
    Benchmark("cards", ("markupsafe", "jinja2", "pydantic", "pydantic-core"), _card_rows),
    Benchmark(
        "inlining",
        ("premailer", "cssutils", "lxml"),
        lambda effort: inlining_rows(effort.slow_rounds),
    ),
    Benchmark(
        "mail",
        ("premailer", "css-inline", "wcwidth"),
        lambda effort: mail_rows(effort.rounds, effort.slow_rounds),
    ),
    Benchmark(
        "disclosing", (), lambda effort: disclosing_rows(effort.candidates, effort.slow_rounds)
    ),
    Benchmark(
        "startup",
        ("pydantic", "jinja2", "click", "weasyprint"),
        lambda effort: startup_rows(effort.slow_rounds),
    ),
    Benchmark(
        "growth",
        ("pydantic", "jinja2"),
        lambda effort: growth_rows(effort.growth_rounds, effort.largest),
    ),
    Benchmark(
        "browser",
        ("playwright",),
        lambda effort: browser_rows(effort.cards_in_page, effort.page_rounds),
    ),
    Benchmark(
        "pages",
        ("weasyprint", "pypdfium2", "pillow"),
        lambda effort: warm_rows(effort.dossier_rounds),
    ),
    Benchmark(
        "dossiers",
        ("weasyprint", "pikepdf"),
        lambda effort: whole_rows(effort.dossier_rounds, effort.dossiers),
    ),
    Benchmark(
        "largest-dossier",
        ("weasyprint", "pikepdf"),
        lambda effort: largest_rows(effort.dossiers[-1]),
        is_long=True,
    ),
    Benchmark(
        "reissue",
        ("weasyprint", "pikepdf"),
        lambda effort: reissue_rows(effort.dossier_rounds, effort.dossiers[-2]),
    ),
    Benchmark(
        "processes",
        ("pebble", "weasyprint", "pikepdf"),
        lambda effort: process_rows(effort.dossier_rounds, effort.dossiers[-2]),
    ),
    Benchmark(
        "engines",
        ("weasyprint", "plutoprint", "typst", "playwright"),
        lambda effort: engine_rows(effort.dossier_rounds, effort.dossiers[-2]),
    ),
    Benchmark(
        "service",
        ("fastapi", "uvicorn", "sqlalchemy"),
        lambda effort: service_rows(effort.service_rounds, effort.calls),
    ),
    Benchmark(
        "batch",
        (),
        lambda effort: batch_rows(effort.batch_rounds, effort.results, effort.files),
    ),
)
