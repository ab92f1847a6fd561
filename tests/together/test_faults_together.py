"""Our clients while the sandbox goes wrong on purpose: the right end, and nothing paid twice.

Slow answers take an hour. That an operation ends at all shows that its deadline holds.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from candidate_cards.errors import (
    VendorAnswerError,
    VendorConnectionError,
    VendorError,
    VendorNotFoundError,
    VendorRateLimitError,
    VendorRunError,
    VendorTimeoutError,
    VendorUnavailableError,
)
from candidate_cards.models import (
    EnrichmentCompleted,
    PatchRequest,
    PreviewCompleted,
    RenderHtmlResponse,
    RunAccepted,
    SourcingCompleted,
    WebhookList,
)
from candidate_cards.sandbox import Settings
from sandboxes import SLOW, Account, LocalSandbox, serving
from talking import KINDS, Kind, key_of, preview, search, talking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ATTEMPTS: Final = 6  # of the client
_EXAMPLES: Final = 45
_STEPS: Final = 6
_COUNTED: Final[Counter[Kind]] = Counter()


@dataclass(frozen=True)
class Step:
    """An operation and what goes wrong meanwhile.

    Attributes:
        operation: A key of `OPERATIONS`.
        fault: What goes wrong, or nothing.
        count: For how many requests in a row.
        by_header: Whether every request asks for it, or it is laid out in advance.
    """

    operation: str
    fault: str | None
    count: int
    by_header: bool


#: What each calls, what it returns, and which run it starts, and what that can cost at most.
OPERATIONS: Final[dict[str, tuple[Callable[[Any, str], Any], type[object], int]]] = {
    "source": (lambda client, _: client.start_sourcing(search(2)), RunAccepted, 2),
    "refine": (
        lambda client, run: client.refine_sourcing(run, PatchRequest(limit=1)),
        RunAccepted,
        1,
    ),
    "preview": (lambda client, _: client.start_preview(preview(5)), RunAccepted, 1),
    "enrich": (lambda client, _: client.start_enrichment(["a", "b"]), RunAccepted, 2),
    "results": (lambda client, run: client.sourcing_results(run), SourcingCompleted, 0),
    "cards": (lambda client, _: client.render_html(["a"]), RenderHtmlResponse, 0),
    "webhooks": (lambda client, _: client.list_webhooks(), WebhookList, 0),
    "unknown": (lambda client, _: client.sourcing_results("req_unknown"), object, 0),
}
READS: Final = {"results", "webhooks", "unknown"}
STARTS: Final = {"source", "refine", "preview", "enrich"}
ANSWER_FAULTS: Final = (
    "rate-limit=1",
    "unavailable",
    "internal-error",
    "slow=0",
    "slow=3600",
    "truncated",
)
RUN_FAULTS: Final = ("provider-outage", "agent-error")
WAITS: Final = {
    "source": ("wait_for_sourcing", SourcingCompleted),
    "refine": ("wait_for_sourcing", SourcingCompleted),
    "preview": ("wait_for_preview", PreviewCompleted),
    "enrich": ("wait_for_enrichment", EnrichmentCompleted),
}


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Any operation with any fault that it can have."""
    operation = draw(st.sampled_from(sorted(OPERATIONS)))
    faults = [None, *ANSWER_FAULTS, *(RUN_FAULTS if operation in STARTS else ())]
    return Step(
        operation,
        draw(st.sampled_from(faults)),
        draw(st.integers(1, _ATTEMPTS + 1)),
        draw(st.booleans()),
    )


@dataclass
class Bank:
    """A sandbox, and how many passes of runs each company should have in its books.

    A patch makes one more pass of its run.
    """

    sandbox: LocalSandbox
    passes: Counter[str]


def booked(data: Path) -> Counter[str]:
    """Return what the file says, which a sandbox has for itself until it is closed."""
    statement = "SELECT company_id, sum(pass) FROM runs GROUP BY company_id"
    with closing(sqlite3.connect(data)) as connection:
        return Counter(dict(connection.execute(statement).fetchall()))


def expected(step: Step) -> tuple[type[object], bool]:  # noqa: PLR0911  a table
    """Return what an operation ends in, and whether it takes effect."""
    _, model, _ = OPERATIONS[step.operation]
    if step.operation == "unknown":
        model = VendorNotFoundError
    is_read = step.operation in READS
    persists = step.by_header or step.count >= _ATTEMPTS
    match step.fault:
        case "rate-limit=1":  # a wait that is longer than the operation may take
            return VendorRateLimitError, False
        case "unavailable" | "internal-error":
            if is_read and not persists:
                return model, True
            return VendorUnavailableError, False
        case "truncated":
            if is_read and not persists:
                return model, True
            # A refusal that is cut off still is one: its status says so.
            if step.operation == "unknown":
                return VendorNotFoundError, True
            return VendorConnectionError, True
        case "slow=3600":
            return VendorTimeoutError, True
        case _:
            return model, True


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_goes_wrong_nothing_is_paid_twice(kind: Kind, tmp_path: Path) -> None:
    """Each operation ends in its model or its error, and the books know of no more than it did."""
    data = tmp_path / "sandbox.db"
    with serving(Settings(speed=SLOW, data=data)) as sandbox:
        bank = Bank(sandbox, Counter())

        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
        )
        @given(st.lists(steps(), min_size=_STEPS, max_size=_STEPS))
        def walk(walked: list[Step]) -> None:
            account = sandbox.account(credits=1_000)
            ended = account.start(limit=1)
            account.finished(ended)
            bank.passes[account.company_id] += 1
            for step in walked:
                one_step(kind, bank, account, ended, step)
                _COUNTED[kind] += 1

        walk()
    assert booked(data) == bank.passes
    assert _COUNTED[kind] >= 250  # and so 500 in all


def one_step(kind: Kind, bank: Bank, account: Account, ended: str, step: Step) -> None:
    """Make one call, look at its end and at the books, then let its run end and look again."""
    call, _, most = OPERATIONS[step.operation]
    kind_of_end, has_effect = expected(step)
    before = account.usage()
    headers = None
    if step.fault is not None and step.by_header:
        headers = {"X-Sandbox-Fault": step.fault}
    elif step.fault is not None:
        plan = {"faults": [{"fault": step.fault, "count": step.count}]}
        bank.sandbox.admin("PUT", "/faults", plan)
    timeout = {"slow=3600": 0.4, "rate-limit=1": 0.9}.get(step.fault or "", 30.0)
    end: Any
    with talking(kind, bank.sandbox, key_of(account), headers=headers, timeout=timeout) as client:
        try:
            end = call(client, ended)
        except VendorError as error:
            end = error
    bank.sandbox.admin("PUT", "/faults", {"faults": []})
    assert isinstance(end, kind_of_end), (step, end)
    starts = step.operation in STARTS
    if isinstance(end, VendorTimeoutError | VendorConnectionError | VendorUnavailableError):
        assert end.outcome_unknown == (step.operation not in READS), step
        assert end.retryable == (step.operation in READS), step
    assert not isinstance(end, VendorAnswerError)
    after = account.usage()
    bank.passes[account.company_id] += int(starts and has_effect)
    assert after["held"] - before["held"] == (most if has_effect else 0), step
    if not starts or not has_effect:
        return
    bank.sandbox.skip()
    if isinstance(end, RunAccepted):
        wait_for_the_end(kind, bank, account, end.request_id, step)
    else:  # nobody knows its id, but it ends all the same
        account.finished(account.start(limit=1))
        bank.passes[account.company_id] += 1
        most += 1
    usage = account.usage()
    assert usage["held"] == 0, step
    charged = usage["charged"] - before["charged"]
    if step.fault in RUN_FAULTS or step.operation == "enrich":  # nobody of that name
        most = 0 if isinstance(end, RunAccepted) else 1
    assert charged == most, step


def wait_for_the_end(kind: Kind, bank: Bank, account: Account, run_id: str, step: Step) -> None:
    """Wait with our client: for the model, or for the error of a run that was made to fail."""
    wait, model = WAITS[step.operation]
    with talking(kind, bank.sandbox, key_of(account)) as client:
        if step.fault in RUN_FAULTS:
            with pytest.raises(VendorRunError):
                getattr(client, wait)(run_id, interval=0)
        else:
            assert isinstance(getattr(client, wait)(run_id, interval=0), model), step
