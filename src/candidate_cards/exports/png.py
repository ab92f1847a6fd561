"""``png``: a picture of 600 by 315 px for chat previews, of one candidate or of a shortlist's top.

It takes the same way as a dossier: the PDF engine lays it out, and a rasteriser draws the page.
What its notice says to programs is in the file: each fact a text of its own
(``candidate-cards:contact``), and the kind of its source in XMP too, where IPTC wants it.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from candidate_cards.cards import DEFAULT_LABELS, USUAL_NOTICE, NoticeFacts
from candidate_cards.errors import ExportError
from candidate_cards.exports import render
from candidate_cards.exports._exporter import Exporter, Rendering
from candidate_cards.exports._pdf.engine import print_fonts, render_pdf
from candidate_cards.rendering import TemplateSpec

if TYPE_CHECKING:
    from os import PathLike

    from PIL.PngImagePlugin import PngInfo

    from candidate_cards.cards import Labels, NoticeFact
    from candidate_cards.exports._pdf.workers import PdfPool
    from candidate_cards.models import Candidate, Shortlist
    from candidate_cards.privacy import Profile
    from candidate_cards.themes import Theme

_PIXELS_PER_POINT: Final = 96 / 72
_LARGEST_SCALE: Final = 4
_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{}"/>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def render_picture(  # noqa: PLR0913  each is a choice that users make
    content: Candidate | Shortlist,
    *,
    theme: Theme | str | PathLike[str] = "dark",
    scale: int = 1,
    profile: Profile | str | PathLike[str] | None = None,
    labels: Labels = DEFAULT_LABELS,
    notice: NoticeFacts = USUAL_NOTICE,
    templates: str | PathLike[str] | None = None,
    pool: PdfPool | None = None,
) -> bytes:
    """Render a picture.

    Args:
        content: One candidate, or a shortlist, of which the first three are shown.
        theme: As in `render_card`.
        scale: Device pixels per CSS pixel, 1 to 4: 600 by 315 of them at 1.
        profile: What may be shown, as in `render_card`; by default ``client``.
        labels: The language of our own words.
        notice: As in `render_card`; a picture has room for one sentence, and says the rest to
            programs only.
        templates: A folder with your own ``picture/`` files.
        pool: A process to draw it in, within limits; without one it is drawn here, and no other
            thread may draw one at the same time.

    Returns:
        A PNG.

    Raises:
        ValueError: ``scale`` is not between 1 and 4.
        MissingDependencyError: The PDF engine's libraries are not there; it says how to get them.
        ExportError: It took too long or too much, or the engine gave up on it.
        CandidateCardsError: As in `render_card`.
    """
    if not 1 <= scale <= _LARGEST_SCALE:
        message = f"scale must be between 1 and {_LARGEST_SCALE}, not {scale}"
        raise ValueError(message)
    rendering = render(
        content,
        format="png",
        theme=theme,
        profile=profile,
        labels=labels,
        notice=notice,
        templates=templates,
    )
    if pool is not None:
        facts = rendering.notice.facts
        return pool.call("the picture", _draw, str(rendering.document), scale, facts)
    return _draw(str(rendering.document), scale, rendering.notice.facts)


def _export(rendering: Rendering) -> bytes:
    return _draw(str(rendering.document), 1, rendering.notice.facts)


def _draw(html: str, scale: int, facts: tuple[NoticeFact, ...]) -> bytes:
    from pypdfium2 import PdfDocument, PdfiumError  # noqa: PLC0415  only for pictures

    pdf = render_pdf(html, "")
    try:
        document = PdfDocument(pdf.data)
        picture = document[0].render(scale=scale * _PIXELS_PER_POINT).to_pil()
    except PdfiumError as error:
        raise ExportError("the page could not be drawn") from error
    file = BytesIO()
    # The slowest part of it all at the usual level, for a file of the same size.
    picture.convert("RGB").save(file, "PNG", compress_level=1, pnginfo=_statements(facts))
    return file.getvalue()


def _statements(facts: tuple[NoticeFact, ...]) -> PngInfo:
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415  only for pictures

    statements = PngInfo()
    for fact in facts:
        statements.add_itxt(f"candidate-cards:{fact.name}", fact.value)
        if fact.name == "digital-source-type":
            statements.add_itxt("XML:com.adobe.xmp", _XMP.format(fact.value))
    return statements


def _tokens(theme: Theme) -> dict[str, str]:
    return {"print-fonts": print_fonts(theme)}


EXPORTER = Exporter(
    name="png",
    media_type="image/png",
    file_extension=".png",
    template=TemplateSpec(
        "picture/picture.html", stylesheets=("picture/picture.css",), tokens=_tokens
    ),
    export=_export,
    profile="client",
    density="card",
    most=3,
)
