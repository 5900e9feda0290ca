"""A request to a webhook's address → an answer: who signed it, parse, decide, keep. Builds nothing, waits for nothing and knows no HTTP."""

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import orjson

from hook_server.decide import decided
from hook_server.drop import dropped
from hook_server.forges import FORGES
from hook_server.forges.request import Event, OtherEvent, Ping, Request
from hook_server.parts import Parts
from pipeline.delivery import Decision, Delivery, Outcome, Received
from pipeline.errors import BadSignature, DeliveryRejected, SecretLost, StoreUnavailable, TooManyForgeries
from pipeline.refusals import Refusal

logger = logging.getLogger(__name__)


def receive(forge: str, sent: Request, given: Parts) -> tuple[int, bytes]:
    """Take a delivery in.

    Args:
        forge: whose address it was sent to.

    Returns:
        The status of HTTP and the JSON to answer with.

    Raises:
        DeliveryRejected: nobody vouches for it, or it is nothing that the forge would send.
        StoreUnavailable: Redis could not take it.
    """
    signers = _signers(forge, sent, given)
    received, decisions = None, list[Decision]()
    try:
        event = FORGES[forge].read(sent)
        received = _received(forge, event, sent.at, signers)
        decisions = decided(event, signers, given.spec.apps.values(), new_id=given.new_id, now=sent.at)
        if isinstance(event, Delivery) and event.deleted:
            decisions = dropped(event, decisions, given.store, sent.at)
        _, outcomes = given.deliveries.receive(received, decisions)
        given.meters.delivered(received, outcomes)
    except Exception as error:  # whatever it is: a signed delivery is never gone without a trace
        known = received or Received(forge, *_named(forge, sent), sent.at, signers)
        _keep_failed(known, [decision.outcome.app for decision in decisions] or signers, error, given)
        raise
    _warn(event.id, decisions)
    return _answer(received, outcomes)


def _signers(forge: str, sent: Request, given: Parts) -> dict[str, int]:
    """The apps whose secret signed it, and which of their secrets it was.

    From an address that sends forgeries all the time one more is told to wait; what is signed still passes. Nothing is called a forgery
    while a secret is lost that may have signed it.
    """
    try:
        return FORGES[forge].signed_by(sent, given.webhook_secrets)
    except BadSignature as error:
        given.meters.forged(forge, error.reason)
        given.spool.refused(Refusal(sent.at, sent.address, f"/hooks/{forge}", error.reason, sent.length))
        if wait := math.ceil(given.forgeries.failed(sent.address, sent.at)):
            raise TooManyForgeries("too many requests without a right signature came from your address", wait) from error
        if given.lost_secrets:
            raise SecretLost("a secret is missing here that may have signed this; send it again later") from error
        raise


def _received(forge: str, event: Event, at: float, signers: Mapping[str, int]) -> Received:
    match event:
        case Delivery():
            return Received(forge, event.event, event.id, at, signers, event.bounded)
        case Ping():
            return Received(forge, "ping", event.id, at, signers)
        case OtherEvent():
            return Received(forge, event.name, event.id, at, signers)


def _named(forge: str, sent: Request) -> tuple[str, str]:
    """The name and the id that the headers say; empty where they are not right."""
    with suppress(DeliveryRejected):
        return FORGES[forge].name(sent)
    return "", ""


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


def _answer(received: Received, outcomes: Sequence[Outcome]) -> tuple[int, bytes]:
    signed = ", ".join(f"secret {place} of {app}" for app, place in received.signed_by.items())
    for outcome in outcomes:
        level = logging.DEBUG if outcome.outcome == "duplicate" else logging.INFO  # it changes nothing, and a forge can send many
        logger.log(level, "delivery %s, signed with %s: %s", received.id, signed, outcome)
    status = 202 if any(outcome.outcome == "accepted" for outcome in outcomes) else 200
    return status, orjson.dumps({"delivery": received.id, "outcomes": outcomes}) + b"\n"
