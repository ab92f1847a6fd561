"""Running commands in this process."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from candidate_cards.cli.commands import application


def invoke(*arguments: object, stdin: str | bytes | None = None) -> Result:
    """Run a command line; a bug in it fails the test with its own traceback."""
    words = [str(argument) for argument in arguments]
    result = CliRunner().invoke(application, words, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def candidate(profile_id: str, **fields: object) -> dict[str, Any]:
    """Return a record as the wire has it."""
    return {"profileId": profile_id, "name": f"Person {profile_id}", **fields}


def sourcing(*candidates: object) -> str:
    """Return a completed sourcing result."""
    return json.dumps(
        {
            "success": True,
            "requestId": "req_test",
            "status": "completed",
            "createdAt": "2026-03-02T10:00:00.000Z",
            "candidates": candidates,
        }
    )


def enrichment(*items: object) -> str:
    """Return a completed enrichment result."""
    return json.dumps(
        {
            "success": True,
            "requestId": "enr_test",
            "status": "completed",
            "createdAt": "2026-03-02T10:00:00.000Z",
            "data": items,
        }
    )
