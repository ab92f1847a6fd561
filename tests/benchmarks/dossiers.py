"""Rows about dossiers: over WeasyPrint as it comes, as they grow, in processes, made again.

CPU and peak memory of a whole dossier are those of a process of its own:
``python -m tests.benchmarks.dossiers CONTENDER CANDIDATES``. So is Chromium's print, since
Playwright starts one browser at a time in a process:
``python -m tests.benchmarks.dossiers chromium CANDIDATES ROUNDS``.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typst
from pikepdf import Pdf
from playwright.sync_api import sync_playwright

from candidate_cards import Candidate, Shortlist
from candidate_cards.exports import render
from candidate_cards.exports._pdf import merging
from candidate_cards.exports._pdf.engine import load_weasyprint, render_pdf
from candidate_cards.exports.pdf import Limits, PdfPool, render_dossier

from .candidates import many
from .measuring import Claim, Row, measure
from .processes import peak_memory, run_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_MIB: Final = 1024.0  # KiB
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_CHANGED: Final = 20  # one candidate in so many

#: What most style sheets would do where dossier.css has tables and blocks.
_FLEX: Final = """
.head { display: flex; }
.who { display: block; flex: 1; }
.score { display: block; flex: none; width: 30mm; }
.points { display: flex; gap: 6mm; }
.point-group { flex: 1; }
.facts { display: flex; flex-direction: column; }
.fact { display: flex; }
.fact-name { display: block; flex: none; }
.post-title { display: flex; justify-content: space-between; gap: 3mm; }
"""

_TYPST: Final = """
#set page(paper: "a4", margin: (x: 20mm, y: 22mm), numbering: "1 / 1")
#set document(title: "Candidate dossier")
#set text(font: "Inter", size: 10pt)
#let people = json(bytes(sys.inputs.people))
#outline(depth: 1)
#for person in people {
  pagebreak()
  grid(columns: (1fr, 30mm), [
    = #person.name
    *#person.currentRole, #person.currentCompany* \\ #person.headline \\ #person.location
  ], align(center, text(size: 24pt, str(person.matchScore))))
  par(person.rationale)
  [== Why this fits]
  list(..person.aiFitPoints)
  [== To check]
  list(..person.aiRedFlags)
  [== Skills]
  par(person.skills.join(" · "))
  [== Contact]
  link(person.linkedinUrl)
  for email in person.emails [ \\ #link("mailto:" + email)[#email]]
  [== Your recommendation]
  for _ in range(3) { v(6mm); line(length: 100%, stroke: 0.5pt) }
  pagebreak()
  [== Evidence]
  for item in person.aiDetailedRationale {
    [=== #item.title at #item.company #text(size: 9pt, item.duration)]
    par(item.relevanceExplanation)
  }
  [== Experience]
  for item in person.detailedExperience {
    [=== #item.role at #item.company #text(size: 9pt, item.duration)]
    list(..item.highlights)
  }
}
"""


class Made(NamedTuple):
    """What a process that made one dossier tells.

    Attributes:
        seconds: Of CPU, after an engine's start.
        memory: The most that was resident, in KiB.
        pages: Of the dossier.
        size: In bytes.
        merging: Seconds of CPU that joining the parts took.
    """

    seconds: float
    memory: int
    pages: int
    size: int
    merging: float


def dossier_rows(rounds: int, sizes: Sequence[int]) -> list[Row]:
    """Measure.

    Args:
        rounds: Of what is measured more than once: all but the largest dossier.
        sizes: Numbers of candidates; the last but one is what the others are held against.
    """
    base = sizes[-2]
    with tempfile.TemporaryDirectory() as name:
        return [
            *_warm_rows(rounds),
            *_whole_rows(rounds, sizes),
            *_reissue_rows(rounds, base, Path(name)),
            *_process_rows(rounds, base),
            *_engine_rows(rounds, base),
        ]


def shortlist_of(count: int) -> Shortlist:
    """Return so many full candidates, all different."""
    return Shortlist(
        candidates=tuple(map(Candidate.model_validate_json, many(count))),
        title="Platform Engineer",
        brief="Somebody who has moved a company from files to streams. Remote is fine.",
        client="Fjell & Sønner",
        author="R. Recruiter",
    )


def ours(shortlist: Shortlist) -> bytes:
    """Make a dossier in this process."""
    return render_dossier(shortlist)


def plain(shortlist: Shortlist) -> bytes:
    """Make the same pages as one document, as WeasyPrint comes, laid out with flex."""
    html = str(render(shortlist, format="pdf", theme="light").document)
    laid_out = html.replace("</style>", f"{_FLEX}</style>")
    data: bytes = load_weasyprint().HTML(string=laid_out).write_pdf(pdf_tags=True)
    return data


_CONTENDERS: Final = {"ours": ours, "plain": plain}


# --- one candidate, warm


def _warm_rows(rounds: int) -> list[Row]:
    """Measure one candidate's pages in a process that has made some before."""
    html, sheet = _pages_of_one()
    styled = html.replace("</head>", f"<style>{sheet}</style></head>")
    weasyprint = load_weasyprint()
    turns: dict[str, Callable[[], object]] = {
        "ours": lambda: render_pdf(html, sheet),
        "as it comes": lambda: weasyprint.HTML(string=styled).write_pdf(pdf_tags=True),
    }
    claim = Claim(
        "one candidate's pages, warm, over WeasyPrint as it comes", "ours", "as it comes", 0.7
    )
    return [claim.row(measure(turns, 3 * rounds))]


def _pages_of_one() -> tuple[str, str]:
    """Return document and style sheet of a candidate's pages, as the engine gets them."""
    rendering = render(shortlist_of(1), format="pdf", theme="light")
    html = str(rendering.document)
    head, _, rest = html.partition("<style>")
    sheet, _, rest = rest.partition("</style>")
    _, article, candidate = rest.partition('<article class="candidate">')
    candidate, end, _ = candidate.partition("</article>")
    return f'{head}</head><body class="sheet">{article}{candidate}{end}</body></html>', sheet


# --- whole dossiers, each in a process of its own


def _whole_rows(rounds: int, sizes: Sequence[int]) -> Iterator[Row]:
    made: dict[tuple[str, int], list[Made]] = {}
    for size in sizes:
        for _ in range(1 if size == sizes[-1] else rounds):
            for contender in _CONTENDERS:
                told = json.loads(run_module(__name__, contender, str(size)))
                made.setdefault((contender, size), []).append(Made(*told))
    base, largest = sizes[-2:]
    for size in sizes:
        pairs = list(zip(made["ours", size], made["plain", size], strict=True))
        yield Claim(
            f"dossier of {size:,}, tagged, over WeasyPrint as it comes with flex",
            "",
            "",
            0.75 if size == base else None,
        ).row_of([own.seconds / other.seconds for own, other in pairs])
        yield Claim(f"peak memory of the same, dossier of {size:,}", "", "").row_of(
            [own.memory / other.memory for own, other in pairs]
        )
        if size == base:
            yield Claim(f"bytes of the same, dossier of {size:,}", "", "", most=1.3).row_of(
                [own.size / other.size for own, other in pairs]
            )
            yield Claim(
                f"joining its parts, over all of a dossier of {size:,}", "", "", 0.05
            ).row_of([own.merging / own.seconds for own, _ in pairs])
    each = {size: [m.seconds / size for m in made["ours", size]] for size in sizes}
    anchor = sorted(each[base])[len(each[base]) // 2]
    for size in sizes:
        if size != base:
            yield Claim(
                f"each of {size:,} in a dossier, over each of {base:,}",
                "",
                "",
                1.1 if size == largest else None,
            ).row_of([seconds / anchor for seconds in each[size]])
    yield Claim(f"peak memory a page of {largest:,}, over 1 MiB", "", "", 1.0).row_of(
        [m.memory / _MIB / m.pages for m in made["ours", largest]]
    )


# --- what is kept, and processes


def _reissue_rows(rounds: int, count: int, folder: Path) -> list[Row]:
    """Measure a dossier in which some candidates changed since the one before."""
    shortlist = shortlist_of(count)
    versions = iter(range(1_000_000))

    def changed() -> Shortlist:
        version = next(versions)
        people = [
            person.model_copy(
                update={
                    "rationale": f"{person.rationale} Seen {version} times.",
                    "match_score": version % 100,
                }
            )
            if number % _CHANGED == 0
            else person
            for number, person in enumerate(shortlist.candidates)
        ]
        return shortlist.model_copy(update={"candidates": tuple(people)})

    turns: dict[str, Callable[[], object]] = {
        "again": lambda: render_dossier(changed(), cache=folder),
        "anew": lambda: render_dossier(changed()),
    }
    text = f"dossier of {count} again, one in {_CHANGED} changed, over all anew"
    return [Claim(text, "again", "anew", 0.12).row(measure(turns, rounds))]


def _process_rows(rounds: int, count: int) -> list[Row]:
    """Measure by the wall clock, beside what two processes make of a mere loop."""
    shortlist = shortlist_of(count)
    limits = Limits(seconds=600)
    with (
        PdfPool(1, limits) as one,
        PdfPool(2, limits) as two,
        get_context("spawn").Pool(2) as loops,
    ):
        turns: dict[str, Callable[[], object]] = {
            "one": lambda: render_dossier(shortlist, pool=one),
            "two": lambda: render_dossier(shortlist, pool=two),
            "a loop": lambda: loops.map(_loop, [_LOOPS] * 2, chunksize=1),
            "half a loop": lambda: loops.map(_loop, [_LOOPS], chunksize=1),
        }
        times: dict[str, list[float]] = {name: [] for name in turns}
        for number in range(rounds + 1):
            for name, turn in turns.items():
                begun = time.perf_counter()
                turn()
                if number:  # the first starts the engines
                    times[name].append(time.perf_counter() - begun)
    gained = Claim(f"dossier of {count} in two processes, times as fast as in one", "one", "two")
    looped = [
        2 * half / whole for half, whole in zip(times["half a loop"], times["a loop"], strict=True)
    ]
    return [
        gained._replace(least=1.6).row(times),
        Claim("a mere loop in two processes, times as fast as in one", "", "").row_of(looped),
    ]


_LOOPS: Final = 20_000_000


def _loop(count: int) -> int:
    total = 0
    for number in range(count):
        total += number
    return total


# --- other engines


def _engine_rows(rounds: int, count: int) -> list[Row]:
    """Measure the CPU that others take for a page of the same, or of an equivalent."""
    shortlist = shortlist_of(count)
    own: list[float] = []
    for _ in range(rounds):
        begun = time.process_time()
        data = ours(shortlist)
        own.append((time.process_time() - begun) / _pages(data))
    printed = json.loads(run_module(__name__, "chromium", str(count), str(rounds)))
    typeset = list(_typeset_by_typst(count, rounds))
    claim = f"a page of a dossier of {count}, over "
    return [
        Claim(f"{claim}Chromium's print of the same HTML", "", "").row_of(
            [a / b for a, b in zip(own, printed, strict=True)]
        ),
        Claim(f"{claim}Typst's of an equivalent", "", "").row_of(
            [a / b for a, b in zip(own, typeset, strict=True)]
        ),
    ]


def _printed_by_chromium(html: str, rounds: int) -> Iterator[float]:
    """Yield seconds of CPU a page, of all of a warm browser's processes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(filter(None, map(shutil.which, _BROWSERS)), None),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for number in range(rounds + 1):
            tab = browser.new_page()
            begun = _cpu_below(os.getpid())
            tab.set_content(html)
            data = tab.pdf(tagged=True, outline=True, prefer_css_page_size=True)
            used = _cpu_below(os.getpid()) - begun
            tab.close()
            if number:
                yield used / _pages(data)
        browser.close()


def _cpu_below(root: int) -> float:
    """Return the seconds of CPU that the living descendants of a process have used."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # it has ended
                continue
            fields = stat.rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            ticks[int(entry.name)] = int(fields[11]) + int(fields[12])
    below = {root}
    while found := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= found
    return sum(ticks[pid] for pid in below - {root}) / os.sysconf("SC_CLK_TCK")


def _typeset_by_typst(count: int, rounds: int) -> Iterator[float]:
    compiler = typst.Compiler()
    for number in range(rounds + 1):
        # It remembers what it has seen, so each round is about other people.
        texts = many((number + 1) * count)[-count:]
        people = f"[{','.join(texts)}]"
        begun = time.process_time()
        data = compiler.compile(_TYPST.encode(), format="pdf", sys_inputs={"people": people})
        used = time.process_time() - begun
        assert isinstance(data, bytes)
        if number:
            yield used / _pages(data)


def _pages(data: bytes) -> int:
    with Pdf.open(BytesIO(data)) as pdf:
        return len(pdf.pages)


# --- in a process of its own


def _main() -> None:
    name, count = sys.argv[1], int(sys.argv[2])
    shortlist = shortlist_of(count)
    if name == "chromium":
        html = str(render(shortlist, format="pdf", theme="light").document)
        json.dump(list(_printed_by_chromium(html, int(sys.argv[3]))), sys.stdout)
        return
    contender = _CONTENDERS[name]
    contender(shortlist_of(1))
    with _timed_merge() as merges:
        begun = time.process_time()
        data = contender(shortlist)
        seconds = time.process_time() - begun
    memory = peak_memory()
    json.dump(Made(seconds, memory, _pages(data), len(data), sum(merges)), sys.stdout)


@contextmanager
def _timed_merge() -> Iterator[list[float]]:
    """Note the CPU of each merge."""
    merge = merging.merge
    spent: list[float] = []

    def timed(*arguments: Any) -> bytes:  # noqa: ANN401  those of merge
        begun = time.process_time()
        data = merge(*arguments)
        spent.append(time.process_time() - begun)
        return data

    merging.merge = timed  # type: ignore[assignment]
    try:
        yield spent
    finally:
        merging.merge = merge


if __name__ == "__main__":
    _main()
