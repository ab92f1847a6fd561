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


Messages = list[tuple[str, str]]
"""What the checker said, a text each, and the file and line that it said it of."""


@pytest.fixture(scope="module")
def messages(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Messages:
    """What the checker says of all documents of this module; its start is what costs."""
    java = shutil.which("java")
    if java is None:
        reason = "MISSING PART: Java for the HTML checker; run: apt-get install default-jre"
        if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("documents")
    for name, text in _documents():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    jar = node_modules / "vnu-jar" / "build" / "dist" / "vnu.jar"
    # Client compiler alone: a checker that lives for seconds gains nothing from the other. Its
    # schema recurses deeper than Java's usual stack.
    command = [java, "-XX:TieredStopAtLevel=1", "-Xss16m", "-jar", str(jar), "--format", "json"]
    files = sorted(map(str, folder.glob("*.html")))
    done = subprocess.run([*command, "--stdout", *files], capture_output=True, check=False)
    report: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return [
        (
            f"{message.get('subType') or message['type']}: {message['message']}",
            f"{message['url'].rpartition('/')[2]}:{message.get('lastLine')}",
        )
        for message in report["messages"]
    ]


def _said(messages: Messages, kind: str) -> list[str]:
    """Return what the checker says of one kind of documents: a text each, with its first place."""
    places: dict[str, list[str]] = {}
    for text, place in messages:
        if place.startswith(kind) and not text.startswith(_ACCEPTED):
            places.setdefault(text, []).append(place)
    return [f"{text} [{len(found)} times, first {found[0]}]" for text, found in places.items()]


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
    """Yield names and texts of all documents: of every look, with hostile texts, and a bad one."""
    looks = {f"look-{name}": text for name, text in _looks()}
    assert len(looks) > 80
    yield from looks.items()
    yield from _hostile_documents()
    yield "faulty", _HOST.format('<div colour="red"><h4>Skipped</h4></div>')


def _looks() -> Iterator[tuple[str, str]]:
    looks = list(product(get_args(Format), get_args(Density), get_args(Theme)))
    for (kind, shortlist), (format_, density, theme) in product(_shortlists(), looks):
        markup = render_shortlist(
            shortlist, format=format_, density=density, theme=theme, profile="internal"
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


def _hostile_documents() -> Iterator[tuple[str, str]]:
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
    yield "hostile-page", str(render_shortlist(shortlist, density="detail", profile="internal"))
    element = render_shortlist(shortlist, format="element", density="detail")
    yield "hostile-element", _HOST.format(element)


def test_every_look_is_valid(messages: Messages) -> None:
    """The checker has neither an error nor a warning for any format, density and theme."""
    found = _said(messages, "look-")
    assert not found, "\n".join(found)


def test_hostile_text_keeps_a_page_valid(messages: Messages) -> None:
    """Whatever the texts hold, the markup around them stays without an error."""
    # Private-use characters are worth a warning to the checker, and are the data's own.
    errors = [text for text in _said(messages, "hostile-") if text.startswith("error")]
    assert not errors, "\n".join(errors)


def test_a_fault_is_noticed(messages: Messages) -> None:
    """The measure measures: an unknown attribute and a skipped heading are reported."""
    assert len(_said(messages, "faulty")) >= 2
