"""A run that is ended from outside: its attempt is told by a signal, and ends the way it does after an error, leaving nothing behind.

The signal is one that nobody else sends; SIGTERM, say, is what a service manager may send to every process there is.
"""

import os
import signal
from contextlib import suppress
from types import FrameType

_SIGNAL = signal.SIGUSR1


class Halted(BaseException):
    """The run has ended already. No ``Exception``, so that a broad ``except`` in a library cannot swallow it."""


def obey() -> None:
    """Raise Halted in the main thread of this process, once, when it is told."""
    signal.signal(_SIGNAL, _raise)


def tell(process: int) -> None:
    """Tell a child that obeys; one that has just ended needs no telling."""
    with suppress(ProcessLookupError):
        os.kill(process, _SIGNAL)


def _raise(signum: int, frame: FrameType | None) -> None:
    signal.signal(_SIGNAL, signal.SIG_IGN)  # what cleans up is not to be disturbed
    raise Halted
