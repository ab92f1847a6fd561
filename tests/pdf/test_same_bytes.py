"""The same candidates make the same dossier, whoever asks, when and where, and by which way."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from datetime import date
from typing import TYPE_CHECKING, Final

import pytest
from dossier_people import random_candidates
from dossier_reading import Dossier, squeezed
from pikepdf import Pdf

from candidate_cards import Shortlist
from candidate_cards.cards import NoticeFacts
from candidate_cards.exports import render
from candidate_cards.exports._pdf.engine import render_pdf
from candidate_cards.exports.pdf import DossierFacts, Limits, PdfPool, render_dossier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PEOPLE: Final = tuple(random_candidates(6, seed=11))
_SHORTLIST: Final = Shortlist(
    candidates=_PEOPLE, title="Staff Engineer", client="Acme", author="Ana", brief="Build it."
)
_FACTS: Final = DossierFacts(issued=date(2026, 3, 2))
_NOTICE: Final = NoticeFacts(keep_until=date(2026, 9, 2))

_IN_ANOTHER_PROCESS: Final = """
import hashlib, sys
from datetime import date
from candidate_cards import Shortlist
from candidate_cards.cards import NoticeFacts
from candidate_cards.exports import render
from candidate_cards.exports._pdf.engine import render_pdf
from candidate_cards.exports.pdf import DossierFacts, render_dossier
shortlist = Shortlist.model_validate_json(sys.stdin.buffer.read())
facts = DossierFacts(issued=date(2026, 3, 2))
notice = NoticeFacts(keep_until=date(2026, 9, 2))
print(hashlib.sha256(render_dossier(shortlist, facts=facts, notice=notice)).hexdigest())
"""


@pytest.fixture(scope="module")
def here() -> bytes:
    """The dossier from this process."""
    return render_dossier(_SHORTLIST, facts=_FACTS, notice=_NOTICE)


def test_every_process_makes_the_same_bytes(here: bytes, tmp_path: Path) -> None:
    """Hash seed, time zone, language, user and working directory do not matter."""
    elsewhere = tmp_path / "another folder"
    elsewhere.mkdir()
    payload = _SHORTLIST.model_dump_json(by_alias=True).encode()
    for folder, environment in (
        (tmp_path, {"PYTHONHASHSEED": "1", "TZ": "Asia/Kolkata", "LC_ALL": "C"}),
        (elsewhere, {"PYTHONHASHSEED": "4711", "TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8"}),
    ):
        done = subprocess.run(
            [sys.executable, "-c", _IN_ANOTHER_PROCESS],
            input=payload,
            capture_output=True,
            check=False,
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.fspath(folder),
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                **environment,
            },
        )
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode().strip() == hashlib.sha256(here).hexdigest()


def test_neither_clock_nor_chance_is_asked(here: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another day, with other random numbers and a build date set, it is the same."""
    monkeypatch.setattr(time, "time", lambda: 4_102_444_800.0)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    random.seed(5)
    assert render_dossier(_SHORTLIST, facts=_FACTS, notice=_NOTICE) == here


def test_processes_and_kept_sections_change_nothing(here: bytes, tmp_path: Path) -> None:
    """From a pool, into a cache, out of it, and out of it in this process: the same bytes."""
    with PdfPool(2, Limits(seconds=300)) as pool:
        assert render_dossier(_SHORTLIST, facts=_FACTS, notice=_NOTICE, pool=pool) == here
        filled = render_dossier(_SHORTLIST, facts=_FACTS, notice=_NOTICE, pool=pool, cache=tmp_path)
        kept = sorted(path.name for path in tmp_path.iterdir())
        again = render_dossier(_SHORTLIST, facts=_FACTS, notice=_NOTICE, pool=pool, cache=tmp_path)
    assert filled == again == here
    assert render_dossier(_SHORTLIST, facts=_FACTS, notice=_NOTICE, cache=tmp_path) == here
    assert sorted(path.name for path in tmp_path.iterdir()) == kept
    assert (
        len([name for name in kept if name.endswith(".pdf")]) == len(_PEOPLE) + 4
    )  # and the frame's parts


def test_a_kept_section_is_used_only_for_what_it_shows(tmp_path: Path) -> None:
    """Another theme, size, rank, role or setting is rendered again, and so is other text."""
    seen: set[bytes] = set()
    names: set[str] = set()
    one = Shortlist(candidates=_PEOPLE[:1], title="Engineer")
    ways = (
        {"content": one},
        {"content": one, "theme": "dark"},
        {"content": one, "page_size": "Letter"},
        {"content": one, "show_emails": True},
        {"content": one, "facts": DossierFacts(confidential=False)},
        {"content": one.model_copy(update={"title": "Designer"})},
        {"content": one.model_copy(update={"candidates": _PEOPLE[1:2]})},
    )
    for way in ways:
        seen.add(render_dossier(**way, cache=tmp_path))
        before, names = names, set(_kept_sections(tmp_path))
        assert len(names) == len(before) + 1, way
    assert len(seen) == len(ways)


def _kept_sections(cache: Path) -> Iterator[str]:
    """Yield the parts that have a bookmark, as only candidates do."""
    for path in cache.glob("*.pdf"):
        with Pdf.open(path) as pdf:
            if "/Outlines" in pdf.Root:
                yield path.name


def test_the_cache_names_nobody(tmp_path: Path) -> None:
    """File names are digests, and nothing unfinished stays."""
    render_dossier(_SHORTLIST, cache=tmp_path)
    for path in tmp_path.iterdir():
        assert len(path.stem) == 64
        assert path.suffix in {".pdf", ".pages"}
        int(path.stem, 16)


def test_parts_hold_what_one_document_would() -> None:
    """Candidates and notice, laid out in one piece: page for page the same text and bookmarks."""
    joined = Dossier(render_dossier(_SHORTLIST))
    html = str(render(_SHORTLIST, format="pdf").document)
    whole = Dossier(render_pdf(html, "").data)
    pages = [
        list(map(squeezed, dossier.poppler[dossier.starts[0] :])) for dossier in (joined, whole)
    ]
    assert len(pages[0]) > len(_PEOPLE)
    assert pages[0] == pages[1]
    titles = [
        [(title, [below for below, _ in sections]) for title, _, sections in dossier.bookmarks]
        for dossier in (joined, whole)
    ]
    assert titles[0] == titles[1]


def test_facts_are_shown_and_nothing_is_invented(here: bytes) -> None:
    """Days stand on the cover as they were given; without them there is none."""
    cover = Dossier(here).whole_poppler[0]
    assert "2026-03-02" in cover
    assert "Keep until 2026-09-02, then destroy." in cover
    assert "Confidential. Prepared for Acme." in cover
    bare = Dossier(render_dossier(_SHORTLIST, facts=DossierFacts(confidential=False)))
    text = "".join(bare.whole_poppler)
    assert "2026" not in text
    assert "onfidential" not in text
    assert json.dumps(text).count("Prepared for") == 1
