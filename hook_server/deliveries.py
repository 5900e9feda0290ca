"""What the API and the pages do alike about deliveries: list them, find one, send one through once more.

Answers with HTTP errors, never with HTML or JSON.
"""

import re
from dataclasses import replace

from flask import abort

from hook_server import asked
from hook_server.accept import one_line
from hook_server.decide import decided
from hook_server.parts import parts
from pipeline.deliveries import Entry, Page
from pipeline.delivery import Decision

ID = "[1-9][0-9]{0,14}-[0-9]{1,15}"
"""A time in milliseconds and a number, as Redis names the entries of a stream."""


def listed(limit: int, *, app: str, outcome: str, before: str) -> Page:
    """Entries of the log, newest first, with what this process had yet to write."""
    parts().spool.flush()
    return parts().deliveries.page(limit, app=app, outcome=outcome, before=before)


def is_id(text: str) -> bool:
    """Whether an entry of the log can have this id."""
    return re.fullmatch(ID, text) is not None


def found(entry: str) -> Entry:
    """An entry of the log by its id, or 400 or 404."""
    if not is_id(entry):
        abort(400, "this is not the id of a delivery in the log")
    kept = parts().spec.deliveries
    gone = f"there is no delivery {entry}; the log keeps {kept.keep} for {kept.days} days"
    return parts().deliveries.entry(entry) or abort(404, gone)


def redeliver(entry: Entry, *, key: str, by: str, reason: str) -> Entry:
    """Decide on a delivery once more, by pipeline.yaml as it is now, and build exactly its commit; or 409.

    It is an entry of its own that names the first. Neither its claim nor a skip marker stands against it, for a person asks.

    Args:
        key: the same key starts nothing a second time.
        by: who asks, for people to read.
        reason: why, or empty.
    """
    given, push = parts(), entry.received.push
    if push is None:
        abort(409, "this delivery was no push, or could not be read: let the forge send it again")
    now = given.clock()
    received = replace(entry.received, received_at=now, redelivers=entry.id, requested_by=by, reason=one_line(reason))
    decisions = decided(push, received.signed_by, given.spec.apps.values(), new_id=given.new_id, now=now, asked=True)
    name, outcomes = given.deliveries.receive(received, [_of_a_person(decision, entry.id, key, by) for decision in decisions])
    return Entry(name, received, tuple(outcomes))


def _of_a_person(decision: Decision, entry: str, key: str, by: str) -> Decision:
    return replace(decision, run=decision.run and asked.redelivered(decision.run, entry, key=key, by=by))
