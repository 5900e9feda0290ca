"""The hook server's process waits in greenlets: gevent must have replaced what waits before anything else is imported."""

import os
import sys

from gevent import monkey


def command(*args: str) -> list[str]:
    """``pushrail`` with these arguments, in such a process; https://www.gevent.org/api/gevent.monkey.html#use-as-a-module"""
    return [sys.executable, "-m", "gevent.monkey", "--module", "cli", *args]


def become() -> None:
    """Begin this command again in such a process, unless it is one."""
    if not monkey.is_module_patched("socket"):
        os.execv(sys.executable, command(*sys.argv[1:]))  # noqa: S606 - ourselves
