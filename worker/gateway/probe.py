"""One look at a replica's readiness over HTTP. Keeps nothing."""

import asyncio
import json

# HTTP/1.0: the answer ends with the connection and is never chunked.
_REQUEST = b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
_LENGTH = 4096


async def readiness(port: int, seconds: float) -> str:
    """Ask ``/readyz``.

    Returns:
        Nothing when it answers 200, else what it says instead.
    """
    try:
        return await asyncio.wait_for(_ask(port), seconds)
    except TimeoutError:
        return f"/readyz does not answer within {seconds:g} s"
    except ConnectionRefusedError:
        return "nothing listens on $PORT yet"
    except (OSError, ValueError) as error:
        return f"/readyz gives no HTTP answer: {error}"


async def _ask(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_REQUEST)
        status = (await reader.readline()).decode(errors="replace").split(None, 2)[1:2]
        return "" if status == ["200"] else f"/readyz answers {status[0] if status else 'nothing'}: {await _body(reader)}"
    finally:
        writer.close()


async def _body(reader: asyncio.StreamReader) -> str:
    """What the body says, in one line: its ``detail`` when it is problem JSON (RFC 9457), else its beginning."""
    answer = b""
    while len(answer) < _LENGTH and (more := await reader.read(_LENGTH)):
        answer += more
    text = answer[:_LENGTH].partition(b"\r\n\r\n")[2].decode(errors="replace")
    return " ".join((_detail(text) or text).split())


def _detail(text: str) -> str:
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, TypeError, KeyError):
        return ""
