"""Replicas as containers of this machine's engine: made, or taken on after a restart of the gateway. The gateway's ``Starter`` of them."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from weakref import WeakValueDictionary

from docker import DockerClient

from pipeline.errors import SettingsError
from worker.gateway.desired import ContainerRelease, Desired
from worker.gateway.running import CannotStart, Unavailable
from worker.tools.docker_target.container import Container
from worker.tools.docker_target.events import follow
from worker.tools.docker_target.left import Left, take_stock
from worker.tools.docker_target.making import INSTALLATION, key, make
from worker.tools.docker_target.refusal import refusals

_AGAIN = 1.0  # seconds until an engine that does not answer is asked again


class Containers:
    """Starts them; the ``Starter`` protocol.

    Args:
        installation: tells ours from those of others on the same engine.
        connect: makes a client of the engine.
        secret: the value of a secret by its name; SettingsError when there is none.
    """

    def __init__(self, installation: str, connect: Callable[[], DockerClient], secret: Callable[[str], str]) -> None:
        self._installation = installation
        self._connect = connect
        self._secret = secret
        self._known: WeakValueDictionary[str, Container] = WeakValueDictionary()
        self._live: Sequence[Desired] = ()
        self._engine: tuple[DockerClient, Left] | None = None
        self._lock = asyncio.Lock()

    def open(self, live: Sequence[Desired]) -> None:
        self._live = live
        loop = asyncio.get_running_loop()

        def told(container: str | None) -> None:
            with suppress(RuntimeError):  # the gateway has ended
                loop.call_soon_threadsafe(self._told, container)

        label = f"{INSTALLATION}={self._installation}"
        threading.Thread(target=follow, args=(self._connect, label, told), daemon=True).start()
        self._looking = loop.create_task(self._look())

    async def start(self, desired: Desired, log: Path) -> Container:
        release = desired.release
        assert isinstance(release, ContainerRelease)
        secrets = self._secrets(release)
        client, everything = await self._stock()
        left = everything.get((desired.app, key(release, secrets)))
        with refusals():
            found = left.pop() if left else await asyncio.to_thread(make, client, self._installation, desired, secrets)
        container = self._known[found.id] = Container(client, found, release.memory, log, tuple(secrets.values()))
        return container

    def close(self) -> None:
        self._looking.cancel()

    def _told(self, ended: str | None) -> None:
        for known, container in self._known.items():
            if ended in (None, known):
                container.news.set()

    def _secrets(self, release: ContainerRelease) -> Mapping[str, str]:
        try:
            return {name: self._secret(name) for name in release.secrets}
        except SettingsError as error:
            raise CannotStart(f"cannot be started: {error}") from error

    async def _look(self) -> None:
        """See to what is left even when no app is live."""
        while True:
            try:
                await self._stock()
                return
            except (CannotStart, Unavailable):
                await asyncio.sleep(_AGAIN)

    async def _stock(self) -> tuple[DockerClient, Left]:
        """The engine and what is left on it, looked at once; never in the loop's own thread, for an engine may hang."""
        async with self._lock:
            if self._engine is None:
                with refusals():
                    client = await asyncio.to_thread(self._connect)
                    self._engine = client, await asyncio.to_thread(take_stock, client, self._installation, self._wanted())
            return self._engine

    def _wanted(self) -> Counter[tuple[str, str]]:
        wanted: Counter[tuple[str, str]] = Counter()
        for desired in self._live:
            if isinstance(desired.release, ContainerRelease):
                with suppress(CannotStart):
                    wanted[desired.app, key(desired.release, self._secrets(desired.release))] = desired.replicas
        return wanted
