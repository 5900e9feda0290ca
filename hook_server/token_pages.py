"""The page of tokens, for who has the scope admin: which there are, a new one, the end of one."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hook_server import auth, tokens
from hook_server.caller import permit
from hook_server.parts import parts
from pipeline.token import Scope

LIFETIMES = {"7d": "a week", "30d": "30 days", "90d": "90 days", "365d": "a year", "never": "until it is revoked"}

bp = Blueprint("token_pages", __name__)
bp.before_request(auth.require_session)
bp.before_request(lambda: permit(Scope.ADMIN))


@bp.get("/tokens")
def list_tokens() -> str:
    return _page()


@bp.post("/tokens")
def make() -> tuple[str, int]:
    """The one answer that holds the secret; no redirect, which would have to carry it."""
    made, credential = tokens.make(*(request.form.get(key, "") for key in ("name", "scope", "expires")))
    return _page(made=made, secret=credential.text), 201


@bp.post("/tokens/<token_id>/revoke")
def revoke(token_id: str) -> AnyResponse:
    tokens.revoke(token_id)
    return redirect(url_for("token_pages.list_tokens"), 303)


def _page(**made: object) -> str:
    return render_template(
        "tokens.html", tokens=parts().tokens.all(), scopes=tuple(Scope), lifetimes=LIFETIMES, now=parts().clock(), **made
    )
