"""Replicas as processes: their start from a release folder, their end. Knows no readiness and no connection.

Each gets a group of its own, so that its workers end with it, and an environment of its own: nothing that this service was given is in it.
"""

import asyncio
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from worker.gateway.desired import Desired, FolderRelease
from worker.gateway.log import open_log, tail
from worker.gateway.ports import free_port
from worker.gateway.running import CannotStart, Ending
from worker.gateway.watchdog import Watchdog

_DEFAULTS = {"LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class Process:
    """A running process, the leader of its group; the ``Running`` protocol.

    Args:
        gone: called once it has ended with all it left behind.
    """

    outlives = False

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path, gone: Callable[[], None]) -> None:
        self.name = str(process.pid)
        self.port = port
        self._process = process
        self._log = log
        self._gone = gone

    async def ended(self) -> Ending:
        code = await self._process.wait()
        self.kill()
        self._gone()
        return Ending(code, f"exited with code {code}")

    def terminate(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            return

    async def log(self, lines: int) -> Sequence[str]:
        return tail(self._log, lines)


class Processes:
    """Starts them; they end with the gateway, however it ends. The ``Starter`` protocol."""

    def __init__(self) -> None:
        self._watchdog = Watchdog()
        self._ports: set[int] = set()

    def open(self, live: Sequence[Desired]) -> None:
        """Nothing of an earlier gateway is left to be found."""

    async def start(self, desired: Desired, log: Path) -> Process:
        with ExitStack() as kept:
            try:
                port = kept.enter_context(self._port())
                home = kept.enter_context(tempfile.TemporaryDirectory(prefix="pushrail-", ignore_cleanup_errors=True))
                process = await _started(desired.release, port, log, home)
            except OSError as error:
                raise CannotStart(f"cannot be started: {error}") from error
            self._watchdog.add(process.pid)
            kept.callback(self._watchdog.remove, process.pid)
            return Process(process, port, log, kept.pop_all().close)

    def close(self) -> None:
        self._watchdog.close()

    @contextmanager
    def _port(self) -> Iterator[int]:
        """A free port that no other start gets meanwhile."""
        self._ports.add(port := free_port(self._ports))
        try:
            yield port
        finally:
            self._ports.discard(port)


async def _started(release: object, port: int, log: Path, home: str) -> asyncio.subprocess.Process:
    """A process that should listen on ``port``; OSError when there is no such program or folder, or it cannot be run."""
    assert isinstance(release, FolderRelease)
    with open_log(log) as output:
        return await asyncio.create_subprocess_exec(
            *release.command,
            cwd=release.folder,
            env=_environment(release, port, home),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _environment(release: FolderRelease, port: int, home: str) -> Mapping[str, str]:
    # A home each: gunicorn >= 25.1 puts its control socket there and two replicas would take it from each other.
    homes = dict.fromkeys(("HOME", "TMPDIR", "XDG_RUNTIME_DIR"), home)
    path = f"{release.bin}:/usr/local/bin:/usr/bin:/bin"
    return {**_DEFAULTS, **release.variables, **homes, "PATH": path, "PORT": str(port)}
