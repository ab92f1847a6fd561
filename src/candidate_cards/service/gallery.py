"""What the gallery shows: sample candidates in every theme, format and density."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from candidate_cards._resources import resource_root
from candidate_cards.cards import DEFAULT_LABELS
from candidate_cards.errors import CandidateCardsError
from candidate_cards.exports import compiled_template, render
from candidate_cards.loading import parse_shortlist
from candidate_cards.models import Candidate
from candidate_cards.rendering.stylesheets import csp_hash, stylesheet_text
from candidate_cards.themes import forget_themes, list_themes, load_theme

from .pages import page_part, page_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from candidate_cards.cards import Density
    from candidate_cards.models import Shortlist

FORMATS: Final[Mapping[str, str]] = {
    "element": "Element",
    "fragment": "Fragment",
    "page": "Page",
    "email": "E-mail",
    "pdf": "Dossier",
    "png": "Picture",
}
#: Those that show each density in its own way.
DENSE: Final = frozenset({"element", "fragment", "page", "email"})
WIDTHS: Final = (280, 400, 560, 720, 900)  # CSS px

_SAMPLE: Final = "sourcing-completed.json"
_HEAD: Final = {
    "title": "Staff Data Platform Engineer",
    "brief": "Leads the move of a mobility company's data platform from batches to streaming.",
    "client": "Jantar Mobility",
    "author": "Ořech Recruiting",
}
_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_MOST_PAGES: Final = 12  # of a dossier


@dataclass(frozen=True, slots=True)
class Preview:
    """A page that shows a document.

    Attributes:
        html: The page.
        policy: Its content security policy.
    """

    html: str
    policy: str


class Gallery:
    """Sample candidates, and previews of them that follow the files they are made from.

    Its methods block.

    Attributes:
        samples: What can be shown, by name.
        labels: How the samples are called, by the same names.
    """

    def __init__(self) -> None:
        payload = (resource_root("examples") / "payloads" / _SAMPLE).read_bytes()
        shortlist = parse_shortlist(payload, source=_SAMPLE, **_HEAD)
        people = {str(number): person for number, person in enumerate(shortlist.candidates, 1)}
        self.samples: Mapping[str, Candidate | Shortlist] = {
            **people,
            "bare": Candidate(profile_id="bare", name="Bo"),
            "long": _long(shortlist.candidates[0]),
            "all": shortlist,
        }
        self.labels: Mapping[str, str] = {
            **{name: f"{name}. {person.name}" for name, person in people.items()},
            "bare": "Only a name",
            "long": "Long texts",
            "all": "The whole shortlist",
        }
        self._stamp = ""
        self._kept: dict[tuple[str, ...], Preview] = {}
        # The PDF engine is not made for threads.
        self._lock = Lock()

    def stamp(self) -> str:
        """Return a text that changes when a template or a theme does; both are read anew then."""
        digest = hashlib.sha256()
        for folder in map(resource_root, ("templates", "themes")):
            if isinstance(folder, Path):  # nobody edits what is in a zip file
                for path in sorted(folder.rglob("*")):
                    state = path.stat()
                    digest.update(f"{path}\n{state.st_mtime_ns}\n{state.st_size}\n".encode())
        stamp = digest.hexdigest()[:16]
        if stamp != self._stamp:
            with self._lock:
                self._stamp = stamp
                self._kept = {}
                forget_themes()
                compiled_template.cache_clear()
        return stamp

    def preview(self, format_: str, theme: str, density: Density, sample: str) -> Preview:
        """Return a page that shows a sample, or what is wrong with the template or the theme.

        Args:
            format_: A key of `FORMATS`.
            theme: Name of a theme.
            density: How much of a candidate, in formats that have a choice.
            sample: A key of `samples`.
        """
        self.stamp()
        key = (format_, theme, density, sample)
        with self._lock:
            if key not in self._kept:
                try:
                    self._kept[key] = _made(format_, theme, density, self.samples[sample])
                except CandidateCardsError as error:
                    wrong = Markup('<pre class="wrong" role="alert">{}</pre>').format(error)
                    return _page(wrong, "light dark")
            return self._kept[key]


def stylesheet() -> str:
    """Return the gallery's style sheet, with the ground of each theme."""
    grounds = [
        f".ground--{theme.name} {{ background-color: {theme.tokens['color-page']}; "
        f"color-scheme: {theme.color_scheme} }}\n"
        for theme in map(load_theme, usable_themes())
    ]
    widths = [f".width--{width} .frame {{ width: {width}px }}\n" for width in WIDTHS]
    return "".join((page_part("gallery/gallery.css"), *grounds, *widths))


def usable_themes() -> list[str]:
    """Return the names of the themes that can be loaded."""
    return [info.name for info in list_themes() if info.error is None]


def _made(format_: str, theme: str, density: Density, sample: Candidate | Shortlist) -> Preview:
    scheme = load_theme(theme).color_scheme
    if format_ in {"pdf", "png"}:
        pictures = _dossier(sample, theme) if format_ == "pdf" else [_picture(sample, theme)]
        images = [
            Markup('<img class="picture" src="{}" alt="{}, page {}">').format(
                _data_uri(data, "image/png"), FORMATS[format_], number
            )
            for number, data in enumerate(pictures, 1)
        ]
        return _page(Markup('<div class="pictures">{}</div>').format(Markup().join(images)), scheme)
    rendering = render(sample, format=format_, theme=theme, density=density, fallback=False)
    if format_ == "email":
        html = str(rendering.document)
        logo = rendering.theme.logo and rendering.theme.logo.email
        if logo:  # a part of the message; here there is only the page
            html = html.replace(logo.data_uri, _data_uri(logo.data, logo.media_type))
        return Preview(html, _policy(html, has_attributes=True))
    if format_ == "page":
        html = str(rendering.document)
        return Preview(html, _policy(html))
    return _page(rendering.document, scheme, has_attributes=format_ == "fragment")


def _page(content: Markup, scheme: str, *, has_attributes: bool = False) -> Preview:
    """Return a page around a piece of HTML."""
    style = stylesheet_text(page_part("gallery/preview.css"), {}, "gallery/preview.css")
    html = page_template("gallery/preview.html").render(
        {
            "content": content,
            "labels": DEFAULT_LABELS,
            "scheme": scheme,
            "style": Markup(style),  # noqa: S704  a file of ours
        }
    )
    return Preview(html, _policy(html, has_attributes=has_attributes))


def _policy(html: str, *, has_attributes: bool = False) -> str:
    """Return the policy of a preview: styles by their hashes, unless there are style attributes."""
    hashes = [f"'{csp_hash(text)}'" for text in _STYLE.findall(html)]
    styles = "'unsafe-inline'" if has_attributes else " ".join(hashes)
    return (
        f"default-src 'none'; style-src {styles}; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    )


def _dossier(sample: Candidate | Shortlist, theme: str) -> list[bytes]:
    """Return the first pages of a dossier, as PNG."""
    from pypdfium2 import PdfDocument  # noqa: PLC0415  only for pictures

    from candidate_cards.exports.pdf import render_dossier  # noqa: PLC0415  the same

    document = PdfDocument(render_dossier(sample, theme=theme))
    pages = []
    for number in range(min(len(document), _MOST_PAGES)):
        file = BytesIO()
        document[number].render(scale=1.5).to_pil().save(file, "PNG", compress_level=1)
        pages.append(file.getvalue())
    return pages


def _picture(sample: Candidate | Shortlist, theme: str) -> bytes:
    from candidate_cards.exports.png import render_picture  # noqa: PLC0415  loads the PDF engine

    return render_picture(sample, theme=theme, scale=2)


def _data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _long(person: Candidate) -> Candidate:
    """Return somebody of whom there is much to say."""
    return person.model_copy(
        update={
            "profile_id": "long",
            "name": f"{person.name} von und zu {person.name}",
            "headline": " · ".join([person.headline or ""] * 4),
            "current_role": " / ".join([person.current_role or ""] * 3),
            "rationale": " ".join([person.rationale or ""] * 3),
            "skills": tuple(person.skills) * 3,
            "ai_fit_points": tuple(f"{point}, {point}" for point in person.ai_fit_points) * 3,
            "ai_red_flags": tuple(person.ai_red_flags) * 3,
        }
    )
