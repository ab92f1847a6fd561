"""``pdf``: a dossier for a client's desk; tagged, navigable, the same bytes for the same input.

A dossier is made of parts, each rendered by itself:

1. a section per candidate, which does not depend on the page that it begins on, so that a finished
   one can be kept and used again;
2. the front (cover, brief, comparison), and at the end the notice, unless there is none;
3. the contents, once the others' pages are counted.

Then they are joined: one tree of tags, bookmarks, links from the contents, page numbers. A copy
for somebody differs from others in its cover and in a watermark, which is drawn over every page as
they are joined, so the candidates' sections are shared by all copies.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from candidate_cards.cards import (
    DEFAULT_BANDS,
    DEFAULT_LABELS,
    USUAL_NOTICE,
    DossierFacts,
    EntryView,
    NoticeFacts,
    dossier_view,
)
from candidate_cards.errors import NotAvailableError
from candidate_cards.exports import compiled_template, render
from candidate_cards.exports._exporter import Exporter, Rendering
from candidate_cards.exports._pdf.engine import print_fonts
from candidate_cards.exports._pdf.watermarks import ink
from candidate_cards.exports._pdf.workers import Job, Limits, PdfPool, write_part
from candidate_cards.rendering import TemplateSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike

    from pikepdf import Encryption
    from pydantic import SecretStr

    from candidate_cards.cards import Bands, DossierView, Labels
    from candidate_cards.exports._pdf.merging import Info
    from candidate_cards.models import Candidate, Shortlist
    from candidate_cards.privacy import Profile
    from candidate_cards.themes import Theme

__all__ = ["EXPORTER", "DossierFacts", "Limits", "PageSize", "PdfPool", "render_dossier"]

PageSize = Literal["A4", "Letter"]

_EDITION: Final = 2  # of what is done to a part beside rendering it; kept ones of another are stale
_INSET: Final = 20 / 25.4 * 72  # the sheet's margin, in PDF points
_BASE_LINE: Final = 34.0  # of the first line of the foot, from the lower edge, in PDF points
_ENTRIES_A_PAGE: Final = 35  # of the contents, if no name takes two lines
_MOST_ROUNDS: Final = 4  # of the contents: its length changes its numbers, and they may change it


def render_dossier(  # noqa: PLR0913  each is a choice that users make
    content: Candidate | Shortlist,
    *,
    theme: Theme | str | PathLike[str] = "light",
    page_size: PageSize = "A4",
    facts: DossierFacts | None = None,
    profile: Profile | str | PathLike[str] | None = None,
    show_emails: bool | None = None,
    bands: Bands = DEFAULT_BANDS,
    labels: Labels = DEFAULT_LABELS,
    notice: NoticeFacts = USUAL_NOTICE,
    templates: str | PathLike[str] | None = None,
    pool: PdfPool | None = None,
    cache: str | PathLike[str] | None = None,
    on_progress: Callable[[int, int], object] | None = None,
    password: SecretStr | None = None,
    owner_password: SecretStr | None = None,
) -> bytes:
    """Render a dossier as PDF/UA-1.

    Args:
        content: A shortlist, or one candidate.
        theme: A light one for paper; a dark one is for screens.
        page_size: ``A4`` or ``Letter``.
        facts: Its date, whether it is confidential, and whom this copy is for; no date is invented.
        profile: What may be shown, as in `render_card`; by default ``client``.
        show_emails: Whether e-mail addresses appear; by default as the profile says.
        bands: Lowest scores of the bands.
        labels: The language of our own words.
        notice: As in `render_card`, and until when it is kept.
        templates: A folder with your own ``dossier/`` files.
        pool: Processes to render in, each part within limits; without one, parts are rendered
            here and nothing limits them.
        cache: A folder that keeps finished parts, so that a dossier in which few candidates
            changed is made anew in a fraction of the time. It holds personal data.
        on_progress: Called with how many parts are done and how many there are.
        password: Encrypts the dossier (AES-256), so that it opens with this alone. Its bytes
            differ each time then; those of one without are the same for the same input.
        owner_password: Lifts what an encrypted dossier does not allow, which is changing it; by
            default a random one that nobody gets to know. It takes a `password`.

    Raises:
        ValueError: An `owner_password` without a `password`.
        InputError: A password of fewer than 12 characters, or one that not every PDF reader
            understands; only its length is judged.
        MissingDependencyError: The PDF engine's libraries are not there; it says how to get them.
        ExportError: A part took too long or too much, or the engine gave up on it; it says which.
        CandidateCardsError: As in `render_card`.
    """
    if page_size not in get_args(PageSize):
        raise NotAvailableError("page size", page_size, get_args(PageSize))
    encryption = _encryption(password, owner_password)
    rendering = render(
        content,
        format="pdf",
        theme=theme,
        profile=profile,
        show_emails=show_emails,
        bands=bands,
        labels=labels,
        notice=notice,
        templates=templates,
    )
    return _Dossier(rendering, page_size, facts or DossierFacts(), bands).write(
        pool=pool, cache=cache, on_progress=on_progress, encryption=encryption
    )


def _encryption(password: SecretStr | None, owner_password: SecretStr | None) -> Encryption | None:
    if password is None:
        if owner_password is not None:
            message = "an owner_password takes a password"
            raise ValueError(message)
        return None
    from candidate_cards.exports._pdf.locks import lock  # noqa: PLC0415  few dossiers have one

    return lock(password, owner_password)


class _Dossier:
    """One dossier on its way to a PDF."""

    def __init__(
        self, rendering: Rendering, page_size: PageSize, facts: DossierFacts, bands: Bands
    ) -> None:
        self._rendering = rendering
        self._page_size = page_size
        self._facts = facts
        self._bands = bands

    def write(
        self,
        *,
        pool: PdfPool | None = None,
        cache: str | PathLike[str] | None = None,
        on_progress: Callable[[int, int], object] | None = None,
        encryption: Encryption | None = None,
    ) -> bytes:
        """Render what is missing, and join."""
        from candidate_cards.exports._pdf.merging import (  # noqa: PLC0415  needs pikepdf
            Footer,
            Part,
            Watermark,
            merge,
        )

        with _folder(cache) as folder:
            view = self._view()
            sections = [
                self._job(
                    "section", self._view(subject=card.name), folder, f"candidate {number}", (card,)
                )
                for number, card in enumerate(self._rendering.cards, 1)
            ]
            front = self._job("front", view, folder, "the front")
            ends = [self._job("notice", view, folder, "the notice")] if view.has_notice else []
            sample = self._job("sample", view, folder, "the page numbers")
            # The longest part first, or it would be waited for at the end.
            jobs = [front, *sections, *ends, sample]
            watermark = None
            if view.copy_line:
                over = self._job("watermark", view, folder, "the watermark")
                jobs.append(over)
                watermark = Watermark(source=over.path, blend=ink(self._rendering.theme).blend)
            total = len(jobs) + view.has_contents
            pages: list[int] = []
            for count in _render(jobs, pool):
                pages.append(count)
                if on_progress is not None:
                    on_progress(len(pages), total)
            frame = [Part(front.path, "front")]
            if view.has_contents:
                lengths = pages[1 : 1 + len(sections)]
                contents = self._contents_job(pages[0], lengths, folder, pool)
                frame.append(Part(contents.path, "contents"))
                if on_progress is not None:
                    on_progress(total, total)
            parts = [
                *frame,
                *(Part(job.path, _name(number)) for number, job in enumerate(sections, 1)),
                *(Part(job.path, "notice") for job in ends),
            ]
            color = _rgb(self._rendering.theme.tokens["color-muted"])
            footer = Footer(
                sample=sample.path,
                color=color,
                align="left" if self._rendering.labels.dir == "rtl" else "right",
                inset=_INSET,
                bottom=_BASE_LINE,
            )
            return merge(parts, self._info(view), footer, watermark, encryption)

    def _info(self, view: DossierView) -> Info:
        """Return what the dossier says of itself to programs: what it tells readers, too."""
        from candidate_cards.exports._pdf.merging import Info  # noqa: PLC0415  needs pikepdf

        labels, notice = self._rendering.labels, self._rendering.notice
        said = dict(notice.facts)
        source_type = said.pop("digital-source-type", "")
        said |= {
            "keep-until": notice.keep_until,
            "recipient": view.recipient,
            "recipient-id": view.recipient_id,
        }
        return Info(
            title=view.title,
            lang=labels.lang,
            right_to_left=labels.dir == "rtl",
            author=self._rendering.shortlist.author,
            usage_terms=notice.text,
            source_type=source_type,
            copy={name: value for name, value in said.items() if value},
        )

    def _contents_job(
        self, front: int, sections: Sequence[int], folder: Path, pool: PdfPool | None
    ) -> Job:
        """Render the contents until the page numbers in it are true."""
        length = len(sections) // _ENTRIES_A_PAGE + 1
        for _ in range(_MOST_ROUNDS):
            view = self._view(self._contents(sections, front + length))
            job = self._job("contents", view, folder, "the contents")
            (written,) = _render([job], pool)
            if written == length:
                break
            length = written
        return job

    def _contents(self, sections: Sequence[int], before: int) -> Iterator[EntryView]:
        """Yield the lines, for sections of so many pages that stand behind so many."""
        from candidate_cards.exports._pdf.tags import LINK_PREFIX  # noqa: PLC0415  needs pydyf

        first = before + 1
        for number, (card, count) in enumerate(
            zip(self._rendering.cards, sections, strict=True), 1
        ):
            yield EntryView(card.name, f"{LINK_PREFIX}{_name(number)}", str(first))
            first += count

    def _view(self, contents: Iterator[EntryView] | None = None, subject: str = "") -> DossierView:
        rendering = self._rendering
        return dossier_view(
            rendering.shortlist,
            rendering.cards,
            facts=self._facts,
            notice=rendering.notice,
            bands=self._bands,
            labels=rendering.labels,
            contents=tuple(contents or ()),
            subject=subject,
        )

    def _job(
        self, part: str, view: DossierView, folder: Path, name: str, cards: Sequence[object] = ()
    ) -> Job:
        rendering = self._rendering
        template = compiled_template(
            _part_exporter(part, self._page_size),
            rendering.theme,
            rendering.density,
            1,
            rendering.labels,
            rendering.templates,
        )
        html = template.render(
            {
                "dossier": view,
                "cards": cards or rendering.cards,
                "notice": rendering.notice,
                "nonce": "",
                "fallback": True,
            }
        )
        digest = sha256(f"{_version()}\0{template.stylesheet}\0{html}".encode()).hexdigest()
        return Job(str(html), template.stylesheet, folder / f"{digest}.pdf", name)


@contextmanager
def _folder(cache: str | PathLike[str] | None) -> Iterator[Path]:
    """Give the folder of the parts: one that stays, or one that goes."""
    if cache is None:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
    else:
        Path(cache).mkdir(parents=True, exist_ok=True)
        yield Path(cache)


def _render(jobs: Sequence[Job], pool: PdfPool | None) -> Iterator[int]:
    """Render the parts that are not there yet, and yield the pages of each, in order."""
    missing = [job for job in jobs if not job.path.exists()]
    awaited = {job.path for job in missing}
    fresh = pool.render(missing) if pool else map(write_part, missing)
    for job in jobs:
        if job.path in awaited:
            next(fresh)
        yield job.pages()


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (level / 255 for level in bytes.fromhex(color[1:]))
    return red, green, blue


def _name(number: int) -> str:
    return f"candidate-{number}"


@cache
def _version() -> str:
    """Return what a kept section depends on beside its text."""
    from importlib.metadata import version  # noqa: PLC0415  with the PDF engine

    return f"{_EDITION} {version('weasyprint')}"


@cache
def _part_exporter(part: str, page_size: PageSize) -> Exporter:
    sheet = "watermark" if part == "watermark" else "dossier"
    return Exporter(
        name=part,
        media_type="application/pdf",
        file_extension=".pdf",
        template=_spec(f"dossier/{part}.html", page_size, sheet),
    )


def _spec(template: str, page_size: PageSize, sheet: str = "dossier") -> TemplateSpec:
    tokens = _TOKENS[sheet, page_size]
    return TemplateSpec(template, stylesheets=(f"dossier/{sheet}.css",), tokens=tokens)


def _tokens(page_size: PageSize, theme: Theme) -> dict[str, str]:
    """Return what the sheet needs beside the theme's own tokens."""
    return {"page-size": page_size, "print-fonts": print_fonts(theme)}


def _watermark_tokens(page_size: PageSize, theme: Theme) -> dict[str, str]:
    return {**_tokens(page_size, theme), "color-watermark": ink(theme).color}


_TOKENS: Final = {
    (sheet, size): partial(make, size)
    for sheet, make in (("dossier", _tokens), ("watermark", _watermark_tokens))
    for size in get_args(PageSize)
}


def _export(rendering: Rendering) -> bytes:
    return _Dossier(rendering, "A4", DossierFacts(), DEFAULT_BANDS).write()


EXPORTER = Exporter(
    name="pdf",
    media_type="application/pdf",
    file_extension=".pdf",
    template=_spec("dossier/dossier.html", "A4"),
    export=_export,
    theme="light",
    profile="client",
    dossier=True,
    density="detail",
)
