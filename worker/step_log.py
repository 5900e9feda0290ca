"""A run's log as the worker writes it: a local file first, from there to Redis. A Redis that is away never stops a run."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from pipeline.errors import StoreUnavailable

_EVERY = 0.1
_CONTROL = dict.fromkeys((*range(9), *range(11, 32), 127))


class StepLog:
    """Takes lines, marks them with the time of day (UTC), hides secrets, and ships what is new every tenth of a second.

    Args:
        path: the local file; it stays after the run.
        ship: takes bytes to Redis; StoreUnavailable means later.
        hidden: values that must not be shown.
        clock: Unix seconds.
    """

    def __init__(
        self, path: Path, ship: Callable[[bytes], None], hidden: Iterable[str] = (), clock: Callable[[], float] = time.time
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._ship, self._hidden, self._clock = ship, tuple(hidden), clock
        self._unsent = b""
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_shipping, daemon=True)
        self._thread.start()

    def line(self, text: str) -> None:
        """Add one line, or several when the text holds newlines."""
        for secret in self._hidden:
            text = text.replace(secret, "***")
        now = datetime.fromtimestamp(self._clock(), UTC).strftime("%H:%M:%S")
        said = "".join(f"{now} {part.translate(_CONTROL)}\n" for part in text.splitlines() or [""]).encode("utf-8", "replace")
        self._file.write(said)
        with self._lock:
            self._unsent += said

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
            time.sleep(_EVERY * 5)
        self._file.close()

    def _keep_shipping(self) -> None:
        while not self._closing.wait(_EVERY):
            self._shipped()

    def _shipped(self) -> bool:
        with self._lock:
            piece = self._unsent
        if not piece:
            return True
        try:
            self._ship(piece)
        except StoreUnavailable:
            return False
        with self._lock:
            self._unsent = self._unsent[len(piece) :]
        return not self._unsent
