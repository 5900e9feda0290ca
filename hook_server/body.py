"""A request's body as raw bytes, bounded in length and in time however it is sent. The only reader of the request stream."""

import socket

from flask import abort, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected

from hook_server.parts import parts
from pipeline.errors import BodyTooLarge

RETRY_AFTER_SECONDS = 5


def read(most: int) -> bytes:
    """Take the whole body, or answer 400 when it ends early or is malformed and 503 when it comes too slowly.

    The bound is one byte above ``most``, because a chunked body is cut at the bound without an error.

    Raises:
        BodyTooLarge: it is longer than ``most`` bytes.
    """
    if (request.content_length or 0) > most:
        raise BodyTooLarge(f"the body is larger than {most} bytes")
    request.max_content_length = most + 1
    wire = request.environ.get("gunicorn.socket")
    body = request.get_data() if wire is None else _received(wire)
    if len(body) > most:
        raise BodyTooLarge(f"the body is larger than {most} bytes")
    return body


def _received(wire: socket.socket) -> bytes:
    """gunicorn reads on until it has what it was asked for, so a bound on each read would bound nothing: the wire itself is watched."""
    bodies = parts().bodies
    bodies.enter(wire)
    try:
        return _whole()
    except (ClientDisconnected, ParseException):
        if bodies.leave(wire):
            abort(400, "the body ends early, or its chunks are malformed")
        abort(503, "the body came too slowly; send it again", retry_after=RETRY_AFTER_SECONDS)
    finally:
        bodies.leave(wire)


def _whole() -> bytes:
    body = request.get_data()
    if len(body) < (request.content_length or 0):  # gunicorn ends a body without an error where the client ends it
        raise ClientDisconnected
    return body
