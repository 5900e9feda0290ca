"""Who may ask: bearer tokens for programs; a session and a CSRF token for people. Every comparison takes constant time.

A session keeps how somebody signed in, by the password or by which token, and never the secret; what it may do is found out anew on each
request, so that it ends with its token.
"""

import hashlib
import hmac
import math
import re
import secrets
from datetime import timedelta
from io import BytesIO
from typing import NoReturn

from flask import Blueprint, Flask, Request, Response, abort, g, make_response, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.wrappers import Response as AnyResponse

from hook_server import body
from hook_server.caller import BY_ENVIRONMENT, BY_PASSWORD, READING, Caller, holder, may, permit_by_method
from hook_server.parts import parts
from pipeline.token import PATTERN, read

MOST_BYTES = 16 * 1024

_SHARED = {caller.name: caller for caller in (BY_PASSWORD, BY_ENVIRONMENT)}

bp = Blueprint("auth", __name__)


class _Sessions(SecureCookieSessionInterface):
    """Flask's own, except that a request without cookies, as every delivery is, costs nothing: there is no signature to get ready for."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return super().open_session(app, request) if "Cookie" in request.headers else self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session or session.accessed or session.modified:
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Only where the browser would send it back: it came by https."""
        return request.is_secure


def configure(app: Flask, password: str, tokens: tuple[str, ...]) -> None:
    """Make sessions that several server processes share and that end when the password or a token changes."""
    app.secret_key = hashlib.scrypt(password.encode(), salt="\n".join(("pushrail session", *tokens)).encode(), n=2**12, r=8, p=1)
    app.session_interface = _Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="pushrail",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
    )
    app.jinja_env.globals.update(csrf_token=csrf_token, may=may)


def require_token() -> None:
    """Let a request pass that brings a bearer token in its Authorization header, and nowhere else; each operation says which scope."""
    if PATTERN.search(request.query_string.decode("latin-1")):
        _refuse("a token in an address is in logs and histories by now: revoke it, and send another in the header Authorization")
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    found = _by_token(text.strip()) if kind.lower() == "bearer" else None
    if found is None:
        _refuse("send the header Authorization: Bearer with a token that counts: one of `pushrail token create`, or of PUSHRAIL_API_TOKEN")
    g.caller = found[1]


def require_session() -> AnyResponse | None:
    """Let a person pass who has signed in and may do this, and what changes something only with the CSRF token of the session."""
    found = _of_session()
    if found is None:
        if request.method not in READING:
            abort(401, "log in first")
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))
    g.caller = found
    require_csrf()
    permit_by_method()
    return None


def require_csrf() -> None:
    if request.method in READING:
        return
    request.environ["wsgi.input"] = BytesIO(body.read(request.environ, parts().bodies, MOST_BYTES))  # request.form reads it
    if not _same(request.form.get("csrf", ""), session.get("csrf", "")):
        abort(403, "this form is too old or came from elsewhere; reload the page and send it again")


def csrf_token() -> str:
    """The session's token, made when it is first asked for."""
    return str(session.setdefault("csrf", secrets.token_hex(16)))


@bp.before_request
def _every_form_carries_a_token() -> None:
    require_csrf()


@bp.get("/login")
def login() -> str:
    return render_template("login.html", wrong=False)


@bp.post("/login")
def log_in() -> AnyResponse:
    logins, address, now = parts().logins, request.remote_addr or "", parts().clock()
    if wait := math.ceil(logins.wait(address, now)):
        abort(429, f"too many wrong passwords came from your address; try again in {wait} s", retry_after=wait)
    found = _signed_in(request.form.get("password", ""))
    if found is None:
        logins.failed(address, now)
        return make_response(render_template("login.html", wrong=True), 401)
    logins.succeeded(address)
    session.clear()
    session.permanent = True
    session["by"], _ = found
    return redirect(inside(request.args.get("next", "")))


@bp.post("/logout")
def log_out() -> AnyResponse:
    session.clear()
    return redirect(url_for("auth.login"))


def inside(target: str) -> str:
    """``target`` when it is a path of this server, else the first page; browsers read ``//host``, ``/\\host`` and a tab as another host."""
    return target if re.fullmatch(r"/([^/\\\x00-\x20][^\\\x00-\x20]*)?", target) else "/"


def _signed_in(given: str) -> tuple[str, Caller] | None:
    """Whose password or token this is, and how a session names that; None for nobody's."""
    if _same(given, parts().dashboard_password):
        return BY_PASSWORD.name, BY_PASSWORD
    return _by_token(given.strip())


def _by_token(text: str) -> tuple[str, Caller] | None:
    """Whose token this is, and its id; None for nobody's, or one that has ended."""
    right = [_same(text, known) for known in parts().api_tokens]  # a list: each is compared
    if any(right):
        return BY_ENVIRONMENT.name, BY_ENVIRONMENT
    credential = read(text)
    token = parts().tokens.admitted(credential, parts().clock()) if credential else None
    return (token.id, holder(token)) if token else None


def _of_session() -> Caller | None:
    """Who signed in, as far as that counts now. Sessions of the password and of the environment's tokens end with the session's key."""
    by = str(session.get("by", ""))
    if by in _SHARED or not by:
        return _SHARED.get(by)
    token = parts().tokens.counting(by, parts().clock())
    return holder(token) if token else None


def _refuse(detail: str) -> NoReturn:
    abort(401, detail, www_authenticate=WWWAuthenticate("bearer", {"realm": "pushrail"}))


def _same(given: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())
