"""The Idempotency-Key: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07"""

import secrets

from marshmallow import Schema

from hook_server.api.schemas.values import Pattern, Text

_TEXT = """\
Names this wish. The same key is the same run for 7 days, however often it is sent; without one, every request is a wish of its own.\
"""


class KeySchema(Schema):
    key = Text(
        data_key="Idempotency-Key",
        load_default=lambda: secrets.token_hex(16),
        validate=Pattern("^[!-~]{1,200}$", "must be 1 to 200 visible ASCII characters"),
        metadata={"description": _TEXT},
    )
