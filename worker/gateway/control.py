"""The gateway's side of its socket: one JSON line asks, JSON lines answer. Decides nothing.

    {"verb": "ping"}                       → {}
    {"verb": "status", "app": …}           → {"status": … | null}
    {"verb": "watch", "app": …}            → {"status": …} now and at every change
    {"verb": "log", "app": …, "replica": 1, "lines": 50}  → {"lines": […]}
    {"verb": "apply", "desired": …}        → {"changed": true | false}

or ``{"error": code, "reason": …}`` with the codes ``stale``, ``kind``, ``port`` and ``request``.
"""

import asyncio
import errno
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from worker.gateway import desired
from worker.gateway.apps import Apps, Unsupported
from worker.gateway.deployment import Stale


class Control:
    """Serves one connection after another; ``apps`` is what they speak of."""

    def __init__(self, apps: Apps) -> None:
        self._apps = apps

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection; a client that goes away ends nothing but that."""
        try:
            await self._answer(reader, writer)
        except ConnectionError:
            return
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await reader.readline())
            if asked["verb"] == "watch":
                await self._watch(asked["app"], reader, writer)
            else:
                await _send(writer, await self._once(asked))
        except (ValueError, KeyError, TypeError) as error:
            await _send(writer, {"error": "request", "reason": f"not understood: {error!r}"})

    async def _once(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        match asked["verb"]:
            case "ping":
                return {}
            case "status":
                status = self._apps.status(asked["app"])
                return {"status": status and asdict(status)}
            case "log":
                return {"lines": list(await self._apps.log(asked["app"], asked["replica"], asked["lines"]))}
            case "apply":
                return await self._apply(asked["desired"])
            case verb:
                raise ValueError(f"no such verb: {verb}")

    async def _apply(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        aim = desired.parse(given)
        try:
            return {"changed": await self._apps.apply(aim)}
        except Stale:
            return {"error": "stale", "reason": f"a later attempt than fence {aim.fence} has applied a release of {aim.app} since"}
        except Unsupported:
            return {"error": "kind", "reason": f"it was started before an app had the target.kind of {aim.app}; start `pushrail up` again"}
        except OSError as error:
            return {"error": "port", "reason": f"port {aim.port} of {aim.address} cannot be used ({error.strerror}); {_advice(error)}"}

    async def _watch(self, app: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Tell until the client hangs up."""
        telling = asyncio.create_task(self._tell(app, writer))
        hanging_up = asyncio.create_task(reader.read())
        await asyncio.wait({telling, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
        for task in (telling, hanging_up):
            task.cancel()
        await asyncio.gather(telling, hanging_up, return_exceptions=True)

    async def _tell(self, app: str, writer: asyncio.StreamWriter) -> None:
        async for status in self._apps.watch(app):
            await _send(writer, {"status": asdict(status)})


def _advice(error: OSError) -> str:
    if error.errno == errno.EACCES:
        return "deploy/pushrail.service and deploy/one-machine.yml say what ports below 1024 need, or give target.port another number"
    return "end the program that has it or give target.port another number"


async def _send(writer: asyncio.StreamWriter, answer: Mapping[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()
