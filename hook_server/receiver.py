"""``POST /hooks/<forge>``: read, who signed it, parse, decide, keep, answer. Builds nothing and waits for nothing."""

import logging
import math
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

import orjson
from flask import Blueprint, Response, g, request

from hook_server import body, payload
from hook_server.decide import decided
from hook_server.drop import dropped
from hook_server.forges import FORGES
from hook_server.forges.request import Event, OtherEvent, Ping, Request
from hook_server.parts import Parts, parts
from pipeline.delivery import Decision, Delivery, Outcome, Received
from pipeline.errors import BadSignature, DeliveryRejected, SecretLost, StoreUnavailable, TooManyForgeries
from pipeline.refusals import Refusal

MOST_BYTES = 25 * 1024 * 1024
"""GitHub delivers no larger payload: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

logger = logging.getLogger(__name__)
bp = Blueprint("receiver", __name__)


@bp.before_request
def _begin() -> None:
    g.began = time.perf_counter()


@bp.after_request
def _count(response: Response) -> Response:
    now = time.perf_counter()
    parts().meters.answered(response.status_code, now - g.get("began", now))  # a request from a foreign network ends before it begins here
    return response


@bp.post("/hooks/<any({}):forge>".format(", ".join(FORGES)), provide_automatic_options=False)
def hook(forge: str) -> Response:
    given, sent = parts(), _sent()
    received = Received(forge, "", "", sent.at, _signers(forge, sent, given))
    decisions: Sequence[Decision] = ()
    try:
        event = FORGES[forge].read(sent)
        received = _told(received, event)
        decisions = decided(event, received.signed_by, given.spec.apps.values(), new_id=given.new_id, now=sent.at)
        if isinstance(event, Delivery) and event.deleted:
            decisions = dropped(event, decisions, given.store, sent.at)
        _, outcomes = given.deliveries.receive(received, decisions)
        given.meters.delivered(received, outcomes)
    except Exception as error:  # whatever it is: a signed delivery is never gone without a trace
        _keep_failed(_named(received, sent), [decision.outcome.app for decision in decisions] or received.signed_by, error, given)
        raise
    _warn(event.id, decisions)
    return _answer(received, outcomes)


def _sent() -> Request:
    raw = body.read(MOST_BYTES)
    payload.check_type(request.mimetype, request.mimetype_params.get("charset", ""), request.headers.get("Content-Encoding", ""))
    return Request({name.lower(): value for name, value in request.headers}, request.mimetype, raw, parts().clock())


def _signers(forge: str, sent: Request, given: Parts) -> dict[str, int]:
    """The apps whose secret signed it, and which of their secrets it was.

    From an address that sends forgeries all the time one more is told to wait; what is signed still passes. Nothing is called a forgery
    while a secret is lost that may have signed it.
    """
    try:
        return FORGES[forge].signed_by(sent, given.webhook_secrets)
    except BadSignature as error:
        address = request.remote_addr or ""
        given.meters.forged(forge, error.reason)
        given.spool.refused(Refusal(sent.at, address, request.path, error.reason, request.content_length))
        if wait := math.ceil(given.forgeries.failed(address, sent.at)):
            raise TooManyForgeries("too many requests without a right signature came from your address", wait) from error
        if given.lost_secrets:
            raise SecretLost("a secret is missing here that may have signed this; send it again later") from error
        raise


def _told(received: Received, event: Event) -> Received:
    match event:
        case Delivery():
            return replace(received, event=event.event, id=event.id, push=event.bounded)
        case Ping():
            return replace(received, event="ping", id=event.id)
        case OtherEvent():
            return replace(received, event=event.name, id=event.id)


def _named(received: Received, sent: Request) -> Received:
    """With the name and the id that the headers say, where reading got no further than that, or not even there."""
    with suppress(DeliveryRejected):
        event, delivery = FORGES[received.forge].name(sent)
        return replace(received, event=event, id=delivery)
    return received


def _keep_failed(received: Received, apps: Iterable[str], error: Exception, given: Parts) -> None:
    match error:
        case StoreUnavailable():
            reason = "Redis did not take it in time; the forge was told to send it again"
        case DeliveryRejected():
            reason = str(error)
        case _:
            reason = "a defect of Pushrail; the server's log has the details"
    failed = [Outcome(app, "failed", reason=reason) for app in apps]
    given.meters.delivered(received, failed)
    given.spool.failed(received, [Decision(outcome) for outcome in failed])
    if not isinstance(error, StoreUnavailable):
        with suppress(StoreUnavailable):
            given.spool.flush()


def _warn(delivery: str, decisions: Sequence[Decision]) -> None:
    for outcome in [decision.outcome for decision in decisions if decision.alarming]:
        logger.warning("delivery %s for %s: %s", delivery, outcome.app, outcome.reason)


def _answer(received: Received, outcomes: Sequence[Outcome]) -> Response:
    signed = ", ".join(f"secret {place} of {app}" for app, place in received.signed_by.items())
    for outcome in outcomes:
        logger.info("delivery %s, signed with %s: %s", received.id, signed, outcome)
    status = 202 if any(outcome.outcome == "accepted" for outcome in outcomes) else 200
    return Response(orjson.dumps({"delivery": received.id, "outcomes": outcomes}) + b"\n", status, content_type="application/json")
