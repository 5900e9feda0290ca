"""A delivery as the API tells of it, and what is asked of deliveries."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from marshmallow import Schema, fields, validate

from hook_server.api.paging import cursor, following
from hook_server.api.schemas.values import Count, Pattern, Text, at, told
from hook_server.deliveries import ID
from pipeline.deliveries import Entry
from pipeline.delivery import OUTCOMES

_ID = f"^{ID}$"

DELIVERY_ID = {
    "in": "path",
    "name": "delivery_id",
    "description": "A delivery's id in the log.",
    "schema": {"type": "string", "pattern": _ID},
}


class OutcomeSchema(Schema):
    """What a delivery came to for one app."""

    app = told("The app; empty when it concerned none.")
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES), metadata={"description": "As it stands now."})
    run = told("The run that was started, or that had it already; else empty.")
    reason = told("Why, in one line, or empty.")


class PushSchema(Schema):
    """What a push says, as it is kept."""

    id = told("The forge's id of the event.")
    forge = told("Who sent it, by the URL it was sent to.")
    event = told("The forge's own name for what happened.")
    repository = told("owner/name.")
    repository_id = told("The forge's number for the repository, or empty.")
    ref = told("The full ref.")
    before = told("The commit the ref was at before.")
    commit = told("The commit the ref is at; all zeros when it was deleted.")
    sender = told("Who pushed, for people to read.")
    pusher = told("Who pushed, by login, where the event tells it apart from the sender; else empty.")
    message = told("The head commit's message, cut when it is very long.")
    deleted = fields.Boolean(required=True, metadata={"description": "The push removed the ref."})
    forced = fields.Boolean(required=True, metadata={"description": "The push took commits away, as far as the event tells."})
    changed = fields.List(
        fields.String(), required=True, allow_none=True, metadata={"description": "The paths it touched; null where that is not certain."}
    )


class DeliveryLinksSchema(Schema):
    self = told("This delivery.")
    redeliver = told("POST here to send it through once more.")
    page = told("Its page, for people.")


class DeliverySchema(Schema):
    """One authenticated request to a webhook address, with what came of it."""

    id = told("Its id in the log; grows from one to the next.")
    forge = told("Who sent it, by the URL it was sent to.")
    event = told("The forge's own name for what happened; empty when the request could not be read.")
    delivery = told("The forge's id of the event, the same when it is sent again; empty when the request could not be read.")
    received_at = at("When.")
    signed_by = fields.Dict(
        fields.String(),
        fields.Integer(),
        required=True,
        metadata={"description": "By app, which of its secrets signed it, from 1."},
    )
    push = fields.Nested(PushSchema, required=True, allow_none=True, metadata={"description": "What it says; null when it is no push."})
    redelivers = told("The delivery that a person sent through once more; else empty.")
    requested_by = told("Who did; else empty.")
    reason = told("Why, if they said so.")
    outcomes = fields.Nested(OutcomeSchema, many=True, required=True, metadata={"description": "One for each app it concerns."})
    links = fields.Nested(DeliveryLinksSchema, required=True, dump_only=True)


def shown(entry: Entry) -> Mapping[str, Any]:
    """What there is to tell of an entry."""
    received = {name: getattr(entry.received, name) for name in type(entry.received).__slots__}
    return {**received, "id": entry.id, "delivery": entry.received.id, "outcomes": entry.outcomes, "links": _links(entry.id)}


def _links(entry: str) -> Mapping[str, str]:
    own = url_for("deliveries.show_delivery", delivery_id=entry)
    return {"self": own, "redeliver": f"{own}/redeliver", "page": url_for("delivery_pages.show_delivery", entry=entry)}


class DeliveriesSchema(Schema):
    deliveries = fields.Nested(DeliverySchema, many=True, required=True, metadata={"description": "Newest first."})
    next = following()


class DeliveriesQuery(Schema):
    app = Text(
        load_default="",
        validate=Pattern("^[A-Za-z0-9_-]{0,64}$", "is not the name of an app"),
        metadata={"description": "Only deliveries that concern this app."},
    )
    outcome = Text(
        load_default="",
        validate=Pattern(f"^({'|'.join(OUTCOMES)})?$", f"must be one of {', '.join(OUTCOMES)}"),
        metadata={"description": "Only deliveries that came to this, for the app if one is named."},
    )
    limit = Count(50, least=1, most=200, description="How many deliveries at most.")
    cursor = cursor(_ID)


class RedeliverWish(Schema):
    reason = Text(load_default="", metadata={"description": "Why, for the log."})
