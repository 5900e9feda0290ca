"""A forge's API over HTTPS: one request, bounded in time and size. A redirect is an answer: the token goes to the host that was named."""

import json

import urllib3

from pipeline.errors import ToolError
from worker.report_requests import Reply, Request

CONNECT_SECONDS, SILENT_SECONDS = 5.0, 10.0
_MOST_BYTES = 1024 * 1024


def send(forge: str, request: Request) -> Reply:
    """Send a request.

    Args:
        forge: its name, for people to read.

    Raises:
        ToolError: it did not answer, and may or may not have done what was asked.
    """
    if not all(value.isascii() and value.isprintable() for value in request.headers.values()):  # the library's own error would show it
        raise ToolError(forge, "the token holds characters that no header can; see report.token_env")
    body = None if request.body is None else json.dumps(request.body).encode()
    headers = {**request.headers, **({"Content-Type": "application/json"} if body else {})}
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=SILENT_SECONDS)
    try:
        with urllib3.PoolManager(timeout=timeout, retries=False) as http:
            answer = http.request(request.method, request.url, body=body, headers=headers, redirect=False, preload_content=False)
            content = answer.read(_MOST_BYTES)
            answer.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise ToolError(forge, f"does not answer: {_why(error)}", transient=True) from error
    return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content)


def _why(error: urllib3.exceptions.HTTPError) -> str:
    """Without the object that the library's own words begin with."""
    return str(error).partition(": ")[2] or str(error)
