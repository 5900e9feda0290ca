"""One app in the gateway: what it should come to, the replicas it has, the port its clients connect to."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from worker.gateway.desired import Desired
from worker.gateway.log import path_for
from worker.gateway.pool import Pool
from worker.gateway.proxy import Client
from worker.gateway.replica import Replica, Surroundings
from worker.gateway.rolling import Drain, Member, complete, next_act
from worker.gateway.running import Starters
from worker.gateway.status import AppStatus, State
from worker.gateway.timing import Timing


class Stale(Exception):
    """A later attempt has applied something since."""


@dataclass(frozen=True, slots=True)
class House:
    """What all apps of a gateway share; ``changed`` is called whenever a status did."""

    logs: Path
    timing: Timing
    starters: Starters
    changed: Callable[[], None]


class Deployment:
    """Made without a replica; the first ``apply`` brings them."""

    def __init__(self, desired: Desired, house: House) -> None:
        self._desired = desired
        self._house = house
        self._generation = 0
        self._numbers = 0
        self._replicas: list[Replica] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._bound: tuple[str, int] | None = None
        self._pool = Pool()
        self._around = Surroundings(self._pool, house.timing, house.starters, self._converge)

    async def apply(self, desired: Desired) -> bool:
        """Make ``desired`` the aim; crashing replicas make room for fresh ones at once, without their back-off (werf/kubedog#165).

        Returns:
            Whether that changed what runs: the release, or that anything does.

        Raises:
            Stale: its fence is lower than that of the aim before.
            OSError: another program has the port.
        """
        if desired.fence < self._desired.fence:
            raise Stale
        await self._listen(desired.address, desired.port)
        changed = 0 in (self._generation, self._desired.replicas) or desired.release != self._desired.release
        self._generation += changed
        self._desired = desired
        for replica in [replica for replica in self._replicas if replica.is_crashing]:
            self._drain(replica)
        self._converge()
        return changed

    async def _listen(self, address: str, port: int) -> None:
        if (address, port) == self._bound:
            return
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Client(self._pool, self._house.timing.wait), address, port, backlog=1024)
        if self._server:
            self._server.close()
        self._server, self._bound = server, (address, port)

    def status(self) -> AppStatus:
        desired, release = self._desired, self._desired.release
        return AppStatus(
            app=desired.app,
            port=desired.port,
            generation=self._generation,
            run=desired.run,
            fence=desired.fence,
            release=release,
            wanted=desired.replicas,
            complete=complete(self._members(), desired.replicas),
            replicas=tuple(replica.status(current=replica.release == release) for replica in self._replicas),
            bad=desired.bad,
        )

    async def log(self, number: int, lines: int) -> Sequence[str]:
        """The last lines of a replica's output; none when it is gone."""
        replica = next((replica for replica in self._replicas if replica.id == number), None)
        return await replica.log(lines) if replica else ()

    async def stop(self) -> None:
        """Listen no more and part from every replica, all at once, within the time a gateway has to stop."""
        if self._server:
            self._server.close()
        self._desired = replace(self._desired, replicas=0)
        self._converge()
        for task in self._leaving:
            task.cancel()
        half = self._house.timing.stop / 2
        await asyncio.gather(*(replica.part(half) for replica in self._replicas))

    def _members(self) -> list[Member]:
        release = self._desired.release
        staying = (replica for replica in self._replicas if replica.state is not State.DRAINING)
        return [Member(replica.id, replica.release == release, replica.state) for replica in staying]

    def _converge(self) -> None:
        """Do all there is to do now; called on every change."""
        while act := next_act(self._members(), self._desired.replicas):
            if isinstance(act, Drain):
                self._drain(next(replica for replica in self._replicas if replica.id == act.id))
            else:
                self._start()
        self._house.changed()

    def _start(self) -> None:
        self._numbers += 1
        log = path_for(self._house.logs, self._desired.app, self._numbers)
        self._replicas.append(Replica(self._numbers, self._desired, log, self._around))

    def _drain(self, replica: Replica) -> None:
        replica.leave()
        task = asyncio.create_task(self._leave(replica))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _leave(self, replica: Replica) -> None:
        timing = self._house.timing
        await replica.drain(timing.rest, timing.drain, timing.grace)
        self._replicas.remove(replica)
        self._house.changed()
