"""Lists page by page: an opaque cursor says where a page begins; ``next`` in the body and a Link header lead to it."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import request
from marshmallow import fields

from hook_server.api.schemas.values import Pattern, Text

LINK = {
    "Link": {
        "description": 'Where the next page is, as rel="next" (https://www.rfc-editor.org/rfc/rfc8288); absent on the last.',
        "schema": {"type": "string"},
    }
}
_PLACE = "^[0-9a-f]{1,13}$"


def cursor(pattern: str = _PLACE) -> Text:
    """The key of a query that says where the page begins; ``pattern`` is what ``next`` is like in that list."""
    told = {"description": "Where to begin: `next` of the page before. Absent is the newest."}
    return Text(validate=Pattern(pattern, "is none that a page named as next"), metadata=told)


def following() -> fields.String:
    """The key of an answer that says where the next page begins."""
    told = {"description": "The cursor of the next page; null when this is the last."}
    return fields.String(required=True, allow_none=True, metadata=told)


def written(place: int | None) -> str | None:
    """A place in a list as a cursor."""
    return None if place is None else f"{place:x}"


def place(cursor: str | None) -> int | None:
    """What ``written`` wrote."""
    return None if cursor is None else int(cursor, 16)


def link(cursor: str | None) -> Mapping[str, str]:
    """The header that leads from this request's page to the next one; none after the last."""
    if cursor is None:
        return {}
    query = urlencode({**request.args.to_dict(), "cursor": cursor})
    return {"Link": f'<{request.path}?{query}>; rel="next"'}
