"""Every error as problem JSON (RFC 9457). What went wrong inside is logged and never told."""

import json
from http import HTTPStatus
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException


class Problem(Exception):
    """A request that is refused, and why; `errors` holds one {pointer, detail} for each wrong field."""

    def __init__(self, status: HTTPStatus, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors or []


def register(app: Flask) -> None:
    """Answer every error of `app`, foreseen or not, as problem JSON."""
    app.register_error_handler(Problem, _refused)
    app.register_error_handler(HTTPException, _http_error)


def _refused(problem: Problem) -> Response:
    members: dict[str, Any] = {"errors": problem.errors} if problem.errors else {}
    return Response(_body(problem.status, problem.detail, **members), problem.status, content_type="application/problem+json")


def _http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
    return Response(_body(status, error.description or status.description), status, headers, content_type="application/problem+json")


def _body(status: HTTPStatus, detail: str, **members: Any) -> str:
    return json.dumps({"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **members}) + "\n"
