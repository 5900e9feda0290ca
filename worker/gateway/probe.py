"""One look at a replica's readiness over HTTP. Keeps nothing."""

import asyncio
import json

# HTTP/1.0: the answer ends with the connection and is never chunked.
_REQUEST = "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
_LENGTH = 4096


async def readiness(port: int, path: str, seconds: float) -> str:
    """Ask a path, such as ``/readyz``.

    Returns:
        Nothing when it answers 200, else what it says instead.
    """
    try:
        return await asyncio.wait_for(_ask(port, path), seconds)
    except TimeoutError:
        return f"{path} does not answer within {seconds:g} s"
    except ConnectionRefusedError:
        return "nothing listens on $PORT yet"
    except ConnectionResetError:
        return _unheard(path)
    except (OSError, ValueError) as error:
        return f"{path} gives no HTTP answer: {error}"


async def _ask(port: int, path: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_REQUEST.format(path=path).encode())
        line = await reader.readline()
        if not line:
            return _unheard(path)
        status = line.decode(errors="replace").split(None, 2)[1:2]
        return "" if status == ["200"] else f"{path} answers {status[0] if status else 'nothing'}: {await _body(reader)}"
    finally:
        writer.close()


def _unheard(path: str) -> str:
    """An engine takes connections to a published port, and drops them while nobody listens inside."""
    return f"{path} is not answered: nothing listens on 0.0.0.0:$PORT yet"


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
