"""The gateway process from its start to its end: composition and signals."""

import asyncio
import contextlib
import logging
import resource
import signal
from collections.abc import Sequence
from pathlib import Path

from worker.gateway.address import listen
from worker.gateway.apps import Apps
from worker.gateway.control import Control
from worker.gateway.deployment import Stale
from worker.gateway.desired import ContainerRelease, Desired, FolderRelease
from worker.gateway.process import Processes
from worker.gateway.running import Starter, Starters
from worker.gateway.timing import Timing

_FILES = 65536  # two for each connection; replicas inherit the limit

_log = logging.getLogger(__name__)


def serve(
    socket_path: Path, logs: Path, live: Sequence[Desired] = (), timing: Timing | None = None, containers: Starter | None = None
) -> None:
    """Run a gateway until SIGTERM or SIGINT, then part from every replica (within ``timing.stop`` seconds) and return.

    It must be called in the main thread of a process of its own.

    Args:
        socket_path: where ``client.Gateway`` reaches it, of any length on Linux.
        logs: folder for the output of replicas.
        live: releases to bring back at the start.
        containers: what starts replicas as containers; without it only processes can be.

    Raises:
        Occupied: a living gateway listens on that path.
        OSError: the path cannot be bound.
    """
    _raise_file_limit()
    asyncio.run(_serve(socket_path, logs, live, timing or Timing(), containers))


def _raise_file_limit() -> None:
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if 0 <= now < wanted:
        with contextlib.suppress(ValueError):  # macOS names a maximum that it then refuses
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def _serve(socket_path: Path, logs: Path, live: Sequence[Desired], timing: Timing, containers: Starter | None) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    listening = listen(socket_path)
    starters: Starters = {FolderRelease: Processes(), **({ContainerRelease: containers} if containers else {})}
    apps = Apps(logs, timing, starters)
    server = await asyncio.start_unix_server(Control(apps).serve, sock=listening)
    try:
        for starter in starters.values():
            starter.open(live)
        await _bring_back(apps, live)
        await told.wait()
    finally:
        server.close()
        await apps.stop()
        socket_path.unlink(missing_ok=True)
        for starter in starters.values():
            starter.close()


async def _bring_back(apps: Apps, live: Sequence[Desired]) -> None:
    for desired in live:
        try:
            await apps.apply(desired)
        except Stale:
            _log.info("%s: a run was quicker", desired.app)
        except OSError as error:
            _log.error("%s cannot come back on %s:%d: %s", desired.app, desired.address, desired.port, error.strerror)
