"""Embeds: made and erased with a key, shown to whoever has their address."""

import base64
import hashlib
from functools import cache
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from candidate_cards.contract.bodies import WIRE_NAMES, read_body
from candidate_cards.contract.callers import Caller
from candidate_cards.contract.openapi import accepts, answers
from candidate_cards.contract.refusals import RefusedError, invalid
from candidate_cards.errors import InputError, NotAvailableError
from candidate_cards.models import ErrorCode
from candidate_cards.models._base import StrictModel, Timestamp
from candidate_cards.models.requests import ProfileIds
from candidate_cards.service import embeds, pages
from candidate_cards.service.formats import Language, ProfileName
from candidate_cards.themes import load_theme

from . import Permission, service_of

router = APIRouter(tags=["embeds"])

_DAY: Final = 86_400
_YEAR: Final = 365 * _DAY
_Renderer = Annotated[Caller, Depends(Permission("cards:render"))]


class EmbedBody(StrictModel):
    """Body of ``POST /embeds``; repeated ids count once."""

    model_config = WIRE_NAMES
    profile_ids: ProfileIds
    # A name, never a path: a theme of a path would be read from this machine's disk.
    theme: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")] = "dark"
    density: Literal["row", "card", "detail"] = "card"
    heading_level: Annotated[int, Field(ge=1, le=6, strict=True)] = 2
    profile: ProfileName | None = None
    lang: Language | None = None
    show_emails: Annotated[bool, Field(strict=True)] = False
    lifetime_seconds: Annotated[int, Field(ge=60, le=90 * _DAY, strict=True)] = 7 * _DAY


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")


class EmbedMade(_Answer):
    """One profile: an embed, or an ``errorCode``."""

    profile_id: str
    success: bool
    id: str | None = None
    token: str | None = None
    url: str | None = None
    expires_at: Timestamp | None = None
    frame_html: str | None = None
    script_html: str | None = None
    error_code: str | None = None


class EmbedScript(_Answer):
    """The script at the address of its version, for pages that pin it by its hash."""

    url: str
    integrity: str


class EmbedsMade(_Answer):
    """The embeds in the order of the ids."""

    success: Literal[True]
    data: tuple[EmbedMade, ...]
    script: EmbedScript


class OembedRich(BaseModel):
    """An answer of oEmbed 1.0; it says nothing of the candidate."""

    model_config = ConfigDict(extra="forbid")

    version: Literal["1.0"]
    type: Literal["rich"]
    title: str
    provider_name: str
    provider_url: str
    html: str
    width: int
    height: int


MODELS = (EmbedBody, EmbedsMade, OembedRich)

_ADVICE: Final = (
    "embeds are signed: set CANDIDATE_CARDS_SERVE_EMBED_SECRETS to a JSON list of texts "
    "of at least 32 random characters, the first of which signs"
)
_MADE: Final = answers({201: (EmbedsMade,)}, 408, 413)
_MADE[501] = {**_MADE[503], "description": "No secret is configured"}


@router.post("/embeds", status_code=201, responses=_MADE, openapi_extra=accepts(EmbedBody))
async def create_embeds(request: Request, caller: _Renderer) -> JSONResponse:
    """Make embeds of profiles that are stored."""
    service = service_of(request)
    body = await read_body(request, EmbedBody, most=service.settings.max_body)
    if not service.embeds.can_be_made:
        raise RefusedError(501, "NOT_CONFIGURED", _ADVICE)
    company = caller.company_id
    # Chosen now: what is shown of a card that is out there does not change with the settings.
    look = embeds.Look(
        body.theme,
        body.density,
        body.heading_level,
        body.profile or service.manners.default(company),
        body.lang or service.manners.of_cards(company).labels.lang,
        body.show_emails,
    )
    service.embeds.manner(company, look)
    base_url = _base_url(request)
    script_url = f"{base_url}/embed.js"

    def make() -> list[EmbedMade]:
        try:
            load_theme(look.theme)
        except (InputError, NotAvailableError):
            problem = {"field": "theme", "message": "Input should be the name of a theme"}
            raise invalid("the body cannot be used", problems=(problem,)) from None
        made = service.embeds.make(
            company,
            body.profile_ids,
            look,
            now=service.now(),
            seconds=body.lifetime_seconds,
        )
        return [described(profile_id, made.get(profile_id)) for profile_id in body.profile_ids]

    def described(profile_id: str, embed: embeds.MadeEmbed | None) -> EmbedMade:
        if embed is None:
            return EmbedMade(
                profile_id=profile_id, success=False, error_code=ErrorCode.PROFILE_NOT_FOUND
            )
        url = embeds.embed_url(base_url, embed.token)
        return EmbedMade(
            profile_id=profile_id,
            success=True,
            id=embed.id,
            token=embed.token,
            url=url,
            expires_at=embed.expires_at,
            frame_html=embeds.frame_html(url, look),
            script_html=embeds.element_html(url, look, script_url),
        )

    _, version, integrity = _script()
    answer = EmbedsMade(
        success=True,
        data=tuple(await service.run(make)),
        script=EmbedScript(url=f"{script_url}?v={version}", integrity=integrity),
    )
    return JSONResponse(answer.model_dump(mode="json", by_alias=True, exclude_none=True), 201)


@router.delete(
    "/embeds/{embed_id}", status_code=204, responses=answers({}, 404), response_class=Response
)
async def delete_embed(request: Request, caller: _Renderer, embed_id: str) -> Response:
    """Take an embed back; its address shows nothing from then on."""
    service = service_of(request)
    if not await service.run(service.store.erase_embed, caller.company_id, embed_id):
        raise RefusedError(404, ErrorCode.RESOURCE_NOT_FOUND, "there is no embed with this id")
    return Response(status_code=204)


_HTML: Final[dict[str, Any]] = {"content": {"text/html": {"schema": {"type": "string"}}}}


@router.get(
    "/embed/{token}",
    response_class=HTMLResponse,
    responses={
        304: {"description": "What the browser has is still right"},
        404: {"description": "There is nothing to show, for whatever reason", **_HTML},
    },
)
async def show_embed(request: Request, token: str) -> Response:
    """Show a card in a frame; no key is needed."""
    service = service_of(request)
    page = await service.run(service.embeds.page, token, service.now(), _base_url(request))
    if page is None:
        gone = embeds.gone_page()
        return HTMLResponse(gone.html, 404, {"Content-Security-Policy": gone.policy})
    headers = {
        # Kept by the browser, but asked for again each time: an embed can be taken back.
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": page.policy,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return pages.conditional(request, page.html.encode(), "text/html", headers)


_OEMBED: Final = answers({200: (OembedRich,)}, 404)
_OEMBED_REFUSALS: Final = {
    400: "A parameter is missing or wrong",
    404: "Not the address of an embed",
    501: "XML",
}


@router.get(
    "/oembed",
    responses={
        200: _OEMBED[200],
        **{
            status: {**_OEMBED[404], "description": description}
            for status, description in _OEMBED_REFUSALS.items()
        },
    },
)
async def oembed(
    request: Request,
    url: Annotated[str, Query(max_length=2000)],
    maxwidth: Annotated[int | None, Query(ge=1, le=100_000)] = None,
    maxheight: Annotated[int | None, Query(ge=1, le=100_000)] = None,
    format: Annotated[  # noqa: A002  oEmbed's word
        Literal["json", "xml"], Query(json_schema_extra={"enum": ["json"]})
    ] = "json",
) -> JSONResponse:
    """Say how to show an embed, as oEmbed 1.0 has it; no key is needed."""
    if format == "xml":
        raise RefusedError(501, "NOT_IMPLEMENTED", "oEmbed is answered as JSON only")
    service = service_of(request)
    base_url = _base_url(request)
    prefix = embeds.embed_url(base_url, "")
    token = url.removeprefix(prefix) if url.startswith(prefix) else ""
    found = await service.run(service.embeds.find, token, service.now())
    if found is None:
        raise RefusedError(404, ErrorCode.RESOURCE_NOT_FOUND, "this is the address of no embed")
    look = embeds.Look.of(found[0])
    width, height = embeds.frame_size(look, maxwidth, maxheight)
    answer = OembedRich(
        version="1.0",
        type="rich",
        title=look.title,
        provider_name="candidate-cards",
        provider_url=base_url,
        html=embeds.frame_html(url, look, width=width, height=height),
        width=width,
        height=height,
    )
    return JSONResponse(answer.model_dump(mode="json"))


@router.get(
    "/embed.js",
    response_class=Response,
    responses={
        200: {"description": "The script", "content": {"text/javascript": {}}},
        304: {"description": "What the browser has is still right"},
    },
)
async def embed_script(
    request: Request, v: Annotated[str | None, Query(description="Its version")] = None
) -> Response:
    """Return the script that shows cards in other people's pages."""
    script, version, _ = _script()
    headers = {
        "Access-Control-Allow-Origin": "*",  # browsers compare hashes of what they may read only
        "Cache-Control": f"public, max-age={_YEAR}, immutable"
        if v == version
        else "public, max-age=3600",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return pages.conditional(request, script, "text/javascript", headers)


@cache
def _script() -> tuple[bytes, str, str]:
    """Return the script, its version, and its hash as a page's ``integrity`` has it."""
    script = pages.page_part("embed/embed.js").encode()
    digest = hashlib.sha384(script).digest()
    return script, digest.hex()[:12], f"sha384-{base64.b64encode(digest).decode()}"


def _base_url(request: Request) -> str:
    """Return where browsers reach this service."""
    return (service_of(request).settings.public_url or str(request.base_url)).rstrip("/")
