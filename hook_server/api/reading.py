"""What a request says → checked values: its query, headers and body by their schemas. Whatever is not described is refused with 400."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NoReturn

from flask import Request, abort
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from hook_server import body, payload
from hook_server.parts import parts

MOST_BYTES = 64 * 1024
"""Of a body: one small JSON object."""

_MOST_TOLD = 5


class StrictParser(FlaskParser):
    """As webargs reads, but the body only as the server reads every body: bounded, and strict JSON."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, "json": RAISE}  # noqa: RUF012 - as webargs declares it

    def load_json(self, req: Request, schema: Schema) -> Mapping[str, Any]:
        """The body's object, empty when there is no body; raises DeliveryRejected for any other."""
        raw = body.read(req.environ, parts().bodies, MOST_BYTES)
        if not raw:
            return {}
        charset, encoding = req.mimetype_params.get("charset", ""), req.headers.get("Content-Encoding", "")
        payload.check_type(req.mimetype, charset, encoding, known=(payload.JSON,))
        return payload.parse(raw, payload.JSON)

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query, in which a key stands once."""
        if more := [key for key, values in req.args.lists() if len(values) > 1]:
            abort(400, f"{more[0][:64]} stands more than once in the query")
        return super().load_querystring(req, schema)

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, *, error_status_code: int | None, error_headers: Any
    ) -> NoReturn:
        """Answer with what is wrong and where."""
        abort(400, "; ".join(islice(_told(error.messages_dict, schema), _MOST_TOLD)))


def _told(found: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    """A sentence for each thing found."""
    known = [field.data_key or name for name, field in schema.load_fields.items()]
    for location, wrong in found.items():
        place = "body" if location == "json" else location
        for key, words in wrong.items():
            unknown = f"the {place} holds {str(key)[:64]!r}; it may hold {', '.join(known) or 'nothing'}"
            yield f"{key} {words[0]}" if key in known else unknown
