"""The vendor's render-html: cards of stored candidates, of the vendor, or of the two."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from time import perf_counter
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic_core import to_json

from candidate_cards import __version__
from candidate_cards.contract.bodies import RenderHtmlBody, read_body
from candidate_cards.contract.callers import unauthorized
from candidate_cards.contract.openapi import NEEDS_KEY, accepts, answers
from candidate_cards.contract.rate_limits import unused
from candidate_cards.contract.refusals import invalid
from candidate_cards.errors import InputError, VendorError
from candidate_cards.exports import render_card
from candidate_cards.models import Candidate, RenderHtmlResponse
from candidate_cards.relay import RelayedCards
from candidate_cards.relay import render_html as relayed
from candidate_cards.relay import render_html_async as relayed_async
from candidate_cards.service.cards import Card, encoded, joined, not_found
from candidate_cards.service.manners import EVERYTHING, Manner
from candidate_cards.service.service import Service
from candidate_cards.service.vendors import vendor_refusal
from candidate_cards.store import KEY_PREFIX, Store

from . import admit, exchange_of, key_of, secret_of, service_of

router = APIRouter(prefix="/sourcing", tags=["sourcing"])
MODELS = (RenderHtmlBody, RenderHtmlResponse)

_SCOPE = "enrich:write"
_FORMAT = "fragment"
_OPERATION = "render-html"

Theme = Literal["dark", "light"]


@router.post(
    "/render-html",
    responses=answers({200: (RenderHtmlResponse,)}, 402, 408, 413, 502, 504),
    # Not by a dependency: the framework takes longer to see to one than the cards take.
    openapi_extra={**accepts(RenderHtmlBody), **NEEDS_KEY},
)
async def render_html(request: Request) -> Response:
    """Make the cards of up to 10 profiles."""
    service = service_of(request)
    key = await key_of(request)
    is_ours = secret_of(request).get_secret_value().startswith(KEY_PREFIX)
    if key is None and service.settings.mode == "proxy" and not is_ours:
        # Of a key that only the vendor knows, only the vendor can say whether it may.
        company = ""
        exchange_of(request).quota = unused(service.now())
    else:
        company = admit(request, key, _SCOPE).company_id
    body = await read_body(request, service.render_html_body, most=service.settings.max_body)
    manner = service.manners.of_cards(company)
    if service.settings.mode == "local" or not manner.profile.shows_everything:
        # Of the vendor's HTML nothing can be taken out, so cards that hide something are made here.
        made = await _local(service, company, body.profile_ids, body.theme, manner)
        look = (body.theme, manner.sign, __version__)
        signs = "\0".join([*look, *[card.sign for card in made]]).encode()
        return _answer(joined(made), {"X-Rendered-By": "local", "ETag": _etag(company, signs)})
    cards = await _relayed(request, company, body.profile_ids, body.theme, manner)
    content = to_json(cards.response.to_wire())
    headers = {"X-Rendered-By": cards.via, "ETag": _etag(company, content)}
    if cards.reason is not None:
        headers["X-Vendor-Problem"] = cards.reason
    return _answer(content, headers)


async def _local(
    service: Service, company: str, profile_ids: tuple[str, ...], theme: Theme, manner: Manner
) -> Sequence[Card]:
    """Return cards of what is stored now, whichever process has changed it."""
    erasures = service.cards.erasures
    versions = await service.lookups.ask(service.store.versions, company, profile_ids)
    cards: dict[str, Card] = {}
    look = f"{theme} {manner.sign}"
    for profile_id in profile_ids:
        version = versions.get(profile_id)
        if version is None:
            service.cards.drop(company, profile_id)
        elif card := service.cards.get(company, profile_id, look, version):
            cards[profile_id] = card
    missing = tuple([each for each in profile_ids if each in versions and each not in cards])
    service.metrics.cards(_FORMAT, theme, "cached", len(cards))
    if missing:
        began = perf_counter()
        rendered = await service.renderings.ask(
            _rendered, service.store, company, missing, theme, manner
        )
        service.metrics.rendered(_FORMAT, theme, "done", perf_counter() - began)
        for profile_id, version, card in rendered:
            cards[profile_id] = card
            if card.success:
                service.cards.put(company, profile_id, look, version, card, erasures)
        service.metrics.cards(_FORMAT, theme, "rendered", len(rendered))
    unknown = [each for each in profile_ids if each not in cards]
    cards |= {each: encoded(not_found(each)) for each in unknown}
    service.metrics.cards(_FORMAT, theme, "missing", len(unknown))
    return [cards[profile_id] for profile_id in profile_ids]


def _rendered(
    store: Store, company: str, profile_ids: tuple[str, ...], theme: Theme, manner: Manner
) -> list[tuple[str, str, Card]]:
    """Return id, version and card of those that are still there."""
    stored = store.load(company, profile_ids)
    if not stored:
        return []
    candidates = {profile_id: each.candidate for profile_id, each in stored.items()}
    cards = relayed(
        list(stored),
        theme=theme,
        mode="local",
        find=lambda _: candidates,
        draw=_draw(theme, manner),
        profile=manner.profile,
        labels=manner.labels,
    )
    return [
        (card.profile_id, version, encoded(card, version))
        for card in cards.response.data
        if (version := stored[card.profile_id].version)
    ]


async def _relayed(
    request: Request, company: str, profile_ids: Sequence[str], theme: Theme, manner: Manner
) -> RelayedCards:
    """Return cards of the vendor, and of ours where it fails and the mode says so.

    Raises:
        RefusedError: As the vendor refuses, or since it does not answer, or it cannot be asked.
    """
    service = service_of(request)
    settings = service.settings

    def find(wanted: Sequence[str]) -> Mapping[str, Candidate]:
        return {name: each.candidate for name, each in service.store.load(company, wanted).items()}

    own = settings.companies.get(company)
    configured = None if own is None else own.vendor_key
    key = secret_of(request) if configured is None else configured
    try:
        async with service.vendors.client(key) as client:
            cards = await relayed_async(
                profile_ids,
                theme=theme,
                mode=settings.mode,
                client=client,
                find=find,
                draw=_draw(theme, manner),
                patience=settings.vendor_patience,
                profile=manner.profile,
                labels=manner.labels,
            )
    except InputError as error:
        if any(problem.path[:1] == ("api_key",) for problem in error.problems):
            raise unauthorized("the API key is not valid") from None
        raise invalid("the vendor takes no such profileIds") from None  # a blank one, say
    except VendorError as error:
        refusal = vendor_refusal(error, service.now(), of_caller=configured is None)
        service.metrics.called(_OPERATION, str(refusal.status))
        raise refusal from None  # what it says is for this machine alone
    service.metrics.called(_OPERATION, cards.reason or "200")
    made_here = len(cards.made_here)
    service.metrics.cards(_FORMAT, theme, "rendered", made_here)
    service.metrics.cards(_FORMAT, theme, "vendor", cards.response.rendered_count - made_here)
    return cards


def _draw(theme: Theme, manner: Manner) -> Callable[[Candidate], str]:
    return partial(
        render_card,
        theme=theme,
        profile=EVERYTHING,
        labels=manner.labels,
        notice=manner.notice,
    )


def _answer(content: bytes, headers: Mapping[str, str]) -> Response:
    return Response(content, headers=headers, media_type="application/json")


def _etag(company: str, content: bytes) -> str:
    """Return a validator for an answer to a company, made of what decides the answer.

    Why no condition is looked at: the answer of a POST is no representation that one could have
    (RFC 9110, 13.2.1). Who has the validator knows whether the cards are still the same.
    """
    digest = blake2b(company.encode() + b"\0" + content, digest_size=16)
    return f'"{digest.hexdigest()}"'
