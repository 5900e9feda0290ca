"""How other processes speak to the gateway: blocking, one connection for each question. Knows no target."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.errors import Fenced, ToolError
from worker.gateway import address, status
from worker.gateway.desired import Desired
from worker.gateway.status import AppStatus

_SECONDS = 10.0


class Gateway:
    """The gateway behind a socket; making one connects to nothing."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path

    def ping(self) -> None:
        """Return when a gateway answers.

        Raises:
            ToolError: none does.
        """
        self._ask({"verb": "ping"})

    def status(self, app: str) -> AppStatus | None:
        """How an app stands, None when nothing was ever applied to it; ToolError when there is no gateway."""
        found = self._ask({"verb": "status", "app": app})["status"]
        return status.parse(found) if found else None

    def apply(self, desired: Desired) -> bool:
        """Make a release the aim of its app.

        Returns:
            Whether something else was the aim before.

        Raises:
            Fenced: a later attempt has applied since.
            ToolError: there is no gateway, or the port is taken.
        """
        return bool(self._ask({"verb": "apply", "desired": asdict(desired)})["changed"])

    def log(self, app: str, replica: int, lines: int) -> tuple[str, ...]:
        """The last lines of a replica's output; none when it is gone, ToolError when there is no gateway."""
        return tuple(self._ask({"verb": "log", "app": app, "replica": replica, "lines": lines})["lines"])

    def watch(self, app: str, seconds: float) -> Iterator[AppStatus]:
        """How an app stands, now and whenever that changes, until ``seconds`` are over; ToolError when the gateway goes away."""
        end = time.monotonic() + seconds
        for answer in self._lines({"verb": "watch", "app": app}, end):
            yield status.parse(answer["status"])

    def _ask(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        for answer in self._lines(question, time.monotonic() + _SECONDS):
            return answer
        raise _gone("it does not answer")

    def _lines(self, question: Mapping[str, Any], end: float) -> Iterator[Mapping[str, Any]]:
        """The answers that come before ``end``."""
        try:
            with address.connect(self._path, _SECONDS) as connection, connection.makefile("rb") as lines:
                connection.sendall(json.dumps(question).encode() + b"\n")
                while (left := end - time.monotonic()) > 0:
                    connection.settimeout(left)
                    yield _checked(lines.readline())
        except TimeoutError:
            return
        except OSError as error:
            raise _gone(str(error)) from error


def _checked(line: bytes) -> Mapping[str, Any]:
    if not line.endswith(b"\n"):
        raise _gone("it went away")
    answer: Mapping[str, Any] = json.loads(line)
    match answer.get("error"):
        case None:
            return answer
        case "stale":
            raise Fenced(answer["reason"])
        case _:
            raise ToolError("gateway", answer["reason"])


def _gone(reason: str) -> ToolError:
    return ToolError("gateway", f"there is no gateway ({reason}); start `pushrail up`", transient=True)
