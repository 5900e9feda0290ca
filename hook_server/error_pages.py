"""Every error of a view as an answer: problem JSON for programs, a page for people. No view catches anything."""

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from hook_server import problems
from hook_server.problems import Problem
from pipeline.token import PATTERN

_FOR_PROGRAMS = ("/api/", "/hooks/", "/livez", "/metrics", "/readyz")


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _answer)


def shown(problem: Problem) -> Response:
    """The answer to the request under way."""
    if _for_a_person():
        page = render_template("error.html", status=problem.status, title=problem.title, detail=problem.detail)
        return make_response(page, problem.status, list(problem.headers))
    return Response(problem.body, problem.status, list(problem.headers), content_type=problems.CONTENT_TYPE)


def _http(error: HTTPException) -> AnyResponse:
    return error.get_response() if error.code is None or error.code < 400 else _answer(error)


def _answer(error: Exception) -> Response:
    return shown(problems.of(error, f"{request.method} {_path()}"))


def _path() -> str:
    """For the log: somebody may have put a token where the id of a run belongs."""
    return PATTERN.sub("pr_***", request.path)


def _for_a_person() -> bool:
    best = request.accept_mimetypes.best_match(["application/problem+json", "application/json", "text/html"])
    return best == "text/html" and not request.path.startswith(_FOR_PROGRAMS)
