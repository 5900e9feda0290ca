"""``POST /hooks/<forge>``: size, content type, signature, parse, event, match, accept, answer. Builds nothing and waits for nothing."""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, jsonify, make_response, request

from hook_server import accept, body, payload
from hook_server.forges import FORGES
from hook_server.forges.request import Event, OtherEvent, Ping, Request
from hook_server.parts import Parts, parts
from pipeline.model import Delivery
from pipeline.spec import App

MOST_BYTES = 25 * 1024 * 1024
"""GitHub delivers no larger payload: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

logger = logging.getLogger(__name__)
bp = Blueprint("receiver", __name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery came to for one app: ``accepted``, ``duplicate``, ``ignored`` or, for a ping, ``pong``."""

    app: str
    outcome: str
    run: str = ""
    reason: str = ""


@bp.post("/hooks/<any({}):forge>".format(", ".join(FORGES)), provide_automatic_options=False)
def hook(forge: str) -> Response:
    sent = _sent()
    signers = FORGES[forge].signed_by(sent, parts().webhook_secrets)
    event = FORGES[forge].read(sent)
    outcomes = _outcomes(event, signers, parts())
    for outcome in outcomes:
        logger.info("delivery %s: %s", event.id, outcome)
    status = 202 if any(outcome.outcome == "accepted" for outcome in outcomes) else 200
    return make_response(jsonify(delivery=event.id, outcomes=[asdict(outcome) for outcome in outcomes]), status)


def _sent() -> Request:
    raw = body.read(MOST_BYTES)
    payload.check_type(request.mimetype, request.mimetype_params.get("charset", ""), request.headers.get("Content-Encoding", ""))
    return Request({name.lower(): value for name, value in request.headers}, request.mimetype, raw, parts().clock())


def _outcomes(event: Event, signers: Mapping[str, int], given: Parts) -> list[Outcome]:
    match event:
        case Ping():
            return [Outcome(app, "pong", reason=f"signed with secret {position} of this app") for app, position in signers.items()]
        case OtherEvent():
            return [_ignored("", event.id, f"the event {event.name} starts nothing", given)]
        case Delivery():
            return _for_each_app(event, signers, given)


def _for_each_app(delivery: Delivery, signers: Mapping[str, int], given: Parts) -> list[Outcome]:
    apps = accept.addressed(delivery, given.spec.apps.values(), signers)
    if not apps:
        name = accept.one_line(delivery.repository)
        return [_ignored("", delivery.id, f"no app of {name} has the secret that signed this", given)]
    return [_outcome(delivery, app, given) for app in apps]


def _outcome(delivery: Delivery, app: App, given: Parts) -> Outcome:
    now = given.clock()
    run = accept.accept(delivery, app, run_id=given.new_id(now), now=now)
    if isinstance(run, accept.Ignored):
        return _ignored(app.name, delivery.id, run.reason, given)
    kept = given.store.accept(run)
    if kept.duplicate:
        return Outcome(app.name, "duplicate", kept.run, "this push has its run already")
    return Outcome(app.name, "accepted", kept.run, accept.note(delivery, app))


def _ignored(app: str, delivery: str, reason: str, given: Parts) -> Outcome:
    given.store.ignored(app, delivery, reason)
    return Outcome(app, "ignored", reason=reason)
