"""What the vendor delivers."""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from candidate_cards.contract.bodies import read_bytes
from candidate_cards.contract.openapi import accepts, answers
from candidate_cards.contract.refusals import RefusedError
from candidate_cards.models import ErrorCode, WebhookEvent

from . import service_of

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
MODELS = (WebhookEvent,)

_SHARE: Final = 4  # of all requests at a time, the part that may be deliveries on their way in

# Neither code is the vendor's, which documents no answers of receivers.
_REFUSALS = {
    400: (ErrorCode.INVALID_PAYLOAD, "the delivery is signed, but no event that can be used"),
    401: (ErrorCode.UNAUTHORIZED, "the delivery is not signed as it should be, or too old"),
    409: ("DELIVERY_IN_PROGRESS", "the delivery is being handled; send it again later"),
    503: ("TEMPORARILY_UNAVAILABLE", "the delivery cannot be put down now; send it again later"),
}


@router.post(
    "/{company}",
    status_code=204,
    response_class=Response,
    responses=answers({}, 408, 409, 413, 504),
    openapi_extra=accepts(WebhookEvent),
)
async def receive(request: Request, company: str) -> Response:
    """Receive an event of the vendor's, signed with a secret of the company's webhook.

    204 acknowledges it, new or not. An unknown company gets the answer to a wrong signature.
    """
    service = service_of(request)
    # Anybody may send a body here, as slowly as bodies may come: there has to be room for others.
    if service.inbox.arriving >= max(service.settings.max_requests // _SHARE, 1):
        raise _refused(HTTPStatus.SERVICE_UNAVAILABLE)
    service.inbox.arriving += 1
    try:
        body = await read_bytes(request, most=service.settings.max_body)
    finally:
        service.inbox.arriving -= 1
    # Not in the threads that render: whoever waits for the database here would fill them.
    status = await run_in_threadpool(service.inbox.receive, company, body, request.headers.raw)
    if status != HTTPStatus.NO_CONTENT:
        raise _refused(status)
    return Response(status_code=204)


def _refused(status: int) -> RefusedError:
    code, message = _REFUSALS[status]
    later = status in {HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE}
    return RefusedError(status, code, message, headers={"Retry-After": "5"} if later else {})
