"""``POST /hooks/<forge>``: read, who signed it, parse, decide, keep, answer. Builds nothing and waits for nothing."""

import logging
import math
from dataclasses import asdict

from flask import Blueprint, Response, jsonify, make_response, request

from hook_server import body, payload
from hook_server.decide import decided
from hook_server.forges import FORGES
from hook_server.forges.request import Event, OtherEvent, Ping, Request
from hook_server.parts import Parts, parts
from pipeline.delivery import Delivery, Outcome, Received
from pipeline.errors import BadSignature, TooManyForgeries

MOST_BYTES = 25 * 1024 * 1024
"""GitHub delivers no larger payload: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

logger = logging.getLogger(__name__)
bp = Blueprint("receiver", __name__)


@bp.post("/hooks/<any({}):forge>".format(", ".join(FORGES)), provide_automatic_options=False)
def hook(forge: str) -> Response:
    given, sent = parts(), _sent()
    signers = _signers(forge, sent, given)
    event = FORGES[forge].read(sent)
    decisions = decided(event, signers, given.spec.apps.values(), new_id=given.new_id, now=sent.at)
    push = event.bounded if isinstance(event, Delivery) else None
    received = Received(forge, _name(event), event.id, sent.at, signers, push)
    return _answer(event.id, given.deliveries.receive(received, decisions))


def _signers(forge: str, sent: Request, given: Parts) -> dict[str, int]:
    """Who signed it; from an address that sends forgeries all the time one more is told to wait, and what is signed still passes."""
    try:
        return FORGES[forge].signed_by(sent, given.webhook_secrets)
    except BadSignature as error:
        if wait := math.ceil(given.forgeries.failed(request.remote_addr or "", sent.at)):
            raise TooManyForgeries("too many requests without a right signature came from your address", wait) from error
        raise


def _sent() -> Request:
    raw = body.read(MOST_BYTES)
    payload.check_type(request.mimetype, request.mimetype_params.get("charset", ""), request.headers.get("Content-Encoding", ""))
    return Request({name.lower(): value for name, value in request.headers}, request.mimetype, raw, parts().clock())


def _name(event: Event) -> str:
    match event:
        case Delivery():
            return event.event
        case Ping():
            return "ping"
        case OtherEvent():
            return event.name


def _answer(delivery: str, outcomes: list[Outcome]) -> Response:
    for outcome in outcomes:
        logger.info("delivery %s: %s", delivery, outcome)
    status = 202 if any(outcome.outcome == "accepted" for outcome in outcomes) else 200
    return make_response(jsonify(delivery=delivery, outcomes=[asdict(outcome) for outcome in outcomes]), status)
