"""A token as the API tells of it, and what is asked for a new one."""

from marshmallow import Schema, fields, validate

from hook_server.api.schemas.values import Pattern, Text, at, told
from pipeline.token import LIFETIME, NAME, Scope

TOKEN_ID = {
    "in": "path",
    "name": "token_id",
    "description": "A token's id.",
    "schema": {"type": "string", "pattern": "^[0-9a-z]{10}$"},
}

_SCOPE = {"description": "What its holder may do; each scope includes those before it."}


class TokenSchema(Schema):
    id = told("Names it; the second part of its text, and no secret.")
    name = told("Whose it is; stands in the history of what is done with it.")
    scope = fields.String(required=True, validate=validate.OneOf(tuple(Scope)), metadata=_SCOPE)
    created_at = at("When it was made.")
    created_by = told("Who made it.")
    expires_at = at("When it ends by itself; null when it does not.", none=True)
    last_used_at = at("When it was last used, to the minute; null when it was not yet.", none=True)
    revoked_at = at("When it was revoked; null while it is not.", none=True)


class TokensSchema(Schema):
    tokens = fields.Nested(TokenSchema, many=True, required=True, metadata={"description": "Newest first; ended ones for 90 days."})


class MadeSchema(TokenSchema):
    secret = told("What its holder sends as Authorization: Bearer. It is told this once; only a digest is kept.")


class TokenWish(Schema):
    name = Text(
        required=True,
        validate=Pattern(f"^{NAME}$", "must be 1 to 64 small letters, digits, dots, hyphens, underscores or at signs"),
        metadata={"description": "Whose it is, such as jenkins-release or ada-laptop."},
    )
    scope = Text(required=True, validate=validate.OneOf(tuple(Scope), error=f"must be one of {', '.join(Scope)}"), metadata=_SCOPE)
    expires = Text(
        required=True,
        validate=Pattern(f"^({LIFETIME})$", "must be hours or days, such as 12h or 90d, or never"),
        metadata={"description": "How long it counts: hours or days, such as 12h or 90d, or never, until it is revoked."},
    )
