"""The PDF engine: one warm renderer per process, and nothing that it could fetch.

Fonts and style sheets are read once. What a document refers to is answered from memory: the fonts
of this package, and pictures inside ``data:`` addresses; every other address is refused.
"""

from __future__ import annotations

import gc
import logging
import sys
from contextlib import contextmanager, redirect_stdout
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unicodedata import bidirectional

from candidate_cards._resources import resource_root
from candidate_cards.errors import ExportError, MissingDependencyError
from candidate_cards.exports._pdf.pango import pango_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from candidate_cards.themes import Theme

_FONT_FOLDER: Final = ("dossier", "fonts")
_FONTS: Final = (("Inter-Regular.ttf", 400), ("Inter-SemiBold.ttf", 600))
_FAMILY: Final = "Inter"
_ASSET: Final = "asset:"

# Behind the theme's own faces: what Debian calls fonts-noto-core and fonts-noto-cjk. Emoji are
# found by the engine; named here, their font would take the digits.
_FALLBACK: Final = (
    *("Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Thai"),
    *("Noto Sans Devanagari", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK KR"),
    "sans-serif",
)
_STRONG: Final = frozenset({"L", "R", "AL"})  # classes of letters that say which way they run
_GENERIC: Final = frozenset({"sans-serif", "serif", "system-ui", "-apple-system"})


class Rendered(NamedTuple):
    """A finished PDF part.

    Attributes:
        data: The PDF, tagged.
        pages: How many pages it has.
        starts: Index of the page on which each bookmark of the first level stands, from 0.
    """

    data: bytes
    pages: int
    starts: tuple[int, ...]


def render_pdf(html: str, stylesheet: str) -> Rendered:
    """Turn a document into a tagged PDF.

    Args:
        html: The whole document; its title and language become the PDF's.
        stylesheet: Its style sheet, parsed once per process.

    Raises:
        MissingDependencyError: The engine's libraries are not there; it says which command
            installs them.
        ExportError: The engine gave up on this document.
    """
    return _engine().render(html, stylesheet)


def start_engine() -> None:
    """Load the engine and its fonts now, which the first document would do.

    Raises:
        MissingDependencyError: As from `render_pdf`.
    """
    _engine()


def print_fonts(theme: Theme) -> str:
    """Return the font list of a theme for print: its own faces, then one for each script."""
    own = [name for name in theme.tokens["font-family"].split(", ") if name not in _GENERIC]
    return ", ".join(dict.fromkeys((*own, *_FALLBACK)))


class _Engine:
    """WeasyPrint with what can be kept between documents."""

    def __init__(self) -> None:
        self._weasyprint = load_weasyprint()
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415  loaded above

        # It reports what it refuses, with addresses that may hold a candidate's data.
        logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
        self._fonts = FontConfiguration()
        self._fetcher = _fetcher()
        self._sheets: dict[str, Any] = {}
        self._faces = self._sheet("".join(map(_font_face, *zip(*_FONTS, strict=True))))

    def render(self, html: str, stylesheet: str) -> Rendered:
        from candidate_cards.exports._pdf.tags import finish  # noqa: PLC0415  needs pydyf

        source = self._weasyprint.HTML(string=html, url_fetcher=self._fetcher)
        _set_directions(source.etree_element)
        with _without_collector(), _without_font_times():
            try:
                document = source.render(
                    stylesheets=[self._faces, self._sheet(stylesheet)],
                    font_config=self._fonts,
                )
                data: bytes = document.write_pdf(
                    pdf_variant="pdf/ua-1", pdf_tags=True, finisher=finish
                )
            except (ArithmeticError, LookupError, TypeError, ValueError, AssertionError) as error:
                # What the engine says may quote the document.
                message = f"the PDF engine gave up on a document ({type(error).__name__})"
                raise ExportError(message) from None
            except RecursionError:
                raise ExportError("a document is nested too deep for the PDF engine") from None
            starts = tuple(
                index
                for index, page in enumerate(document.pages)
                for level, *_ in page.bookmarks
                if level == 1
            )
            return Rendered(data, len(document.pages), starts)

    def _sheet(self, css: str) -> Any:  # noqa: ANN401  WeasyPrint ships no types
        if css not in self._sheets:
            self._sheets[css] = self._weasyprint.CSS(
                string=css, font_config=self._fonts, url_fetcher=self._fetcher
            )
        return self._sheets[css]


def _set_directions(root: Any) -> None:  # noqa: ANN401  WeasyPrint ships no types
    """Write out which way the elements run that leave it to their text, by its first letter.

    Why: WeasyPrint 70 knows neither ``dir="auto"`` nor what a ``bdi`` is.
    """
    for element in root.iter("*"):
        if element.get("dir", "auto" if element.tag == "bdi" else "") == "auto":
            letters = map(bidirectional, chain.from_iterable(element.itertext()))
            first = next((kind for kind in letters if kind in _STRONG), "L")
            element.set("dir", "ltr" if first == "L" else "rtl")


@cache
def _engine() -> _Engine:
    return _Engine()


def load_weasyprint() -> Any:  # noqa: ANN401  WeasyPrint ships no types
    """Import the engine.

    Raises:
        MissingDependencyError: It, or a library of the system's that it needs, is missing.
    """
    try:
        # Without Pango it prints advice on stdout, into what may be somebody's PDF.
        with redirect_stdout(sys.stderr):
            import weasyprint  # noqa: PLC0415  half a second, and it may not load at all
    except OSError as error:
        library = next(
            (name for name in ("pango", "harfbuzz", "gobject") if name in str(error)), ""
        )
        what = f"the library {library}" if library else "Pango"
        message = (
            f"PDF needs {what}, which is not on this system; HTML and e-mail work without it. "
            f"Install it: {pango_command()}"
        )
        raise MissingDependencyError(message) from None
    except ImportError:
        message = "PDF needs WeasyPrint; install it: pip install weasyprint"
        raise MissingDependencyError(message) from None
    return weasyprint


def _font_face(file: str, weight: int) -> str:
    return f"@font-face{{font-family:{_FAMILY};font-weight:{weight};src:url({_ASSET}{file})}}"


def _fetcher() -> Any:  # noqa: ANN401  WeasyPrint ships no types
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415  loaded before

    folder = resource_root("templates")
    for part in _FONT_FOLDER:
        folder = folder / part
    assets = {f"{_ASSET}{file}": (folder / file).read_bytes() for file, _ in _FONTS}

    class ClosedFetcher(URLFetcher):  # type: ignore[misc]
        """Answers from memory; a redirect or another scheme is never followed."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=("data",), allow_redirects=False)

        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ANN401
            if url in assets:
                return URLFetcherResponse(url, assets[url], {"Content-Type": "font/ttf"})
            return super().fetch(url, headers)

    return ClosedFetcher()


@contextmanager
def _without_font_times() -> Iterator[None]:
    """Keep the time of day out of embedded fonts.

    Why: fontTools stamps each subset that it saves, and WeasyPrint 70 gives no way to say no.
    """
    from fontTools.ttLib.tables import _h_e_a_d  # noqa: PLC0415  with WeasyPrint

    stamp = _h_e_a_d.timestampNow
    _h_e_a_d.timestampNow = lambda: 0  # seconds since 1904
    try:
        yield
    finally:
        _h_e_a_d.timestampNow = stamp


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python's garbage collector from walking the boxes of a document again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
