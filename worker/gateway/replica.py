"""One replica: its process, started again when it ends, looked at for readiness, and drained when it may go. Decides nothing for others."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from worker.gateway import process
from worker.gateway.desired import Release
from worker.gateway.log import bound, open_log
from worker.gateway.pool import Backend, Pool
from worker.gateway.ports import free_port
from worker.gateway.probe import readiness
from worker.gateway.process import Process
from worker.gateway.status import ReplicaStatus, State
from worker.gateway.timing import Timing, back_off
from worker.gateway.watchdog import Watchdog

_FAILURES = 3  # Kubernetes' default failureThreshold
_SETTLED = 60.0  # seconds of life after which a crash is the first again


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a replica is given by its app; ``ports`` are those of all replicas, ``changed`` is called whenever its status did."""

    pool: Pool
    ports: set[int]
    timing: Timing
    watchdog: Watchdog
    changed: Callable[[], None]


class Replica:
    def __init__(self, number: int, release: Release, log: Path, around: Surroundings) -> None:
        self.id = number
        self.release = release
        self.state = State.STARTING
        self._log = log
        self._around = around
        self._process: Process | None = None
        self._backend: Backend | None = None
        self._starts = 0
        self._crashes = 0
        self._misses = 0
        self._exit_code: int | None = None
        self._reason = ""
        self._leaving = asyncio.Event()
        self._life = asyncio.create_task(self._live())

    @property
    def is_crashing(self) -> bool:
        """It ended and has not become ready since."""
        return self._crashes > 0 and self.state in (State.STARTING, State.FAILED)

    def status(self) -> ReplicaStatus:
        return ReplicaStatus(
            id=self.id,
            image=self.release.image,
            state=self.state,
            pid=self._process.pid if self._process else None,
            port=self._backend.port if self._backend else None,
            restarts=max(self._starts - 1, 0),
            exit_code=self._exit_code,
            reason=self._reason,
            log=str(self._log),
        )

    def leave(self) -> None:
        """Leave the pool for good."""
        self._leaving.set()
        self._change(State.DRAINING)

    async def drain(self, rest: float, limit: float, grace: float) -> None:
        """Let connections end or come to rest, then end the process; a second call with shorter times hurries the first.

        Args:
            rest: seconds of quiet after which a connection is not waited for.
            limit: seconds to wait for connections.
            grace: seconds from SIGTERM to SIGKILL.
        """
        if self._backend:
            await self._backend.rest(rest, limit)
        if self._process:
            self._process.terminate()
        _, living = await asyncio.wait({self._life}, timeout=grace)
        if living and self._process:
            self._process.kill()
        await asyncio.wait({self._life})

    async def _live(self) -> None:
        while not self._leaving.is_set():
            await self._live_once()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), back_off(self._crashes))

    async def _live_once(self) -> None:
        """One process from start to end."""
        self._starts += 1
        try:
            self._backend = Backend(free_port(self._around.ports))
            self._process = await self._start(self._backend.port)
            await self._until_end(self._process, self._backend)
        except OSError as error:
            self._crashed(0, None, f"cannot be started: {error}")

    async def _start(self, port: int) -> Process:
        self._around.ports.add(port)
        try:
            with open_log(self._log) as output:
                return await process.start(self.release, port, output, self._around.watchdog)
        except OSError:
            self._around.ports.discard(port)
            raise

    async def _until_end(self, running: Process, backend: Backend) -> None:
        clock = asyncio.get_running_loop().time
        born = clock()
        looking = asyncio.create_task(self._look(backend))
        if self._leaving.is_set():
            running.terminate()
        self._change(State.STARTING)
        code = await running.ended()
        looking.cancel()
        self._around.pool.remove(backend)
        self._around.ports.discard(backend.port)
        self._process = self._backend = None
        self._crashed(clock() - born, code, f"exited with code {code}")

    def _crashed(self, lived: float, code: int | None, reason: str) -> None:
        self._crashes = 1 if lived > _SETTLED else self._crashes + 1
        self._exit_code = code
        self._change(State.STARTING if self._crashes < 2 else State.FAILED, reason)

    async def _look(self, backend: Backend) -> None:
        """Ask for readiness for as long as the process lives."""
        timing = self._around.timing
        while True:
            self._looked(await readiness(backend.port, timing.answer))
            bound(self._log)
            await asyncio.sleep(timing.watch if self.state is State.READY else timing.probe)

    def _looked(self, reason: str) -> None:
        self._misses = self._misses + 1 if reason else 0
        if not reason:
            self._change(State.READY)
        elif self.state is not State.READY:
            self._change(self.state, reason)
        elif self._misses >= _FAILURES:
            self._change(State.UNREADY, reason)

    def _change(self, state: State, reason: str = "") -> None:
        """Take a state on, unless on the way out; in or out of the pool with it."""
        state = State.DRAINING if self._leaving.is_set() else state
        if (state, reason) == (self.state, self._reason):
            return
        self.state, self._reason = state, reason
        if self._backend:
            (self._around.pool.add if state is State.READY else self._around.pool.remove)(self._backend)
        self._around.changed()
