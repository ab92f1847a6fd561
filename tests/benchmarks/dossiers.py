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
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import plutoprint
import typst
from pikepdf import Pdf
from playwright.sync_api import sync_playwright

from candidate_cards import Candidate, Shortlist
from candidate_cards.exports import render
from candidate_cards.exports._pdf import merging
from candidate_cards.exports._pdf.engine import load_weasyprint, render_pdf
from candidate_cards.exports.pdf import Limits, PdfPool, render_dossier
from candidate_cards.exports.png import render_picture

from .candidates import many
from .measuring import Claim, Row, measure, release
from .processes import peak_memory, run_module, two_loops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser, Playwright

_MIB: Final = 1024.0  # KiB
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_CHANGED: Final = 20  # one candidate in so many
_LENGTHS: Final = (500, 2_000)  # characters of each text
_AS_IT_COMES: Final = f"{release('weasyprint')} as it comes"
_AS_FLEX: Final = f"{_AS_IT_COMES}, the same as one document, laid out with flex"

#: What the texts of a candidate can be made of, from what is kind to an engine to what is not.
_KINDS: Final = {
    "prose": "Led the platform team through three migrations and a merger. ",
    "Chinese": "数据平台工程师",
    "one unbroken word": "x",
    "stacked marks": "e\u0301\u0302\u0303\u0308\u030a\u0327\u0328\u0331",
}

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


def warm_rows(rounds: int) -> list[Row]:
    """Measure one candidate's pages in a process that has made some before."""
    html, sheet = _pages_of(*shortlist_of(1).candidates)
    styled = html.replace("</head>", f"<style>{sheet}</style></head>")
    weasyprint = load_weasyprint()
    turns: dict[str, Callable[[], object]] = {
        "ours": lambda: render_pdf(html, sheet),
        "as it comes": lambda: weasyprint.HTML(string=styled).write_pdf(pdf_tags=True),
    }
    claim = Claim(
        "one candidate's pages, in a warm process",
        f"{_AS_IT_COMES}, the same pages",
        "ours",
        "as it comes",
        most=0.7,
    )
    return [claim.row(measure(turns, 3 * rounds)), *_length_rows(rounds), _picture_row(rounds)]


def _length_rows(rounds: int) -> list[Row]:
    """Measure a candidate's pages with short and with long texts of several kinds."""
    rows = []
    for name, pattern in _KINDS.items():
        turns: dict[str, Callable[[], object]] = {}
        for length in _LENGTHS:
            html, sheet = _pages_of(_filled((pattern * length)[:length]))
            turns[str(length)] = partial(render_pdf, html, sheet)
        short, long = map(str, _LENGTHS)
        claim = Claim(
            f"one candidate's pages, {_LENGTHS[1]:,} characters in each text: {name}",
            f"{_LENGTHS[0]:,} characters in each",
            long,
            short,
            most=5,
        )
        rows.append(claim.row(measure(turns, rounds)))
    return rows


def _filled(text: str) -> Candidate:
    """Return a candidate all of whose texts are the same."""
    record = json.loads(many(1)[0])
    return Candidate.model_validate(
        record
        | {
            "headline": text,
            "rationale": text,
            "aiFitPoints": [text] * 4,
            "aiRedFlags": [text] * 2,
            "aiDetailedRationale": [
                {**item, "relevanceExplanation": text} for item in record["aiDetailedRationale"]
            ],
            "detailedExperience": [
                {**item, "highlights": [text] * 3} for item in record["detailedExperience"]
            ],
        }
    )


def _picture_row(rounds: int) -> Row:
    """Measure what drawing a page as a picture adds to laying it out."""
    (candidate,) = shortlist_of(1).candidates
    html = str(render(candidate, format="png", theme="dark").document)
    turns: dict[str, Callable[[], object]] = {
        "picture": lambda: render_picture(candidate),
        "page": lambda: render_pdf(html, ""),
    }
    claim = Claim("a picture of one candidate", "the PDF of the same", "picture", "page", most=1.35)
    return claim.row(measure(turns, 3 * rounds))


def _pages_of(candidate: Candidate) -> tuple[str, str]:
    """Return document and style sheet of a candidate's pages, as the engine gets them."""
    rendering = render(Shortlist(candidates=(candidate,)), format="pdf", theme="light")
    html = str(rendering.document)
    head, _, rest = html.partition("<style>")
    sheet, _, rest = rest.partition("</style>")
    _, article, section = rest.partition('<article class="candidate">')
    section, end, _ = section.partition("</article>")
    return f'{head}</head><body class="sheet">{article}{section}{end}</body></html>', sheet


# --- whole dossiers, each in a process of its own


def whole_rows(rounds: int, sizes: Sequence[int]) -> list[Row]:
    """Measure dossiers of several sizes; the last but one is what the others are held against.

    The largest is made once, and not as one document: `largest_rows` takes a quarter of an hour.
    """
    base, largest = sizes[-2:]
    made: dict[int, list[Made]] = {size: [] for size in sizes}
    rows: list[Row] = []
    for size in sizes[:-1]:
        plain: list[Made] = []
        for _ in range(rounds):
            made[size].append(_made("ours", size))
            plain.append(_made("plain", size))
        rows += _beside_plain(size, made[size], plain, seconds=0.75 if size == base else None)
    made[largest].append(_made("ours", largest))
    rows.append(
        Claim(f"joining the parts of a dossier of {base:,}", "all of making it", most=0.05).row_of(
            [each.merging / each.seconds for each in made[base]]
        )
    )
    anchor = median([each.seconds for each in made[base]]) / base
    rows += [
        Claim(
            f"each of {size:,} in a dossier",
            f"each of {base:,}",
            most=1.1 if size == largest else None,
        ).row_of([each.seconds / size / anchor for each in made[size]])
        for size in sizes
        if size != base
    ]
    rows.append(
        Claim(f"peak memory a page of a dossier of {largest:,}", "1 MiB", most=1.0).row_of(
            [each.memory / _MIB / each.pages for each in made[largest]]
        )
    )
    return rows


def largest_rows(size: int) -> list[Row]:
    """Measure the largest dossier once beside the same as one document."""
    own, plain = _made("ours", size), _made("plain", size)
    return _beside_plain(size, [own], [plain], memory=0.4)


def _made(contender: str, size: int) -> Made:
    return Made(*json.loads(run_module(__name__, contender, str(size))))


def _beside_plain(
    size: int,
    own: Sequence[Made],
    plain: Sequence[Made],
    *,
    seconds: float | None = None,
    memory: float | None = None,
) -> list[Row]:
    """Return rows about time, memory and bytes; the targets of two of them are given."""
    pairs = list(zip(own, plain, strict=True))
    return [
        Claim(f"a dossier of {size:,}, tagged", _AS_FLEX, most=seconds).row_of(
            [one.seconds / other.seconds for one, other in pairs]
        ),
        Claim(f"peak memory of a dossier of {size:,}", _AS_FLEX, most=memory).row_of(
            [one.memory / other.memory for one, other in pairs]
        ),
        Claim(f"bytes of a dossier of {size:,}", _AS_FLEX, most=1.3).row_of(
            [one.size / other.size for one, other in pairs]
        ),
    ]


# --- what is kept, and processes


def reissue_rows(rounds: int, count: int) -> list[Row]:
    """Measure a dossier in which some candidates changed since the one before."""
    with tempfile.TemporaryDirectory() as name:
        return [_reissue_row(rounds, count, Path(name))]


def _reissue_row(rounds: int, count: int, folder: Path) -> Row:
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
    claim = Claim(
        f"a dossier of {count} again, one candidate in {_CHANGED} changed",
        "making all of it anew",
        "again",
        "anew",
        most=0.12,
    )
    return claim.row(measure(turns, rounds))


def process_rows(rounds: int, count: int) -> list[Row]:
    """Measure by the wall clock, beside what two processes make of a mere loop."""
    shortlist = shortlist_of(count)
    limits = Limits(seconds=600)
    with PdfPool(1, limits) as one, PdfPool(2, limits) as two, two_loops() as gain:
        turns: dict[str, Callable[[], object]] = {
            "one": lambda: render_dossier(shortlist, pool=one),
            "two": lambda: render_dossier(shortlist, pool=two),
        }
        times: dict[str, list[float]] = {name: [] for name in turns}
        looped = []
        for number in range(rounds + 1):
            for name, turn in turns.items():
                begun = time.perf_counter()
                turn()
                if number:  # the first starts the engines
                    times[name].append(time.perf_counter() - begun)
            looped.append(gain())
    claim = Claim(
        f"a dossier of {count} in two processes, times as fast",
        "one process",
        "one",
        "two",
        least=1.6,
    )
    return [
        claim.row(times),
        Claim("a mere loop in two processes beside these dossiers, times as fast", "one").row_of(
            looped
        ),
    ]


# --- other engines


def engine_rows(rounds: int, count: int) -> list[Row]:
    """Measure the CPU that others take for a page of the same, or of an equivalent."""
    shortlist = shortlist_of(count)
    own: list[float] = []
    for _ in range(rounds):
        begun = time.process_time()
        data = ours(shortlist)
        own.append((time.process_time() - begun) / _pages(data))
    html = str(render(shortlist, format="pdf", theme="light").document)
    browser, *printed = json.loads(run_module(__name__, "chromium", str(count), str(rounds)))
    typeset = list(_typeset_by_typst(count, rounds))
    drawn = list(_drawn_by_plutoprint(html, rounds))
    page = f"a page of a dossier of {count}: beside"
    return [
        Claim(
            f"{page} Chromium", f"{browser}, its print of the same HTML, tagged", most=2.5
        ).row_of([a / b for a, b in zip(own, printed, strict=True)]),
        Claim(
            f"{page} PlutoPrint", f"{release('plutoprint')}, the same HTML, untagged", most=25
        ).row_of([a / b for a, b in zip(own, drawn, strict=True)]),
        Claim(f"{page} Typst", f"{release('typst')}, an equivalent page, tagged").row_of(
            [a / b for a, b in zip(own, typeset, strict=True)]
        ),
    ]


def _drawn_by_plutoprint(html: str, rounds: int) -> Iterator[float]:
    for number in range(rounds + 1):
        book = plutoprint.Book(plutoprint.PAGE_SIZE_A4)
        file = BytesIO()
        begun = time.process_time()
        book.load_html(html)
        book.write_to_pdf_stream(file)
        used = time.process_time() - begun
        if number:
            yield used / _pages(file.getvalue())


def chromium(playwright: Playwright) -> Browser:
    """Start the system's browser."""
    return playwright.chromium.launch(
        executable_path=next(filter(None, map(shutil.which, _BROWSERS)), None),
        args=["--no-sandbox", "--disable-gpu"],
    )


def _printed_by_chromium(html: str, rounds: int) -> Iterator[str | float]:
    """Yield a browser's name, then seconds of CPU a page: of all its processes, warm."""
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        yield f"Chromium {browser.version}"
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
