"""What every answer tells a browser: run nothing but our own files, be framed by nobody, and, once reached by https, come by https.

https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
"""

from collections.abc import Sequence

from flask import Flask, Response, request

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Images may stand in a style sheet as data: Swagger UI's icons do."""

ALWAYS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
UNSTORED = ("Cache-Control", "no-store")
BY_HTTPS = "max-age=31536000"
"""A year; without includeSubDomains, for the hosts below this one's name are none of our business."""

_BARE = [*ALWAYS.items(), UNSTORED]
_SECURE = [*_BARE, ("Strict-Transport-Security", BY_HTTPS)]


def unstored(*, secure: bool) -> Sequence[tuple[str, str]]:
    """What an answer outside of Flask says, one that nobody may store; ``secure`` when it was asked for by https."""
    return _SECURE if secure else _BARE


def register(app: Flask) -> None:
    app.after_request(_harden)


def _harden(response: Response) -> Response:
    response.headers.update(ALWAYS)
    response.headers.setdefault(*UNSTORED)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = BY_HTTPS
    return response
