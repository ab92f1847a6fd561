"""The searcher finds what is planted: no hits mean nothing to somebody who sees nothing."""

from __future__ import annotations

import html
import json
import struct
import unicodedata
import zlib
from base64 import b64encode
from email.message import EmailMessage
from io import BytesIO
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pikepdf
import pytest
from people import LOCALES, Person, people_of
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from searching import Hit, Searcher, View, needles, views, views_of, vocabulary

from candidate_cards import export_candidates
from candidate_cards.exports import get_exporter, list_formats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME: Final = "Jana Dvořáková"
WANTED: Final = Searcher(
    needles(
        name=NAME,
        emails=["j.dvorakova@mail.example"],
        linkedin_url="https://www.linkedin.com/in/jana-dvorakova-4711",
        profile_id="prof_8f3a11",
        employer="Škoda Plzeň",
        placed=["Janě"],
    )
)


def _kinds(hits: set[Hit]) -> set[str]:
    return {hit.needle.kind for hit in hits}


def _found(data: bytes, extension: str) -> set[str]:
    return _kinds(WANTED.hits(views_of(data, extension)))


def _page(text: str, head: str = "", attributes: str = "") -> bytes:
    return f"<!doctype html><title>x</title>{head}<p {attributes}>{text}</p>".encode()


_SPELLED: Final = {
    "as it is": NAME,
    "upper case": NAME.upper(),
    "lower case": NAME.lower(),
    "without accents": "Jana Dvorakova",
    "decomposed": unicodedata.normalize("NFD", NAME),
    "one part": "Dvořáková",
    "short part": "Ask Jana.",
    "possessive": "Jana’s team",
    "inflected": "Dvořákováin",
    "inflected short": "o Janě",
    "hyphenated": "the Dvořáková-led team",
    "full width": "Ｊａｎａ",
    "zero width": "Ja\u200bna",
    "soft hyphen": "Dvořá\u00adková",
    "other order": "DVOŘÁKOVÁ, Jana",
    "camel case": "@JanaDvorakova",
    "email": "j.dvorakova@mail.example",
    "local part": "j.dvorakova (at) elsewhere",
    "slug": "see jana-dvorakova-4711",
    "id": "PROF_8F3A11",
    "id as a file name": "prof-8f3a11",
    "employer": "at Škoda Plzeň",
}


@pytest.mark.parametrize("text", _SPELLED.values(), ids=_SPELLED)
def test_a_spelling_is_found(text: str) -> None:
    """Each way to write what tells who it is counts as a hit."""
    assert WANTED.hits([View("x", text)])


@pytest.mark.parametrize(
    "text",
    ["The janissary bought a banana.", "Novák led it.", "mail.example", "prof_8f3b11", "Skoda"],
)
def test_an_ordinary_text_is_not_found(text: str) -> None:
    """A short name inside a longer word is nobody's, and neither is another's name."""
    assert not WANTED.hits([View("x", text)])


_SVG: Final = b64encode(b"<svg><title>Jana</title></svg>").decode()
_IN_HTML: Final[dict[str, bytes]] = {
    "text": _page(NAME),
    "references": _page("&#74;ana Dvo&#x159;&aacute;kov&aacute;"),
    "twice escaped": _page(html.escape("&#74;ana")),
    "across tags": _page("Ja<b>na</b>"),
    "across escaped tags": _page(html.escape("Ja<b>na</b>")),
    "attribute": _page("x", attributes='title="Jana"'),
    "class": _page("x", attributes='class="jana"'),
    "percent": _page(f'<a href="https://x.example/{quote(NAME)}">x</a>'),
    "comment": _page("<!-- Jana -->"),
    "style": _page("x", head="<style>p::after{content:'Jana'}</style>"),
    "script": _page("x", head='<script type="application/ld+json">{"name":"Jana"}</script>'),
    "title": _page("x", head="<title>Jana</title>"),
    "template": _page("<template shadowrootmode=open><p>Jana</p></template>"),
    "inner document": _page(f'<iframe srcdoc="{html.escape("<p>&#74;ana</p>")}"></iframe>'),
    "picture": _page(f'<img src="data:image/svg+xml;base64,{_SVG}">'),
}


@pytest.mark.parametrize("data", _IN_HTML.values(), ids=_IN_HTML)
def test_a_name_in_html_is_found(data: bytes) -> None:
    """Wherever HTML can hold a name, it is found."""
    assert "name" in _found(data, ".html")


def _message(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Shortlist"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Nothing here.")
    return message


def _with_part(text: str, subtype: str, coding: str) -> EmailMessage:
    message = _message()
    message.add_alternative(text, subtype=subtype, cte=coding)
    return message


def _with_file(data: bytes, media_type: str, name: str) -> EmailMessage:
    message = _message()
    main, _, sub = media_type.partition("/")
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message


def _picture(add: Callable[[PngInfo], object] = lambda _: None) -> bytes:
    file, info = BytesIO(), PngInfo()
    add(info)
    Image.new("RGB", (4, 4)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


_IN_MESSAGES: Final = {
    "encoded subject": _message(X_About="Dossier of Jana Dvořáková and of a long subject " * 3),
    "address": _message(To="Jana <x@example.test>"),
    "message id": _message(Message_ID="<jana.4711@example.test>"),
    "base64": _with_part("<p>Jana</p>", "html", "base64"),
    "quoted-printable": _with_part("<p>" + "x " * 36 + "Dvořáková</p>", "html", "quoted-printable"),
    "folded text": _with_part("x " * 36 + "\nJana", "plain", "quoted-printable"),
    "file name": _with_file(b"x", "application/octet-stream", f"{NAME}.bin"),
    "attached picture": _with_file(
        _picture(lambda info: info.add_text("Title", "Jana")), "image/png", "x.png"
    ),
    "attached page": _with_file(_page("Jana"), "text/html", "x.html"),
}


@pytest.mark.parametrize("message", _IN_MESSAGES.values(), ids=_IN_MESSAGES)
def test_a_name_in_a_message_is_found(message: EmailMessage) -> None:
    """Headers, file names and parts are read as a mail program reads them."""
    assert "name" in _found(message.as_bytes(), ".eml")


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


_IN_PICTURES: Final = {
    "text": _picture(lambda info: info.add_text("Author", "Jana")),
    "packed text": _picture(lambda info: info.add_text("Author", "Jana", zip=True)),
    "international": _picture(lambda info: info.add_itxt("Title", "Dvořáková")),
    "packed international": _picture(lambda info: info.add_itxt("Title", "Dvořáková", zip=True)),
    "its own chunk": _picture()[:-12] + _chunk(b"jaNa", b"Jana") + _picture()[-12:],
}


@pytest.mark.parametrize("data", _IN_PICTURES.values(), ids=_IN_PICTURES)
def test_a_name_in_a_picture_file_is_found(data: bytes) -> None:
    """Chunks of text are read, packed or not."""
    assert "name" in _found(data, ".png")


def _plant_info(pdf: Pdf) -> None:
    pdf.docinfo["/Author"] = NAME


def _plant_xmp(pdf: Pdf) -> None:
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = NAME


def _plant_outline(pdf: Pdf) -> None:
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(NAME, 0))


def _plant_link(pdf: Pdf) -> None:
    action = Dictionary(S=Name.URI, URI=String(f"https://x.example/{quote(NAME)}"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def _plant_note(pdf: Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 9, 9]))
    note.Contents = String(NAME)
    pdf.pages[0].obj.Annots = Array([note])


def _plant_tag(key: str) -> Callable[[Pdf], None]:
    def plant(pdf: Pdf) -> None:
        tag = Dictionary(Type=Name.StructElem, S=Name.Span)
        tag[key] = String(NAME)
        root = Dictionary(Type=Name.StructTreeRoot, K=Array([pdf.make_indirect(tag)]))
        pdf.Root.StructTreeRoot = pdf.make_indirect(root)

    return plant


def _plant_destination(pdf: Pdf) -> None:
    names = Array([String("jana-dvorakova-4711"), Array([pdf.pages[0].obj, Name.Fit])])
    pdf.Root.Names = Dictionary(Dests=Dictionary(Names=names))


def _plant_name(pdf: Pdf) -> None:
    pdf.Root.Dests = Dictionary({"/Jana": Array([pdf.pages[0].obj, Name.Fit])})


def _plant_attachment(pdf: Pdf) -> None:
    pdf.attachments["x.txt"] = NAME.encode()


def _plant_file_name(pdf: Pdf) -> None:
    pdf.attachments["Jana.txt"] = b"x"


def _plant_label(pdf: Pdf) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String("Jana "))]))


_PLANTS: Final[dict[str, Callable[[Pdf], None]]] = {
    "info": _plant_info,
    "xmp": _plant_xmp,
    "outline": _plant_outline,
    "link": _plant_link,
    "note": _plant_note,
    "actual text": _plant_tag("/ActualText"),
    "alternative": _plant_tag("/Alt"),
    "expansion": _plant_tag("/E"),
    "tag title": _plant_tag("/T"),
    "destination": _plant_destination,
    "name": _plant_name,
    "attachment": _plant_attachment,
    "name of an attachment": _plant_file_name,
    "page label": _plant_label,
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "object streams"])
@pytest.mark.parametrize("plant", _PLANTS.values(), ids=_PLANTS)
def test_a_name_in_a_pdf_is_found(plant: Callable[[Pdf], None], *, packed: bool) -> None:
    """Whatever holds text in a PDF is read, in object streams too."""
    pdf, file = Pdf.new(), BytesIO()
    pdf.add_blank_page()
    plant(pdf)
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    pdf.save(file, object_stream_mode=mode)
    assert _found(file.getvalue(), ".pdf") & {"name", "slug"}


def test_a_name_in_json_is_found(tmp_path: Path) -> None:
    """Escapes are read, and the name of a file is part of it."""
    assert "name" in _found(json.dumps({"a": [NAME]}).encode(), ".json")
    assert "name" in _found(json.dumps({NAME: 1}).encode(), ".json")
    path = tmp_path / "jana.html"
    path.write_bytes(_page("x"))
    assert _kinds(WANTED.hits(views(path))) == {"name"}


def _one_per_locale() -> list[Person]:
    return [people_of((locale,))[LOCALES.index(locale) % 12] for locale in LOCALES]


@pytest.mark.parametrize("format_name", [name for name in list_formats() if name != "png"])
def test_whoever_is_shown_is_found(format_name: str) -> None:
    """A person that a format shows in full is found in it, whatever their language."""
    extension = get_exporter(format_name).file_extension
    everybody = _one_per_locale()
    some = everybody[::14] if format_name == "pdf" else everybody
    for person in some:
        data = export_candidates(
            person.candidate, format=format_name, density="detail", profile="internal"
        )
        hits = Searcher(person.needles).hits(views_of(data, extension))
        found = _kinds(hits) | _missing(person)
        assert {"name", "full name", "email", "slug", "employer"} <= found, person.locale


def _missing(person: Person) -> set[str]:
    """Return what somebody has no needle of, because theirs are too short."""
    return {"name", "full name", "email", "slug", "employer"} - {
        needle.kind for needle in person.needles
    }


def test_what_is_always_there_is_no_hit() -> None:
    """A word that stands in the same place of a neutral document is the toolkit's own."""
    wanted = Searcher([*needles(name="Mark"), *needles(name="Summary")])
    data = b"<mark class=summary>Summary</mark>"
    usual = vocabulary(views_of(data, ".html"))
    assert wanted.hits(views_of(data, ".html"))
    assert not wanted.hits(views_of(data, ".html"), usual)
    elsewhere = views_of(b"<mark class=summary>Summary</mark><p title=Mark>Mark</p>", ".html")
    assert {hit.place for hit in wanted.hits(elsewhere, usual)} >= {"html text", "html @title"}
