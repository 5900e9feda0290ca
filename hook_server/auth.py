"""Who may ask: bearer tokens for programs; a session and a CSRF token for people. Every comparison takes constant time."""

import hashlib
import hmac
import math
import re
import secrets
from datetime import timedelta

from flask import Blueprint, Flask, abort, make_response, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.wrappers import Response as AnyResponse

from hook_server import body
from hook_server.parts import parts

MOST_BYTES = 16 * 1024

bp = Blueprint("auth", __name__)


class _Sessions(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        """Only where the browser would send it back: it came by https, as gunicorn has it from a proxy it trusts."""
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
    app.jinja_env.globals["csrf_token"] = csrf_token


def require_token() -> None:
    """Let a request pass that brings a bearer token in its Authorization header, and nowhere else."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    right = [_same(token.strip(), known) for known in parts().api_tokens]
    if kind.lower() != "bearer" or not any(right):
        realm = WWWAuthenticate("bearer", {"realm": "pushrail"})
        abort(401, "send the header Authorization: Bearer with the token of PUSHRAIL_API_TOKEN", www_authenticate=realm)


def require_session() -> AnyResponse | None:
    """Let a person pass who has logged in, and a POST only with the CSRF token of the session."""
    if not session.get("member"):
        if request.method == "POST":
            abort(401, "log in first")
        return redirect(url_for("auth.login", next=request.full_path.rstrip("?")))
    require_csrf()
    return None


def require_csrf() -> None:
    if request.method != "POST":
        return
    body.read(MOST_BYTES)
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
    logins, address, now = parts().logins, _address(), parts().clock()
    if wait := math.ceil(logins.wait(address, now)):
        abort(429, f"too many wrong passwords came from your address; try again in {wait} s", retry_after=wait)
    if not _same(request.form.get("password", ""), parts().dashboard_password):
        logins.failed(address, now)
        return make_response(render_template("login.html", wrong=True), 401)
    logins.succeeded(address)
    session.clear()
    session.permanent = True
    session["member"] = True
    return redirect(inside(request.args.get("next", "")))


@bp.post("/logout")
def log_out() -> AnyResponse:
    session.clear()
    return redirect(url_for("auth.login"))


def _address() -> str:
    """Who asks. By https there is a proxy that gunicorn trusts, and the last address it forwarded is the one it saw itself."""
    return (request.access_route[-1] if request.is_secure else request.remote_addr) or ""


def inside(target: str) -> str:
    """``target`` when it is a path of this server, else the first page; browsers read ``//host``, ``/\\host`` and a tab as another host."""
    return target if re.fullmatch(r"/([^/\\\x00-\x20][^\\\x00-\x20]*)?", target) else "/"


def _same(given: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())
