"""One process of a replica: its start from a release folder, its end. Knows no readiness and no connection.

It gets a group of its own, so that its workers end with it, and an environment of its own: nothing that this service was given reaches it.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping
from typing import BinaryIO

from worker.gateway.desired import Release
from worker.gateway.watchdog import Watchdog

_DEFAULTS = {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class Process:
    """A running process, the leader of its group."""

    def __init__(self, process: asyncio.subprocess.Process, home: tempfile.TemporaryDirectory[str], watchdog: Watchdog) -> None:
        self.pid = process.pid
        self._process = process
        self._home = home
        self._watchdog = watchdog
        watchdog.add(self.pid)

    async def ended(self) -> int:
        """Wait for its end, then end what it left behind.

        Returns:
            Its exit code, negative for a signal.
        """
        code = await self._process.wait()
        self.kill()
        self._watchdog.remove(self.pid)
        self._home.cleanup()
        return code

    def terminate(self) -> None:
        """Ask the leader to end, as an engine asks process 1; what it makes of it for its workers is its own matter."""
        if self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        """End the whole group now."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            return


async def start(release: Release, port: int, output: BinaryIO, watchdog: Watchdog) -> Process:
    """Start a release that should listen on ``port``.

    Raises:
        OSError: there is no such program or folder, or it cannot be run.
    """
    home = tempfile.TemporaryDirectory(prefix="pushrail-", ignore_cleanup_errors=True)
    try:
        process = await asyncio.create_subprocess_exec(
            *release.command,
            cwd=release.folder,
            env=_environment(release, port, home.name),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except BaseException:
        home.cleanup()
        raise
    return Process(process, home, watchdog)


def _environment(release: Release, port: int, home: str) -> Mapping[str, str]:
    # A home each: gunicorn >= 25.1 puts its control socket there and two replicas would take it from each other.
    homes = dict.fromkeys(("HOME", "TMPDIR", "XDG_RUNTIME_DIR"), home)
    path = f"{release.bin}:/usr/local/bin:/usr/bin:/bin"
    return {**_DEFAULTS, **release.variables, **homes, "PATH": path, "PORT": str(port)}
