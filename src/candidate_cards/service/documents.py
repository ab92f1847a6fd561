"""A document in a format as an answer of HTTP, and as OpenAPI describes it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast
from urllib.parse import quote

from pydantic import SecretStr
from starlette.requests import ClientDisconnect

from candidate_cards.cards import NoticeFacts
from candidate_cards.contract.openapi import answers
from candidate_cards.contract.refusals import invalid
from candidate_cards.exports._headers import ascii_file_name, file_name
from candidate_cards.models import Shortlist
from candidate_cards.privacy import Disclosure

from .formats import made
from .manners import PASSWORD_HEADER
from .redactions import undecided

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from pydantic import BaseModel
    from starlette.requests import Request

    from candidate_cards.contract.callers import Caller
    from candidate_cards.exports import Exporter
    from candidate_cards.models import Candidate
    from candidate_cards.privacy.decisions import Decision

    from .formats import Asked, Format, Options
    from .manners import Manner
    from .service import Service

T = TypeVar("T")
Content = TypeVar("Content", bound="Candidate | Shortlist")

_HTML: Final = "text/html"
_SLASHES: Final = re.compile(r"[/\\]")

_REDACTION: Final = {
    "X-Redaction-Undecided": {
        "description": "Where codes stand in place of people: finds that wait for a decision",
        "schema": {"type": "integer"},
    }
}

#: Of HTML that a browser shows by itself: its own styles, and nothing from anywhere.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def manner_of(
    request: Request, service: Service, caller: Caller, exporter: Exporter, asked: Asked
) -> Manner:
    """Return how a caller's candidates are shown.

    Raises:
        RefusedError: 400: not so.
    """
    if set(asked.keep).intersection(asked.remove):
        raise invalid("keep and remove have finds in common")
    keep: dict[str, Decision] = dict.fromkeys(asked.keep, "keep")
    remove: dict[str, Decision] = dict.fromkeys(asked.remove, "remove")
    manner = service.manners.manner(
        caller.company_id,
        exporter,
        profile=asked.profile,
        lang=asked.lang,
        show_emails=getattr(asked, "show_emails", None),  # a picture has none
        notice=NoticeFacts(
            source=asked.data_source,
            contact=asked.contact,
            keep_until=asked.keep_until,
            shown=asked.notice,
        ),
        decisions=keep | remove,
    )
    return replace(manner, password=_password(request, exporter))


def _password(request: Request, exporter: Exporter) -> SecretStr | None:
    text = request.headers.get(PASSWORD_HEADER)
    if text is None:
        return None
    if not exporter.dossier:
        raise invalid(f"the header {PASSWORD_HEADER} is for dossiers; nothing else is encrypted")
    try:
        return SecretStr(text.encode("latin-1").decode())
    except UnicodeDecodeError:
        raise invalid(f"the header {PASSWORD_HEADER} should be UTF-8") from None


@dataclass(frozen=True, slots=True)
class Shown(Generic[Content]):
    """What may be shown in an answer.

    Attributes:
        content: The candidates.
        manner: How they are shown.
        options: Of their document.
        headers: What an answer says of what was taken out.
        disclosure: All that is known of that.
    """

    content: Content
    manner: Manner
    options: Options
    headers: dict[str, str]
    disclosure: Disclosure


async def disclosed(
    service: Service, manner: Manner, options: Options, content: Content
) -> Shown[Content]:
    """Return what may be shown of candidates, found out off the event loop."""
    if manner.profile.shows_everything:
        return Shown(content, manner, options, {}, Disclosure(content))
    return await service.run(_disclosed, manner, options, content)


def _disclosed(manner: Manner, options: Options, content: Content) -> Shown[Content]:
    disclosure = manner.disclose(content)
    headers = {}
    if manner.codes:
        options = options.disclosed(manner, content)
        headers["X-Redaction-Undecided"] = str(undecided(disclosure, manner.profile))
    return Shown(cast("Content", disclosure.content), manner, options, headers, disclosure)


async def rendered(
    request: Request,
    service: Service,
    form: Format,
    shown: Shown[Content],
) -> bytes:
    """Return the bytes of a format, made off the event loop.

    Raises:
        RefusedError: As `formats.made`; 503 if too many documents are waited for.
        ClientDisconnect: The client has left, and the document was given up.
    """
    content: Candidate | Shortlist = shown.content
    if isinstance(content, Shortlist):
        content = content.alone or content
    make = partial(made, form, shown.options, content, shown.manner)
    if shown.options.in_process:
        return await _unless_gone(request, service.papers.make(make))
    return await service.run(make)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine does; it is cancelled when nobody waits for it any more."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return await working
    finally:
        working.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    """Wait until a client has left, once its body is read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def document_headers(exporter: Exporter, title: str | None = None) -> dict[str, str]:
    """Return the headers of a document beside those of its bytes.

    Args:
        exporter: The format.
        title: Of the role, for the name of a file.
    """
    headers = {"Content-Disposition": _disposition(exporter, title)}
    if exporter.media_type == _HTML:
        headers["Content-Security-Policy"] = _POLICY
    return headers


def _disposition(exporter: Exporter, title: str | None) -> str:
    """Name a file (RFC 6266). HTML is for a page, everything else for a folder."""
    name = file_name(_SLASHES.sub("-", title or "candidates") + exporter.file_extension)
    # Some browsers decode what is escaped there (RFC 6266, appendix D).
    fallback = ascii_file_name(name).replace("%", "_")
    kind = "inline" if exporter.media_type == _HTML else "attachment"
    header = f'{kind}; filename="{fallback}"'
    if fallback != name:
        header += f"; filename*=UTF-8''{quote(name, safe='')}"
    return header


def describe_answers(
    exporters: Iterable[Exporter], *errors: int, others: dict[str, Any] | None = None
) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route that renders.

    Args:
        exporters: The formats that it may answer with.
        errors: Statuses of refusals beside those of every such route.
        others: What else it may answer: schemas by media type.
    """
    content = {
        exporter.media_type: {"schema": {"type": "string"} | _binary(exporter)}
        for exporter in exporters
    }
    content |= {name: {"schema": schema} for name, schema in (others or {}).items()}
    done = {200: {"description": "Done", "content": content, "headers": _REDACTION}}
    return done | answers({}, 406, 422, 501, 504, *errors)


def _binary(exporter: Exporter) -> dict[str, str]:
    return {} if exporter.media_type == _HTML else {"format": "binary"}


def query_parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return how OpenAPI describes a query."""
    properties = model.model_json_schema()["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}
        for name, schema in properties.items()
    ]


def password_parameter(exporters: Iterable[Exporter]) -> list[dict[str, Any]]:
    """Return how OpenAPI describes the password of a dossier, where there may be one."""
    if not any(exporter.dossier for exporter in exporters):
        return []
    about = "Opens a dossier (AES-256): 12 characters or more, in UTF-8"
    schema = {"type": "string"}
    return [
        {
            "name": PASSWORD_HEADER,
            "in": "header",
            "required": False,
            "description": about,
            "schema": schema,
        }
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that is there."""
    described = {key: value for key, value in schema.items() if key not in {"title", "anyOf"}}
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            described |= choice
    if described.get("default", "") is None:
        del described["default"]
    return described
