"""A problem document: https://www.rfc-editor.org/rfc/rfc9457"""

from marshmallow import Schema, fields


class ProblemSchema(Schema):
    """What went wrong, as ``hook_server.problems`` tells it."""

    type = fields.String(required=True, metadata={"description": "Always about:blank: the status says what kind it is."})
    title = fields.String(required=True, metadata={"description": "The status in words."})
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(required=True, metadata={"description": "What is wrong and what to do about it, for people."})
