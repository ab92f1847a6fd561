"""The gallery for designers, in development only."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from candidate_cards.cards import DENSITIES, Density
from candidate_cards.contract.refusals import invalid, no_route
from candidate_cards.service import gallery, pages
from candidate_cards.service.gallery import DENSE, FORMATS, WIDTHS, Gallery
from candidate_cards.themes import ThemeInfo, list_themes

from . import service_of

router = APIRouter(prefix="/gallery", include_in_schema=False)
MODELS = ()

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; frame-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def _gallery(request: Request) -> Gallery:
    """Return the gallery.

    Raises:
        RefusedError: 404, there is none outside development.
    """
    found = service_of(request).gallery
    if found is None:
        raise no_route()
    return found


Shown = Annotated[Gallery, Depends(_gallery)]


@router.get("")
async def show_gallery(
    request: Request,
    shown: Shown,
    format: str = "element",  # noqa: A002  the word that users know
    width: int = 400,
    data: str = "1",
) -> HTMLResponse:
    """Show a sample in every theme and density."""
    _check(shown, format, data)
    if width not in WIDTHS:
        raise invalid("there is no such width")
    html = await service_of(request).run(_page, shown, format, width, data)
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


@router.get("/preview")
async def preview(  # noqa: PLR0913, PLR0917  each is a choice
    request: Request,
    shown: Shown,
    format: str,  # noqa: A002  the word that users know
    theme: Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")],
    density: Density = "card",
    data: str = "1",
) -> HTMLResponse:
    """Show a sample in one of them."""
    _check(shown, format, data)
    made = await service_of(request).run(shown.preview, format, theme, density, data)
    return HTMLResponse(made.html, headers={"Content-Security-Policy": made.policy})


@router.get("/stamp")
async def stamp(request: Request, shown: Shown) -> PlainTextResponse:
    """Return a text that changes when a file does."""
    return PlainTextResponse(await service_of(request).run(shown.stamp))


@router.get("/gallery.css")
async def style(request: Request, _shown: Shown) -> Response:
    """Return the gallery's style sheet."""
    return Response(await service_of(request).run(gallery.stylesheet), media_type="text/css")


@router.get("/gallery.js")
async def script(_shown: Shown) -> Response:
    """Return the gallery's script."""
    return Response(pages.page_part("gallery/gallery.js"), media_type="text/javascript")


def _check(shown: Gallery, format_: str, sample: str) -> None:
    if format_ not in FORMATS or sample not in shown.samples:
        raise invalid("there is no such format or candidate")


def _page(shown: Gallery, format_: str, width: int, sample: str) -> str:
    chosen = {"format": format_, "width": str(width), "data": sample}

    def choice(parameter: str, value: str, label: str) -> dict[str, Any]:
        return {
            "label": label,
            "name": value,
            "chosen": chosen[parameter] == value,
            "href": f"gallery?{urlencode({**chosen, parameter: value})}",
        }

    groups = [
        {
            "label": "Format",
            "choices": [choice("format", name, label) for name, label in FORMATS.items()],
        },
    ]
    if format_ in DENSE:
        widths = [choice("width", str(each), f"{each} px") for each in WIDTHS]
        groups.append({"label": "Width", "choices": widths})
    densities = DENSITIES if format_ in DENSE else ("card",)
    return pages.page_template("gallery/gallery.html").render(
        {
            "title": FORMATS[format_],
            "stamp": shown.stamp(),
            "chosen": chosen,
            "samples": [choice("data", name, label) for name, label in shown.labels.items()],
            "groups": groups,
            "sections": [
                {
                    "label": density.capitalize() if format_ in DENSE else "",
                    "cells": [_cell(info, density, chosen) for info in list_themes()],
                }
                for density in densities
            ],
        }
    )


def _cell(info: ThemeInfo, density: str, chosen: dict[str, str]) -> dict[str, str]:
    asked = {name: chosen[name] for name in ("format", "data")}
    return {
        "theme": info.name,
        "description": info.description,
        "error": info.error or "",
        "src": f"gallery/preview?{urlencode({**asked, 'theme': info.name, 'density': density})}",
        "title": f"{FORMATS[chosen['format']]}, {density}, {info.name}",
    }
