"""One replica: started, started again when it ends, looked at for readiness, and drained when it may go. Decides nothing for others."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.gateway.desired import Desired
from worker.gateway.log import bound, tail
from worker.gateway.pool import Backend, Pool
from worker.gateway.probe import readiness
from worker.gateway.running import CannotStart, Ending, Running, Starters, Unavailable
from worker.gateway.status import ReplicaStatus, State
from worker.gateway.timing import Timing, back_off

_AGAIN = 1.0  # seconds until what did not answer is asked again
_FAILURES = 3  # Kubernetes' default failureThreshold
_SETTLED = 60.0  # seconds of life after which a crash is the first again

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a replica is given by its app; ``changed`` is called whenever its status did."""

    pool: Pool
    timing: Timing
    starters: Starters
    changed: Callable[[], None]


class Replica:
    def __init__(self, number: int, desired: Desired, log: Path, around: Surroundings) -> None:
        self.id = number
        self.release = desired.release
        self.state = State.STARTING
        self._desired = desired
        self._log = log
        self._around = around
        self._running: Running | None = None
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

    def status(self, *, current: bool) -> ReplicaStatus:
        return ReplicaStatus(
            id=self.id,
            image=self.release.image,
            current=current,
            state=self.state,
            name=self._running.name if self._running else None,
            port=self._running.port if self._running else None,
            restarts=max(self._starts - 1, 0),
            exit_code=self._exit_code,
            reason=self._reason,
            log=str(self._log),
        )

    def leave(self) -> None:
        """Leave the pool for good."""
        self._leaving.set()
        self._change(State.DRAINING)

    async def log(self, lines: int) -> Sequence[str]:
        """The last lines of its output."""
        return await self._running.log(lines) if self._running else tail(self._log, lines)

    async def drain(self, rest: float, limit: float, grace: float) -> None:
        """Let connections end or come to rest, then end what runs; a second call with shorter times hurries the first.

        Args:
            rest: seconds of quiet after which a connection is not waited for.
            limit: seconds to wait for connections.
            grace: seconds from SIGTERM to SIGKILL.
        """
        if self._backend:
            await self._backend.rest(rest, limit)
        if self._running:
            self._running.terminate()
        _, living = await asyncio.wait({self._life}, timeout=grace)
        if living and self._running:
            self._running.kill()
        await asyncio.wait({self._life})

    async def part(self, seconds: float) -> None:
        """The gateway ends: let connections end, then drain; what outlives a gateway is left running instead."""
        if self._running and self._running.outlives:
            self._life.cancel()
            if self._backend:
                await self._backend.rest(seconds / 10, seconds)
        else:
            await self.drain(seconds / 10, seconds, seconds)

    async def _live(self) -> None:
        while not self._leaving.is_set():
            pause = await self._live_once()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), pause)

    async def _live_once(self) -> float:
        """One start to its end; the seconds to wait before the next."""
        try:
            self._running = await self._around.starters[type(self.release)].start(self._desired, self._log)
        except Unavailable as error:
            self._change(State.WAITING, str(error))
            return _AGAIN
        except Exception as error:  # whatever it is, the replica is tried again
            if not isinstance(error, CannotStart):
                _log.exception("replica %d of %s", self.id, self._desired.app)
            self._starts += 1
            self._crashed(0, Ending(None, str(error) or repr(error)))
            return back_off(self._crashes)
        self._starts += 1
        await self._until_end(self._running, Backend(self._running.port))
        return back_off(self._crashes)

    async def _until_end(self, running: Running, backend: Backend) -> None:
        self._backend = backend
        clock = asyncio.get_running_loop().time
        born = clock()
        looking = asyncio.create_task(self._look(backend))
        if self._leaving.is_set():
            running.terminate()
        self._change(State.STARTING)
        try:
            ending = await running.ended()
        finally:
            looking.cancel()
        self._around.pool.remove(backend)
        self._running = self._backend = None
        self._crashed(clock() - born, ending)

    def _crashed(self, lived: float, ending: Ending) -> None:
        self._crashes = 1 if lived > _SETTLED else self._crashes + 1
        self._exit_code = ending.code
        self._change(State.STARTING if self._crashes < 2 else State.FAILED, ending.reason)

    async def _look(self, backend: Backend) -> None:
        """Ask for readiness for as long as it runs."""
        timing = self._around.timing
        while True:
            self._looked(await readiness(backend.port, self.release.readiness, timing.answer))
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
