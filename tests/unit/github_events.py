"""GitHub's events as a test sends them, and as they are read."""

import json
from typing import Any

from hook_server.forges import github
from hook_server.forges.request import Event, Request
from hook_server.payload import JSON
from pipeline.delivery import Delivery

GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


def said(event: str, guid: str = GUID, body: dict[str, Any] | None = None) -> Event:
    headers = {"x-github-event": event, "x-github-delivery": guid}
    return github.read(Request(headers, JSON, json.dumps(body or {}).encode(), at=1000.0))


def read(event: dict[str, Any]) -> Delivery:
    found = said("push", body=event)
    assert isinstance(found, Delivery)
    return found
