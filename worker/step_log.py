"""A run's log as the worker writes it: a local file first, from there to Redis. A Redis that is away never stops a run."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from pipeline import token
from pipeline.errors import StoreUnavailable

_EVERY = 0.1
_AT_ONCE = 256 * 1024
_LONGEST = 16 * 1024
"""Characters of a line; in any encoding fewer bytes than are shipped at once, so that whole lines always can be."""

_CONTROL = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Whatever moves a cursor or turns the direction of text around: a log must read as it is."""


class StepLog:
    """Takes lines, marks them with the time of day (UTC), hides secrets, and ships what is new every tenth of a second.

    The file is all that is kept of what has not been shipped, so an outage costs no memory.

    Args:
        path: the local file; it stays after the run.
        ship: takes bytes, whole lines, to Redis; StoreUnavailable means later.
        hidden: values that must not be shown, longest first.
        clock: Unix seconds.
    """

    def __init__(
        self, path: Path, ship: Callable[[bytes], None], hidden: Iterable[str] = (), clock: Callable[[], float] = time.time
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        self._sent = self._file.seek(0, os.SEEK_END)
        self._ship, self._hidden, self._clock = ship, tuple(hidden), clock
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_shipping, daemon=True)
        self._thread.start()

    def line(self, text: str) -> None:
        """Add one line, or several when the text holds newlines."""
        now = datetime.fromtimestamp(self._clock(), UTC).strftime("%H:%M:%S")
        lines = shown(text, self._hidden).splitlines() or [""]
        with suppress(OSError):  # a full disk must not stop a run; the gap shows in the times of the lines around it
            self._file.write("".join(f"{now} {_bounded(line)}\n" for line in lines).encode("utf-8", "replace"))

    def __enter__(self) -> "StepLog":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self, patience: float = 300.0) -> None:
        """Ship the rest; while Redis is away, keep trying for ``patience`` seconds."""
        self._closing.set()
        self._thread.join()
        until = time.monotonic() + patience
        while not self._shipped() and time.monotonic() < until:
            time.sleep(_EVERY)
        self._file.close()

    def _keep_shipping(self) -> None:
        while not self._closing.wait(_EVERY):
            self._shipped()

    def _shipped(self) -> bool:
        """Ship every whole line there is; False when Redis is away."""
        while piece := self._unsent():
            try:
                self._ship(piece)
            except StoreUnavailable:
                return False
            self._sent += len(piece)
        return True

    def _unsent(self) -> bytes:
        piece = os.pread(self._file.fileno(), _AT_ONCE, self._sent)
        return piece[: piece.rfind(b"\n") + 1]


def shown(text: str, hidden: Iterable[str]) -> str:
    """A text as it may be read: no secret, nothing that moves a cursor. Control characters go first: they could stand within a secret."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    for secret in hidden:
        text = text.replace(secret, "***")
    return token.PATTERN.sub("***", text)


def _bounded(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}… ({len(line) - _LONGEST} more characters)"
