"""A client's socket: an answer goes out in one piece, and at the end the client hangs up first. Knows no HTTP."""

import errno
from contextlib import suppress
from typing import Any

from gevent import socket

SEND_SECONDS = 60.0
"""How long a client may take to take an answer."""

LINGER_SECONDS = 2.0
"""How long a client may take to hang up after its last answer."""

KEPT_BYTES = 16_384


class Wire(socket.socket):
    """In place of the socket that gunicorn would use: that sends the head of an answer on its own, which costs as much as the rest."""

    _kept: list[bytes] | None = None

    def keep(self) -> None:
        """Keep what is sent until ``flush``; of more than ``KEPT_BYTES``, as it comes from then on, nothing is kept."""
        self._kept = []

    def flush(self) -> None:
        """Send what is kept, and keep no more."""
        kept, self._kept = self._kept, None
        if kept:
            self._send(b"".join(kept))

    def sendall(self, data: Any, flags: int = 0) -> None:
        if self._kept is None:
            self._send(data)
            return
        self._kept.append(data)
        if len(data) > KEPT_BYTES:
            self.flush()

    def sendfile(self, *args: Any, **kwargs: Any) -> int:
        self.flush()
        return super().sendfile(*args, **kwargs)

    def _send(self, data: bytes) -> None:
        """Nearly every client takes all of it at once, which needs no timer."""
        with suppress(BlockingIOError):
            data = data[self.send(data, timeout=0.0) :]  # type: ignore[call-arg]  # an argument that only gevent has
        if data:
            self._send_slowly(data)

    def _send_slowly(self, data: bytes) -> None:
        self.settimeout(SEND_SECONDS)
        try:
            super().sendall(data)
        except TimeoutError as error:
            raise BrokenPipeError(errno.EPIPE, "the client does not take its answer") from error
        finally:
            self.settimeout(None)

    def close(self) -> None:
        """Wait until the client hangs up: a reset would take from it what it has not read yet (RFC 9112, 9.6)."""
        with suppress(OSError):
            self.shutdown(socket.SHUT_WR)
            self.settimeout(LINGER_SECONDS)
            while self.recv(65536):
                pass
        super().close()
