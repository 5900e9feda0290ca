"""One container as the gateway sees it: its end, its log, its signals. Starts none."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import APIError, NotFound

from pipeline.errors import ToolError
from worker.gateway.log import open_log, tail
from worker.gateway.running import Ending
from worker.tools.docker_images.engine import AWAY

_AGAIN = 0.5  # seconds until an engine that does not answer is asked again
_KEPT = 200  # lines of an ended container that stay to be read

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What the engine knows it by, and the port of 127.0.0.1 it is published on."""

    id: str
    name: str
    port: int


class Container:
    """A started container; the ``Running`` protocol. It goes on without the gateway, as a pod does without its kubelet.

    Args:
        memory: its bound, for words about its end.
        log: where its last lines are kept when it has ended and is removed.
        hidden: values that its log must not show.
    """

    outlives = True

    def __init__(self, client: DockerClient, found: Found, memory: str | None, log: Path, hidden: Sequence[str]) -> None:
        self.name = found.name
        self.port = found.port
        self.news = asyncio.Event()
        self._client = client
        self._id = found.id
        self._memory = memory
        self._log = log
        self._hidden = hidden
        self._asked: str | None = None

    async def ended(self) -> Ending:
        while True:
            self.news.clear()
            try:
                if ending := await asyncio.to_thread(self._ending):
                    return ending
            except (APIError, *AWAY):
                await asyncio.sleep(_AGAIN)
                continue
            if self._asked is not None:  # the engine was away when it was asked
                self._send(self._asked)
            await self.news.wait()

    def terminate(self) -> None:
        self._send("")

    def kill(self) -> None:
        self._send("SIGKILL")

    async def log(self, lines: int) -> Sequence[str]:
        said: Sequence[str] = ()
        with suppress(APIError, *AWAY):
            said = await asyncio.to_thread(self._lines, lines)
        return (*tail(self._log, lines), *said)[-lines:]

    def _ending(self) -> Ending | None:
        """How it ended, with its last lines kept and itself removed; None while it runs."""
        try:
            state = self._client.api.inspect_container(self._id)["State"]
            if state["Running"]:
                return None
            self._keep(self._lines(_KEPT))
            self._client.api.remove_container(self._id, v=True, force=True)
        except NotFound:
            return Ending(None, "its container was removed by somebody else")
        return Ending(state["ExitCode"], _reason(state, self._memory))

    def _lines(self, count: int) -> Sequence[str]:
        text = self._client.api.logs(self._id, tail=count).decode("utf-8", "replace")
        for value in self._hidden:
            text = text.replace(value, "***")
        return text.splitlines()

    def _keep(self, lines: Sequence[str]) -> None:
        with suppress(OSError), open_log(self._log) as file:  # on a full disk the end matters more than its log
            file.write("".join(f"{line}\n" for line in lines).encode())

    def _send(self, signal: str) -> None:
        self._asked = signal
        asyncio.get_running_loop().run_in_executor(None, self._signal, signal)

    def _signal(self, signal: str) -> None:
        """The image's own stop signal when ``signal`` is empty."""
        try:
            name = signal or self._client.api.inspect_container(self._id)["Config"].get("StopSignal") or "SIGTERM"
            self._client.api.kill(self._id, name)
        except APIError as error:  # it ended by itself in this very moment
            _log.info("%s: %s", self.name, error.explanation)
        except (ToolError, *AWAY) as error:
            _log.warning("%s cannot be ended now: %s", self.name, error)


def _reason(state: dict[str, Any], memory: str | None) -> str:
    if state["OOMKilled"]:
        bound = f"its {memory} of memory" if memory else "the machine's memory"
        return f"was killed for using more than {bound} (OOMKilled, exit code {state['ExitCode']})"
    return f"exited with code {state['ExitCode']}"
