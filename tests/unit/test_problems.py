"""What the client is told of an error, whichever way it came."""

import pytest
from werkzeug.exceptions import HTTPException, MethodNotAllowed, ServiceUnavailable

from hook_server import problems
from pipeline.errors import BadSignature, BodyTooLarge, SecretLost, StoreUnavailable, TooManyForgeries


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (BadSignature("wrong"), 401, []),
        (BodyTooLarge("too large"), 413, []),
        (TooManyForgeries("too many", 7), 429, [("Retry-After", "7")]),
        (SecretLost("lost"), 503, [("Retry-After", "5")]),
        (StoreUnavailable("away"), 503, [("Retry-After", "5")]),
        (MethodNotAllowed(["POST"]), 405, [("Allow", "POST")]),
        (ServiceUnavailable("slow", retry_after=3), 503, [("Retry-After", "3")]),
        (RuntimeError("s3cret"), 500, []),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_has_one_answer(error: Exception, status: int, headers: list[tuple[str, str]]) -> None:
    problem = problems.of(error, "POST /hooks/github")
    assert (problem.status, list(problem.headers)) == (status, headers)
    said = error.description if isinstance(error, HTTPException) else str(error)
    assert problem.detail == (said if status != 500 else "a defect of Pushrail; the server's log has the details")


def test_a_problem_is_written_as_rfc_9457_has_it() -> None:
    body = problems.Problem(404, "nothing is here").body
    assert body == b'{"detail": "nothing is here", "status": 404, "title": "Not Found", "type": "about:blank"}\n'
