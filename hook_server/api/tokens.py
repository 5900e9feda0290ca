"""Tokens: which there are, a new one, the end of one. For who has the scope admin."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hook_server import tokens
from hook_server.api.describe import blueprint, operation
from hook_server.api.schemas.token import TOKEN_ID, MadeSchema, TokensSchema, TokenWish
from hook_server.parts import parts
from pipeline.token import Scope

bp = blueprint("tokens", "What lets programs and people in, and how far.")


@bp.get("/tokens")
@operation(Scope.ADMIN)
@bp.response(200, TokensSchema)
def list_tokens() -> Mapping[str, Any]:
    """Tokens, newest first

    Those of the environment variable PUSHRAIL_API_TOKEN are not among them.
    """
    return {"tokens": parts().tokens.all()}


@bp.post("/tokens")
@operation(Scope.ADMIN, body=True)
@bp.arguments(TokenWish)
@bp.response(201, MadeSchema)
def make_token(wish: Mapping[str, str]) -> Mapping[str, Any]:
    """Make a token

    The answer is the only place where its secret is ever told.
    """
    token, credential = tokens.make(wish["name"], wish["scope"], wish["expires"])
    return {**asdict(token), "secret": credential.text}


@bp.delete("/tokens/<token_id>", parameters=[TOKEN_ID])
@operation(Scope.ADMIN, 404)
@bp.response(204)
def revoke_token(token_id: str) -> None:
    """Revoke a token

    It ends at once and for good, and so do the sessions of whoever signed in by it. To do it twice is to do it once.
    """
    tokens.revoke(token_id)
