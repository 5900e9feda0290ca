"""Processes that do not outlive the one that started them."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PRCTL = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None
"""Found before any fork: the child of a process with threads must not load libraries."""


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, however that ends; for the child, right after the fork.

    To the kernel the parent is the thread that forked: who calls this must have been started by one that stays. Linux only (prctl(2));
    elsewhere it does nothing, and only an orderly end takes the children along.
    """
    if _PRCTL is None:
        return
    parent = os.getppid()
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended between the fork and the call
        os.kill(os.getpid(), signal.SIGKILL)
