"""Every format is valid HTML to the Nu HTML checker, with all of a candidate and with nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, get_args

import pytest

from candidate_cards import parse_shortlist, render_card, render_shortlist
from hostile_corpus import (
    STRING_FIELDS,
    harmless_candidate,
    payloads,
    replace_texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from candidate_cards import Shortlist

Format = Literal["fragment", "element", "page"]
Density = Literal["row", "card", "detail"]
Theme = Literal["dark", "light", "harbour"]

# A document that is itself without a fault; the heading keeps the cards' level 2 in order.
_HOST = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Host</title></head>
<body><main><h1>Candidates</h1>
{}
</main></body>
</html>
"""

# Warnings, not errors, and each with its reason.
_ACCEPTED = (
    # Safari takes the role from a list whose markers are styled away.
    "warning: The “list” role is unnecessary",
    # The checker does not match the scheme source "data:"; browsers do.
    "warning: Resource violates Content Security Policy (meta tag): image “data:",
)


@pytest.fixture(scope="module")
def checker(node_modules: Path) -> list[str]:
    """The command that checks the files given to it and prints its messages as JSON."""
    java = shutil.which("java")
    if java is None:
        reason = "MISSING PART: Java for the HTML checker; run: apt-get install default-jre"
        if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    jar = node_modules / "vnu-jar" / "build" / "dist" / "vnu.jar"
    # Client compiler alone: a checker that lives for seconds gains nothing from the other. Its
    # schema recurses deeper than Java's usual stack.
    options = ["-XX:TieredStopAtLevel=1", "-Xss16m"]
    return [java, *options, "-jar", str(jar), "--format", "json", "--stdout"]


def _messages(checker: list[str], folder: Path, documents: dict[str, str]) -> list[str]:
    """Return what the checker says of the documents: one text each, with the first place of it."""
    assert documents
    for name, text in documents.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    files = sorted(map(str, folder.glob("*.html")))
    assert len(files) == len(documents)
    done = subprocess.run([*checker, *files], capture_output=True, text=True, check=False)
    report: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    places: dict[str, list[str]] = {}
    for message in report["messages"]:
        text = f"{message.get('subType') or message['type']}: {message['message']}"
        file = message["url"].rpartition("/")[2]
        places.setdefault(text, []).append(f"{file}:{message.get('lastLine')}")
    return [
        f"{text} [{len(found)} times, first {found[0]}]"
        for text, found in places.items()
        if not text.startswith(_ACCEPTED)
    ]


def _shortlists() -> Iterator[tuple[str, Shortlist]]:
    full = harmless_candidate()
    many = {
        **harmless_candidate("prof_many"),
        "skills": [f"Skill {number}" for number in range(20)],
        "aiFitPoints": [f"Reason {number}" for number in range(9)],
        "rationale": "A long summary that folds. " * 30,
        "linkedinUrl": "http://www.linkedin.com/in/not-a-link",
        "emails": ["not an address"],
    }
    yield (
        "full",
        parse_shortlist(
            json.dumps([full, many]), title="Role", brief="Brief", client="Client", author="Author"
        ),
    )
    yield "sparse", parse_shortlist(json.dumps([{"profileId": "a"}, {"profileId": "b"}]))
    yield (
        "empty",
        parse_shortlist(
            json.dumps(
                {
                    "success": True,
                    "requestId": "req_1",
                    "status": "completed",
                    "candidates": [],
                    "createdAt": "2026-06-01T08:00:00.000Z",
                }
            )
        ),
    )


def _documents() -> Iterator[tuple[str, str]]:
    looks = list(product(get_args(Format), get_args(Density), get_args(Theme)))
    for (kind, shortlist), (format_, density, theme) in product(_shortlists(), looks):
        markup = render_shortlist(
            shortlist, format=format_, density=density, theme=theme, show_emails=True
        )
        yield (
            f"{kind}-{format_}-{density}-{theme}",
            str(markup) if format_ == "page" else _HOST.format(markup),
        )
        if shortlist.candidates and format_ == "page":
            card = render_card(
                shortlist.candidates[0], format="page", density=density, theme=theme, nonce="n0"
            )
            yield f"{kind}-one-{density}-{theme}", str(card)


def test_every_look_is_valid(checker: list[str], tmp_path: Path) -> None:
    """The checker has neither an error nor a warning for any format, density and theme."""
    documents = dict(_documents())
    found = _messages(checker, tmp_path, documents)
    assert not found, "\n".join(found)


def test_hostile_text_keeps_a_page_valid(checker: list[str], tmp_path: Path) -> None:
    """Whatever the texts hold, the markup around them stays without an error."""
    groups = ("markup", "broken", "attribute", "comment", "closing", "control", "foreign")
    texts = [payload.text for payload in payloads(*groups)]
    wires = [
        replace_texts(
            harmless_candidate(),
            {
                field: f"{texts[(number + shift) % len(texts)]} {number}"
                for shift, field in enumerate(STRING_FIELDS)
            },
        )
        for number in range(len(texts))
    ]
    shortlist = parse_shortlist(json.dumps(wires))
    documents = {
        "page": str(render_shortlist(shortlist, density="detail", show_emails=True)),
        "element": _HOST.format(render_shortlist(shortlist, format="element", density="detail")),
    }
    # Private-use characters are worth a warning to the checker, and are the data's own.
    found = _messages(checker, tmp_path, documents)
    errors = [text for text in found if text.startswith("error")]
    assert not errors, "\n".join(errors)


def test_a_fault_is_noticed(checker: list[str], tmp_path: Path) -> None:
    """The measure measures: an unknown attribute and a skipped heading are reported."""
    faulty = _HOST.format('<div colour="red"><h4>Skipped</h4></div>')
    found = _messages(checker, tmp_path, {"faulty": faulty})
    assert len(found) >= 2
