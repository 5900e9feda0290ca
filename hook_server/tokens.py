"""What the API and the pages do alike about tokens: make one, revoke one. Answers with HTTP errors, never with HTML or JSON."""

import re

from flask import abort

from hook_server.caller import caller
from hook_server.parts import parts
from pipeline.token import NAME, Credential, Scope, Token, lifetime, new


def make(name: str, scope: str, expires: str) -> tuple[Token, Credential]:
    """Keep a token made by who asks; its credential is nowhere else. Or 400.

    Args:
        expires: how long it counts, such as ``12h`` or ``90d``, or ``never``.
    """
    if not re.fullmatch(NAME, name):
        abort(400, "name must be 1 to 64 small letters, digits, dots, hyphens, underscores or at signs, such as jenkins-release")
    if scope not in tuple(Scope):
        abort(400, f"scope must be one of {', '.join(Scope)}")
    now, credential = parts().clock(), new()
    span = _lifetime(expires)
    token = Token(credential.id, name, Scope(scope), now, caller().name, None if span is None else now + span)
    parts().tokens.keep(token, credential, now)
    return token, credential


def revoke(token_id: str) -> None:
    """End it at once, for good; or 404."""
    if not parts().tokens.revoke(token_id, parts().clock()):
        abort(404, f"there is no token {token_id[:64]}; those that ended are forgotten after 90 days")


def _lifetime(text: str) -> float | None:
    try:
        return lifetime(text)
    except ValueError as error:
        abort(400, str(error))
