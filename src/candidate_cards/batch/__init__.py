"""From one card to a million: many records to many files, on an executor.

1. `reading` takes sources apart into chunks of lines, and parses none of them.
2. `crews` hand chunks to processes of this machine or to a Dask cluster, through the one interface
   of `concurrent.futures`; `ordered` keeps their results in the order of the input, and tries a
   chunk again whose process is gone.
3. `work` is what a process does with a chunk: parse, disclose, render.
4. `run` commits what comes back, chunk by chunk: first the `outputs`, then the lines about them in
   the `manifest`, which says what a rerun can leave alone.

Names are imported on first use, since workers need only a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from candidate_cards._lazy import load

if TYPE_CHECKING:
    from .crews import dask_crew, local_crew
    from .plan import Plan, make_plan
    from .run import Batch, Summary
    from .verifying import Verdict, verify

__all__ = [
    "Batch",
    "Plan",
    "Summary",
    "Verdict",
    "dask_crew",
    "local_crew",
    "make_plan",
    "verify",
]

_HOMES: Final = {
    "Batch": "run",
    "Plan": "plan",
    "Summary": "run",
    "Verdict": "verifying",
    "dask_crew": "crews",
    "local_crew": "crews",
    "make_plan": "plan",
    "verify": "verifying",
}


if not TYPE_CHECKING:  # seen by a type checker, it would make every misspelt name a valid one

    def __getattr__(name: str) -> object:
        return load(__name__, globals(), _HOMES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
