"""A request's body as raw bytes, bounded in length and in time however it is sent. The only reader of the request stream."""

import socket
from wsgiref.types import InputStream, WSGIEnvironment

from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, ClientDisconnected, ServiceUnavailable
from werkzeug.wsgi import get_content_length

from hook_server.problems import RETRY_AFTER_SECONDS
from hook_server.senders import Senders
from pipeline.errors import BodyTooLarge


def read(environ: WSGIEnvironment, senders: Senders, most: int) -> bytes:
    """Take the whole body, or answer 400 when it ends early or is malformed and 503 when it comes too slowly.

    The bound is one byte above ``most``, because a chunked body is cut at the bound without an error.

    Args:
        environ: of a server that ends the stream where the body ends, as gunicorn does.
        senders: the clients that a body is awaited from.
        most: bytes.

    Raises:
        BodyTooLarge: it is longer than ``most`` bytes.
    """
    declared = get_content_length(environ)
    if (declared or 0) > most:
        raise BodyTooLarge(f"the body is larger than {most} bytes")
    stream, wire = environ["wsgi.input"], environ.get("gunicorn.socket")
    body = _whole(stream, declared, most + 1) if wire is None else _received(stream, declared, most + 1, wire, senders)
    if len(body) > most:
        raise BodyTooLarge(f"the body is larger than {most} bytes")
    return body


def _received(stream: InputStream, declared: int | None, bound: int, wire: socket.socket, senders: Senders) -> bytes:
    """gunicorn reads on until it has what it was asked for, so a bound on each read would bound nothing: the wire itself is watched."""
    senders.enter(wire)
    try:
        return _whole(stream, declared, bound)
    except (OSError, ValueError, ParseException, ClientDisconnected) as error:
        if senders.leave(wire):
            raise BadRequest("the body ends early, or its chunks are malformed") from error
        raise ServiceUnavailable("the body came too slowly; send it again", retry_after=RETRY_AFTER_SECONDS) from error
    finally:
        senders.leave(wire)


def _whole(stream: InputStream, declared: int | None, bound: int) -> bytes:
    body = stream.read(bound if declared is None else declared)
    if len(body) < (declared or 0):  # gunicorn ends a body without an error where the client ends it
        raise ClientDisconnected
    return body
