"""List and watch: what changes in some kinds of objects, as one queue of news. Knows no kind and judges nothing.

Each kind has a thread that lists and then watches for at most ``WINDOW`` seconds, again and again. So nothing that a watch misses stays
missed for longer, an expired version (410) is only an early end, and a dead connection is noticed ``SLACK`` seconds after the window.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import urllib3

from pipeline.errors import ToolError
from worker.tools.kubernetes_target.api import Api, ApiRefused, Query

WINDOW = 15
SLACK = 5.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Source:
    """A list to follow: its path and the selectors that narrow it."""

    path: str
    query: Query


@dataclass(frozen=True, slots=True)
class Listed:
    """All objects of a kind, in place of all that was known of it."""

    kind: str
    objects: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Changed:
    kind: str
    object: Mapping[str, Any]
    gone: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """Sight of a kind is lost until it is ``Listed`` again; ``error`` is transient if it is worth waiting for."""

    kind: str
    error: ToolError


News = Listed | Changed | Lost


class Watch:
    """Follows the sources while it is entered; to be used once."""

    def __init__(self, api: Api, sources: Mapping[str, Source]) -> None:
        self._api = api
        self._news: SimpleQueue[News] = SimpleQueue()
        self._ended = Event()
        self._open: dict[str, urllib3.BaseHTTPResponse] = {}
        self.threads = [Thread(target=self._follow, args=item, name=f"watch-{item[0]}", daemon=True) for item in sources.items()]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let go without waiting: a thread still reading ends with its window at the latest."""
        self._ended.set()
        for response in list(self._open.values()):
            _interrupt(response)

    def next(self, seconds: float) -> News | None:
        """The next piece of news, or None when there is none within ``seconds``."""
        try:
            return self._news.get(timeout=max(seconds, 0.0))
        except Empty:
            return None

    def _follow(self, kind: str, source: Source) -> None:
        failures = 0
        while not self._ended.wait(pause(failures)):
            try:
                self._window(kind, source, self._list(kind, source))
                failures = 1  # a server that ends every watch at once is not to be hammered
            except (ToolError, ValueError, KeyError) as error:
                failures += 1
                self._news.put(Lost(kind, error if isinstance(error, ToolError) else _unreadable(error)))

    def _list(self, kind: str, source: Source) -> str:
        """Report the whole list; returns the version it stands for."""
        found = self._api.get(source.path, source.query)
        self._news.put(Listed(kind, tuple(found["items"])))
        return str(found["metadata"]["resourceVersion"])

    def _window(self, kind: str, source: Source, version: str) -> None:
        query = {**source.query, "watch": "1", "resourceVersion": version, "timeoutSeconds": str(WINDOW)}
        with self._api.stream(source.path, query, WINDOW + SLACK) as response:
            self._open[kind] = response
            try:
                if not self._ended.is_set():
                    self._read(kind, response)
            finally:
                del self._open[kind]

    def _read(self, kind: str, response: urllib3.BaseHTTPResponse) -> None:
        rest = b""
        for chunk in response.stream():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._report(kind, json.loads(line))

    def _report(self, kind: str, event: Mapping[str, Any]) -> None:
        if event["type"] == "ERROR":
            raise ApiRefused(HTTPStatus.SERVICE_UNAVAILABLE, f"the watch ended: {event['object'].get('message', '')}")
        self._news.put(Changed(kind, event["object"], event["type"] == "DELETED"))


def pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row: doubling, with jitter, so that many workers do not come back at once."""
    doubled = FIRST_PAUSE * 2.0 ** min(failures - 1, 10) if failures else 0.0
    return min(LONGEST_PAUSE, doubled) * random.uniform(0.5, 1.0)  # noqa: S311


def _unreadable(error: Exception) -> ToolError:
    return ToolError("kubernetes", f"an answer of the API server cannot be read: {error!r}", transient=True)


def _interrupt(response: urllib3.BaseHTTPResponse) -> None:
    try:
        response.shutdown()
    except (AttributeError, OSError, RuntimeError, ValueError):
        return  # an older urllib3 cannot, or it has just ended by itself
