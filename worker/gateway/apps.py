"""All apps of a gateway by name, and the news of their changes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from worker.gateway.deployment import Deployment, House
from worker.gateway.desired import Desired
from worker.gateway.running import Starters
from worker.gateway.status import AppStatus
from worker.gateway.timing import Timing


class Unsupported(Exception):
    """The gateway was not made to start such releases."""


class Apps:
    """Empty at first.

    Args:
        logs: the folder for the replicas' output, one folder in it for each app.
    """

    def __init__(self, logs: Path, timing: Timing, starters: Starters) -> None:
        self._house = House(logs, timing, starters, self._changed)
        self._deployments: dict[str, Deployment] = {}
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()

    async def apply(self, desired: Desired) -> bool:
        """What ``Deployment.apply`` does, for its app, which may be new; Unsupported when nothing here starts its kind of release."""
        if type(desired.release) not in self._house.starters:
            raise Unsupported
        async with self._lock:
            deployment = self._deployments.get(desired.app) or Deployment(desired, self._house)
            changed = await deployment.apply(desired)
            self._deployments[desired.app] = deployment
            return changed

    def status(self, app: str) -> AppStatus | None:
        """None when nothing was ever applied to it."""
        deployment = self._deployments.get(app)
        return deployment.status() if deployment else None

    async def log(self, app: str, replica: int, lines: int) -> Sequence[str]:
        """The last lines of a replica's output; none when it is gone."""
        deployment = self._deployments.get(app)
        return await deployment.log(replica, lines) if deployment else ()

    async def watch(self, app: str) -> AsyncIterator[AppStatus]:
        """The status now and whenever it has changed; a reader who is slow misses what lies between."""
        last = None
        while True:
            news = self._news
            status = self.status(app)
            if status and status != last:
                last = status
                yield status
            else:
                await news.wait()

    async def stop(self) -> None:
        async with self._lock:
            await asyncio.gather(*(deployment.stop() for deployment in self._deployments.values()))

    def _changed(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
