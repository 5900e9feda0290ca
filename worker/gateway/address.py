"""The unix socket of the gateway: bound for its owner alone, reached under any path. Speaks no protocol."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET = "gateway.sock"
"""Its name in the data folder."""

_LONGEST = 100  # sun_path holds 108 bytes on Linux, 104 on macOS (unix(7), <sys/un.h>)


class Occupied(Exception):
    """Another gateway listens there."""


def listen(path: Path) -> socket.socket:
    """Bind and listen with mode 0600; a socket that a dead gateway left there is replaced.

    Raises:
        Occupied: a living gateway listens there.
        OSError: the path cannot be bound.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    server = socket.socket(socket.AF_UNIX)
    try:
        _clear(path)
        with _short(path) as address:
            before = os.umask(0o177)
            try:
                server.bind(address)
            finally:
                os.umask(before)
        server.listen(128)
    except BaseException:
        server.close()
        raise
    return server


def connect(path: Path, seconds: float) -> socket.socket:
    """Connect, with ``seconds`` as the timeout of this and every later act on it.

    Raises:
        OSError: nobody listens there.
    """
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(seconds)
    try:
        with _short(path) as address:
            client.connect(address)
    except BaseException:
        client.close()
        raise
    return client


def _clear(path: Path) -> None:
    try:
        connect(path, 1).close()
    except OSError:
        path.unlink(missing_ok=True)
    else:
        raise Occupied(f"another gateway listens on {path}")


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """An address of the socket that fits, for as long as the context lasts; on Linux by way of its folder's file descriptor."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_DIRECTORY | os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
