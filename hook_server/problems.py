"""Every error as an answer: problem JSON (RFC 9457) for programs, a page for people. No view catches anything."""

import logging
from collections.abc import Iterable
from http import HTTPStatus

from flask import Flask, Response, json, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from pipeline.errors import DeliveryRejected, StoreUnavailable, TooManyForgeries
from pipeline.token import PATTERN

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = "5"
_FOR_PROGRAMS = ("/api/", "/hooks/", "/livez", "/metrics", "/readyz")


def problem(status: int, detail: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Answer with an error.

    Args:
        status: of HTTP.
        detail: what is wrong and what to do, for the person who asked.
    """
    title = HTTPStatus(status).phrase
    if _for_a_person():
        return make_response(render_template("error.html", status=status, title=title, detail=detail), status, list(headers))
    body = json.dumps({"type": "about:blank", "title": title, "status": status, "detail": detail})
    return Response(body + "\n", status, list(headers), content_type="application/problem+json")


def register(app: Flask) -> None:
    app.register_error_handler(DeliveryRejected, _rejected)
    app.register_error_handler(TooManyForgeries, _too_many)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _defect)


def _rejected(error: DeliveryRejected) -> Response:
    logger.info("%s %s refused with %d: %s", request.method, _path(), error.status, error)
    return problem(error.status, str(error), [("Retry-After", RETRY_AFTER_SECONDS)] if error.status == 503 else [])


def _too_many(error: TooManyForgeries) -> Response:
    """Not a line of the log each: whoever sends thousands would write it full."""
    return problem(error.status, str(error), [("Retry-After", str(error.retry_after))])


def _unavailable(error: StoreUnavailable) -> Response:
    logger.error("%s %s: %s", request.method, _path(), error)
    return problem(503, str(error), [("Retry-After", RETRY_AFTER_SECONDS)])


def _http(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    own = ("content-type", "content-length")
    headers = [(name, value) for name, value in error.get_headers() if name.lower() not in own]
    return problem(error.code, error.description or "", headers)


def _defect(error: Exception) -> Response:
    logger.error("%s %s: a defect", request.method, _path(), exc_info=error)
    return problem(500, "a defect of Pushrail; the server's log has the details")


def _path() -> str:
    """For the log: somebody may have put a token where the id of a run belongs."""
    return PATTERN.sub("pr_***", request.path)


def _for_a_person() -> bool:
    best = request.accept_mimetypes.best_match(["application/problem+json", "application/json", "text/html"])
    return best == "text/html" and not request.path.startswith(_FOR_PROGRAMS)
