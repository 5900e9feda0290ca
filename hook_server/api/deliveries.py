"""Deliveries: what forges sent and what came of it; one of them once more."""

from collections.abc import Mapping
from typing import Any

from hook_server import deliveries
from hook_server.api.describe import blueprint, links, operation
from hook_server.api.paging import LINK, link
from hook_server.api.schemas.delivery import DELIVERY_ID, DeliveriesQuery, DeliveriesSchema, DeliverySchema, RedeliverWish, shown
from hook_server.api.schemas.key import KeySchema
from hook_server.caller import caller
from pipeline.token import Scope

bp = blueprint("deliveries", "Authenticated requests to the webhook addresses, each with what came of it for each app.")

_NEWEST = {"delivery_id": "$response.body#/deliveries/0/id"}


@bp.get("/deliveries")
@operation(Scope.READ, 400)
@bp.arguments(DeliveriesQuery, location="query")
@bp.response(200, DeliveriesSchema, headers=LINK)
@links(
    next_page={"operationId": "list_deliveries", "parameters": {"cursor": "$response.body#/next"}},
    newest={"operationId": "show_delivery", "parameters": _NEWEST},
    again={"operationId": "redeliver", "parameters": _NEWEST},
)
def list_deliveries(query: Mapping[str, Any]) -> Any:
    """Deliveries, newest first

    A page may hold fewer of a rare kind than `limit` and still have a `next`.
    """
    page = deliveries.listed(query["limit"], app=query["app"], outcome=query["outcome"], before=query.get("cursor", ""))
    after = page.older or None
    return {"deliveries": [shown(entry) for entry in page.entries], "next": after}, link(after)


@bp.get("/deliveries/<delivery_id>", parameters=[DELIVERY_ID])
@operation(Scope.READ, 400, 404)
@bp.response(200, DeliverySchema)
def show_delivery(delivery_id: str) -> Mapping[str, Any]:
    """One delivery, with what is kept of it"""
    return shown(deliveries.found(delivery_id))


@bp.post("/deliveries/<delivery_id>/redeliver", parameters=[DELIVERY_ID])
@operation(Scope.TRIGGER, 404, 409, body=True)
@bp.arguments(RedeliverWish, required=False)
@bp.arguments(KeySchema, location="headers")
@bp.response(202, DeliverySchema, description="The delivery as it went through once more, an entry of its own.")
def redeliver(wish: Mapping[str, str], key: Mapping[str, str], delivery_id: str) -> Mapping[str, Any]:
    """Send a delivery through once more

    It is decided on by pipeline.yaml as it is now, and exactly its commit is built; neither the first time nor a skip marker stands
    against it.
    """
    again = deliveries.redeliver(deliveries.found(delivery_id), key=key["key"], by=caller().name, reason=wish["reason"])
    return shown(again)
