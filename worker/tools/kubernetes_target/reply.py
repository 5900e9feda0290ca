"""What an API server answers: its errors as ours, with what to do about them. Sends nothing."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from pipeline.errors import ToolError

TRANSIENT = (408, 409, 429, 500, 502, 503, 504)
FORBIDDEN = re.compile(r'cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"(?: in API group "(?P<group>[^"]*)")?')


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    retry_after: float = 0.0


class ApiRefused(ToolError):
    """The API server answered with an error; ``status`` is its HTTP code, ``retry_after`` the seconds it wants to be left alone."""

    def __init__(self, status: int, reason: str, retry_after: float = 0.0) -> None:
        super().__init__("kubernetes", reason, transient=status in TRANSIENT)
        self.status = status
        self.retry_after = retry_after


class NotPermitted(ApiRefused):
    """The credentials may not do this; the error names the verb and the resource that the Role lacks."""


def decoded(reply: Reply) -> Any:
    """The JSON of a good answer; ApiRefused when it is none."""
    return orjson.loads(checked(reply).body)


def checked(reply: Reply) -> Reply:
    """A good answer; ApiRefused when it is none."""
    if reply.status >= HTTPStatus.BAD_REQUEST:
        raise refusal(reply)
    return reply


def refusal(reply: Reply) -> ApiRefused:
    """The error for an answer of the API server that says no, with what to do about it."""
    said = status_message(reply) or f"HTTP {reply.status}"
    if reply.status == HTTPStatus.UNAUTHORIZED:
        said = "the API server does not accept the credentials (401); renew them in the kubeconfig or the service account"
    elif missing := FORBIDDEN.search(said):
        resource = ".".join(filter(None, (missing["resource"], missing["group"])))
        said = f"not permitted: add verb {missing['verb']!r} on {resource!r} to the Role ({said})"
        return NotPermitted(reply.status, said)
    return ApiRefused(reply.status, said, reply.retry_after)


def status_message(reply: Reply) -> str:
    """What the API server itself says of an error, or empty when the answer is not its own."""
    try:
        said = orjson.loads(reply.body)
    except ValueError:
        return ""
    own = isinstance(said, dict) and (said.get("kind"), said.get("apiVersion")) == ("Status", "v1")
    return str(said.get("message", "")) if own else ""
