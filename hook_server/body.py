"""A request's body as raw bytes, bounded however it is sent. The only reader of the request stream."""

from flask import request

from pipeline.errors import BodyTooLarge


def read(most: int) -> bytes:
    """Take the whole body.

    The bound is one byte above ``most``, because a chunked body is cut at the bound without an error.

    Raises:
        BodyTooLarge: it is longer than ``most`` bytes.
    """
    if (request.content_length or 0) > most:
        raise BodyTooLarge(f"the body is larger than {most} bytes")
    request.max_content_length = most + 1
    body = request.get_data()
    if len(body) > most:
        raise BodyTooLarge(f"the body is larger than {most} bytes")
    return body
