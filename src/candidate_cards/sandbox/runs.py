"""Runs: accepted in one transaction, ended in another.

What a run finds depends on what it was asked for alone, and its end, its charge and its delivery
are written together. So a process that dies between the two leaves a run that the next process
ends in the same way, and pays for once.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any, Final, Literal

from candidate_cards.contract.refusals import RefusedError, run_not_found
from candidate_cards.contract.times import as_datetime
from candidate_cards.models import (
    Candidate,
    EnrichmentCompleted,
    EnrichmentFailed,
    EnrichmentProcessing,
    ErrorCode,
    PreviewCompleted,
    PreviewFailed,
    PreviewProcessing,
    RunAccepted,
    SourcingCompleted,
    SourcingFailed,
    SourcingProcessing,
)

from .search import Brief, enriched, previewed, ranked, sourced
from .webhooks import EVENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from sqlite3 import Row

    from candidate_cards.contract.callers import Caller

    from .accounts import Accounts
    from .bodies import EnrichBody, PatchBody, PreviewBody, SourcingBody
    from .clock import Clock
    from .deliveries import Deliveries
    from .search import Index
    from .settings import Settings
    from .store import Store
    from .webhooks import Webhooks

Kind = Literal["sourcing", "preview", "enrichment"]

_PREFIXES: Final = {"sourcing": "req_", "preview": "req_prev_", "enrichment": "enr_"}
_PAGE: Final = 20
_PATCH_LIMIT: Final = 10

# Seconds at speed 1.
_SEARCH, _SCORE, _QUERY, _ENRICH, _TIMEOUT, _OUTAGE, _CRASH = 8.0, 0.5, 2.0, 2.0, 10.0, 16.0, 5.0

_RUN_ERRORS: Final = {
    "provider-outage": (
        ErrorCode.PROVIDER_TEMPORARILY_UNAVAILABLE,
        "the external index did not answer; three tries were made",
    ),
    "agent-error": (ErrorCode.AGENT_ERROR, "the agent stopped"),
}
_PROFILE_ERRORS: Final = {
    # Neither code is the vendor's: it names none beside PROFILE_NOT_FOUND.
    "profile-timeout": ("PROFILE_TIMEOUT", "the profile took longer than 10 seconds"),
    "profile-failed": ("PROFILE_FAILED", "the profile could not be enriched"),
}


class Runs:
    """The runs in a store."""

    def __init__(  # noqa: PLR0913  the parts of a sandbox
        self,
        store: Store,
        *,
        accounts: Accounts,
        webhooks: Webhooks,
        deliveries: Deliveries,
        index: Index,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._index = index
        self._clock = clock
        self._settings = settings

    # Starting

    def start_sourcing(
        self, caller: Caller, body: SourcingBody, fault: str | None
    ) -> dict[str, Any]:
        """Accept a sourcing run; hold one credit for each candidate wanted.

        Raises:
            RefusedError: 402, 403, 404 or 422.
        """
        request = _search_request(body)
        return self._start(
            caller, "sourcing", body, request, wanted=body.limit, held=body.limit, fault=fault
        )

    def start_preview(self, caller: Caller, body: PreviewBody, fault: str | None) -> dict[str, Any]:
        """Accept a preview search; hold one credit for each page that it may ask for.

        Raises:
            RefusedError: 402, 403, 404 or 422.
        """
        request, pages = _search_request(body), -(-body.limit // _PAGE)
        return self._start(
            caller, "preview", body, request, wanted=body.limit, held=pages, fault=fault
        )

    def start_enrichment(
        self, caller: Caller, body: EnrichBody, fault: str | None
    ) -> dict[str, Any]:
        """Accept an enrichment; hold one credit for each profile.

        Raises:
            RefusedError: 402, 403, 404 or 422.
        """
        request, count = {"profileIds": list(body.profile_ids)}, len(body.profile_ids)
        return self._start(
            caller, "enrichment", body, request, wanted=count, held=count, fault=fault
        )

    def _start(  # noqa: PLR0913  the columns of a run
        self,
        caller: Caller,
        kind: Kind,
        body: SourcingBody | PreviewBody | EnrichBody,
        request: Mapping[str, Any],
        *,
        wanted: int,
        held: int,
        fault: str | None,
    ) -> dict[str, Any]:
        run_id, now = f"{_PREFIXES[kind]}{uuid.uuid4()}", self._clock.now()
        with self._store.transaction():
            if body.webhook_id is not None:
                self._webhooks.check_usable(caller, body.webhook_id, kind)
            self._accounts.check_funds(caller.company_id, held)
            self._store.execute(
                "INSERT INTO runs (id, company_id, kind, status, request, webhook_id, wanted, held,"
                " fault, created_at, updated_at, due_at)"
                " VALUES (?, ?, ?, 'processing', ?, ?, ?, ?, ?, ?, ?, ?)",
                run_id,
                caller.company_id,
                kind,
                json.dumps(request),
                body.webhook_id,
                wanted,
                held,
                fault,
                now,
                now,
                now + self._duration(kind, wanted, fault),
            )
        return _accepted(self.find(caller, kind, run_id))

    def patch(
        self, caller: Caller, run_id: str, body: PatchBody, fault: str | None
    ) -> dict[str, Any]:
        """Start another pass of a run that has ended.

        Raises:
            RefusedError: 404, 409 or 402, in this order.
        """
        wanted = _PATCH_LIMIT if body.limit is None else body.limit
        with self._store.transaction():
            run = self.find(caller, "sourcing", run_id)
            if run["status"] == "processing":
                raise RefusedError(409, ErrorCode.RUN_IN_PROGRESS, "the run has not ended yet")
            self._accounts.check_funds(caller.company_id, wanted)
            request = json.loads(run["request"])
            if body.query is not None:
                request["queries"].append(body.query)
            now = self._clock.now()
            self._store.execute(
                "UPDATE runs SET status = 'processing', request = ?, pass = pass + 1, wanted = ?,"
                " held = ?, fault = ?, updated_at = ?, due_at = ?, completed_at = NULL,"
                " error_code = NULL, error_message = NULL WHERE id = ?",
                json.dumps(request),
                wanted,
                wanted,
                fault,
                now,
                now + self._duration("sourcing", wanted, fault),
                run_id,
            )
        return _accepted(self.find(caller, "sourcing", run_id))

    def _duration(self, kind: Kind, wanted: int, fault: str | None) -> int:
        """Return milliseconds."""
        if fault == "provider-outage":
            seconds = _OUTAGE
        elif fault == "agent-error":
            seconds = _CRASH
        elif kind == "sourcing":
            seconds = _SEARCH + _SCORE * wanted
        elif kind == "preview":
            seconds = _QUERY * -(-wanted // _PAGE)
        else:
            seconds = _ENRICH * wanted + (_TIMEOUT if fault == "profile-timeout" else 0)
        return round(seconds * 1000 / self._settings.speed)

    # Reading

    def find(self, caller: Caller, kind: Kind, run_id: str) -> Row:
        """Return the row of one of the company's runs.

        Raises:
            RefusedError: There is none of this kind. Unknown, expired and foreign are alike.
        """
        run = self._store.row(
            "SELECT * FROM runs WHERE id = ? AND kind = ? AND company_id = ?",
            run_id,
            kind,
            caller.company_id,
        )
        if run is None or self._is_expired(run):
            raise run_not_found()
        return run

    def _is_expired(self, run: Row) -> bool:
        lifetime = self._settings.run_lifetime
        if lifetime is None or run["completed_at"] is None:
            return False
        return bool(run["completed_at"] + lifetime * 1000 < self._clock.now())

    def results(self, caller: Caller, kind: Kind, run_id: str) -> tuple[int, dict[str, Any]]:
        """Return status and body of a poll.

        Raises:
            RefusedError: As in `find`.
        """
        run = self.find(caller, kind, run_id)
        facts: dict[str, Any] = {
            "success": True,
            "requestId": run_id,
            "status": run["status"],
            "createdAt": as_datetime(run["created_at"]),
        }
        if run["status"] == "processing":
            facts["message"] = "still working"
            if kind == "enrichment":
                return 202, EnrichmentProcessing.model_validate(facts).to_wire()
            facts["candidatesSourcedCount"] = self._progress(run)
            model = SourcingProcessing if kind == "sourcing" else PreviewProcessing
            return 202, model.model_validate(facts).to_wire()
        facts["completedAt"] = as_datetime(run["completed_at"])
        if run["status"] == "failed":
            facts |= {"errorCode": run["error_code"], "errorMessage": run["error_message"]}
            failed = {
                "sourcing": SourcingFailed,
                "preview": PreviewFailed,
                "enrichment": EnrichmentFailed,
            }[kind]
            return 200, failed.model_validate(facts).to_wire()
        facts |= self._counts(run)
        if kind == "enrichment":
            facts["data"] = json.loads(run["items"])
            return 200, EnrichmentCompleted.model_validate(facts).to_wire()
        facts["candidates"] = [json.loads(row["candidate"]) for row in self._finds(run_id)]
        completed = SourcingCompleted if kind == "sourcing" else PreviewCompleted
        return 200, completed.model_validate(facts).to_wire()

    def _finds(self, run_id: str) -> list[Row]:
        """Return what a run found: by score, then by the order of finding."""
        return self._store.rows(
            "SELECT * FROM finds WHERE run_id = ? ORDER BY score DESC, position", run_id
        )

    def _progress(self, run: Row) -> int:
        before: int = self._store.value("SELECT count(*) FROM finds WHERE run_id = ?", run["id"])
        passed = self._clock.now() - run["updated_at"]
        share = min(1.0, passed / max(1, run["due_at"] - run["updated_at"]))
        return before + int(run["wanted"] * share)

    def _counts(self, run: Row) -> dict[str, int]:
        """Return the numbers that results and deliveries of a completed run tell."""
        if run["kind"] == "enrichment":
            items = json.loads(run["items"])
            enriched_count = sum(item["success"] for item in items)
            return {
                "enrichedCount": enriched_count,
                "failureCount": len(items) - enriched_count,
                "creditsConsumed": enriched_count,
            }
        counts = {"foundCount": run["found_count"]}
        if run["kind"] == "sourcing":
            counts["scoredCount"] = len(self._finds(run["id"]))
        return counts

    def profiles(self, caller: Caller, profile_ids: Sequence[str]) -> dict[str, Candidate]:
        """Return the company's profiles among the ids, as a card may show them.

        An id that a company was never given is not in the result, whoever else was.
        """
        known = {}
        for profile_id in profile_ids:
            found = self._profile(caller.company_id, profile_id)
            if found is None:
                continue
            if found["score"] is None:  # seen in a preview only, which has too few fields
                person = self._index.person(found["person"])
                fields = enriched(person, profile_id, None)
            else:
                fields = json.loads(found["candidate"])
            known[profile_id] = Candidate.model_validate(fields)
        return known

    def _profile(self, company_id: str, profile_id: str) -> Row | None:
        return self._store.row(
            "SELECT finds.* FROM finds JOIN runs ON runs.id = run_id"
            " WHERE profile_id = ? AND company_id = ?"
            " ORDER BY score IS NULL, runs.updated_at DESC LIMIT 1",
            profile_id,
            company_id,
        )

    # Ending

    def due(self) -> list[str]:
        """Return the ids of runs whose time has come, oldest first."""
        rows = self._store.rows(
            "SELECT id FROM runs WHERE status = 'processing' AND due_at <= ? ORDER BY due_at",
            self._clock.now(),
        )
        return [row[0] for row in rows]

    def next_due(self) -> int | None:
        """Return when the next run ends, in milliseconds since 1970."""
        value: int | None = self._store.value(
            "SELECT min(due_at) FROM runs WHERE status = 'processing'"
        )
        return value

    def finish(self, run_id: str) -> None:
        """End a run: results, charge and delivery at once."""
        with self._store.transaction():
            run = self._store.row(
                "SELECT * FROM runs WHERE id = ? AND status = 'processing'", run_id
            )
            if run is None:
                return
            if run["fault"] in _RUN_ERRORS:
                code, message = _RUN_ERRORS[run["fault"]]
                if run["kind"] == "enrichment":
                    code = ErrorCode.INTERNAL_ERROR
                self._end(run, "failed", error_code=code, error_message=message)
            elif run["kind"] == "sourcing":
                self._finish_sourcing(run)
            elif run["kind"] == "preview":
                self._finish_preview(run)
            else:
                self._finish_enrichment(run)

    def fail(self, run_id: str) -> None:
        """End a run that a bug of the sandbox stops."""
        with self._store.transaction():
            run = self._store.row("SELECT * FROM runs WHERE id = ?", run_id)
            if run is not None and run["status"] == "processing":
                code = "INTERNAL_ERROR" if run["kind"] == "enrichment" else "AGENT_ERROR"
                message = "the sandbox has a bug; its log says more"
                self._end(run, "failed", error_code=code, error_message=message)

    def _finish_sourcing(self, run: Row) -> None:
        request = json.loads(run["request"])
        brief = _brief(request)
        seen = {row["person"] for row in self._finds(run["id"])}
        found = self._index.find(brief)
        fresh = [person for person in found if person.number not in seen]
        best = ranked(fresh, brief)[: run["wanted"]]
        for match in best:
            profile_id = _profile_id(run["company_id"], match.person.number)
            self._keep(
                run, profile_id, match.person.number, match.score, sourced(match, profile_id)
            )
        self._end(run, "completed", charge=len(best), found_count=len(found))

    def _finish_preview(self, run: Row) -> None:
        found = self._index.find(_brief(json.loads(run["request"])))
        for person in found[: run["wanted"]]:
            profile_id = _profile_id(run["company_id"], person.number)
            self._keep(run, profile_id, person.number, None, previewed(person, profile_id))
        # A page that is not full is the last one.
        pages = min(-(-run["wanted"] // _PAGE), len(found) // _PAGE + 1)
        self._end(run, "completed", charge=pages, found_count=len(found))

    def _finish_enrichment(self, run: Row) -> None:
        items: list[dict[str, Any]] = []
        for profile_id in json.loads(run["request"])["profileIds"]:
            found = self._profile(run["company_id"], profile_id)
            if found is None:
                code, message = ErrorCode.PROFILE_NOT_FOUND, "no run of yours found this profile"
                items.append(_failed_item(profile_id, code, message))
                continue
            person = self._index.person(found["person"])
            candidate = enriched(person, profile_id, found["score"])
            items.append({"profileId": profile_id, "success": True, "candidate": candidate})
        if run["fault"] in _PROFILE_ERRORS:
            last = next((item for item in reversed(items) if item["success"]), None)
            if last is not None:
                failure = _failed_item(last["profileId"], *_PROFILE_ERRORS[run["fault"]])
                items[items.index(last)] = failure
        charge = sum(item["success"] for item in items)
        self._end(run, "completed", charge=charge, items=json.dumps(items))

    def _keep(
        self,
        run: Row,
        profile_id: str,
        person: int,
        score: int | None,
        candidate: Mapping[str, Any],
    ) -> None:
        self._store.execute(
            "INSERT INTO finds (run_id, profile_id, person, position, score, candidate) VALUES"
            " (:run, :profile, :person, (SELECT count(*) FROM finds WHERE run_id = :run), :score,"
            " :candidate)",
            run=run["id"],
            profile=profile_id,
            person=person,
            score=score,
            candidate=json.dumps(candidate),
        )

    def _end(  # noqa: PLR0913  the columns of an ended run
        self,
        run: Row,
        status: Literal["completed", "failed"],
        *,
        charge: int = 0,
        found_count: int = 0,
        items: str | None = None,
        error_code: str | None = None,
        error_message: str | None = None,
    ) -> None:
        now = self._clock.now()
        self._store.execute(
            "UPDATE runs SET status = ?, completed_at = ?, found_count = ?, items = ?,"
            " error_code = ?, error_message = ? WHERE id = ?",
            status,
            now,
            found_count,
            items,
            error_code,
            error_message,
            run["id"],
        )
        # The key of this table makes a second charge for the same pass an error.
        self._store.execute(
            "INSERT INTO charges VALUES (?, ?, ?, ?, ?)",
            run["id"],
            run["pass"],
            run["company_id"],
            charge,
            now,
        )
        if run["webhook_id"] is not None:
            ended = self._store.row("SELECT * FROM runs WHERE id = ?", run["id"])
            assert ended is not None  # noqa: S101  it was updated above
            facts: dict[str, Any] = {"requestId": run["id"], "status": status}
            if status == "failed":
                facts |= {"errorCode": error_code, "errorMessage": error_message}
            else:
                facts |= self._counts(ended)
            self._deliveries.add(run["webhook_id"], EVENTS[run["kind"], status], facts)


def _search_request(body: SourcingBody | PreviewBody) -> dict[str, Any]:
    return {
        "title": body.title,
        "jobDescription": body.job_description,
        "location": body.location,
        "queries": [] if body.query is None else [body.query],
    }


def _brief(request: Mapping[str, Any]) -> Brief:
    return Brief(
        title=request["title"],
        description=request["jobDescription"],
        location=request["location"],
        queries=tuple(request["queries"]),
    )


def _profile_id(company_id: str, number: int) -> str:
    """Return a company's id of a person. Each company has its own, so that none can be guessed."""
    digest = hashlib.sha256(f"{company_id}/{number}".encode()).hexdigest()
    return f"prof_{digest[:16]}"


def _failed_item(profile_id: str, code: str, message: str) -> dict[str, Any]:
    return {
        "profileId": profile_id,
        "success": False,
        "errorCode": code,
        "errorMessage": message,
    }


def _accepted(run: Row) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "success": True,
        "requestId": run["id"],
        "status": "processing",
        "message": "accepted; poll for the results",
        "createdAt": as_datetime(run["created_at"]),
    }
    if run["webhook_id"] is not None:
        facts["webhookId"] = run["webhook_id"]
    if run["kind"] != "enrichment":
        facts["updatedAt"] = as_datetime(run["updated_at"])
    return RunAccepted.model_validate(facts).to_wire()
