"""A second, tiny process that outlives the gateway just long enough to end its replicas, whatever ended the gateway.

PR_SET_PDEATHSIG would reach only the leader of a group, not its workers, and only on Linux. Run as a script it is that process, and then
imports nothing of ours.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys

_log = logging.getLogger(__name__)


class Watchdog:
    """The gateway's end: which process groups are to die with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-IS", __file__], stdin=subprocess.PIPE, start_new_session=True)

    def add(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End what is left and the watchdog itself."""
        self._process.communicate()

    def _tell(self, line: str) -> None:
        assert self._process.stdin
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            _log.error("the watchdog is gone: replicas will outlive a gateway that is killed")


def _watch() -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    _watch()
