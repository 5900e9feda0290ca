"""List and watch: what changes in some kinds of objects, as one queue of news. Knows no kind and judges nothing.

Each kind has a thread that lists and then watches for a window, again and again, so what a watch misses does not stay missed. The kinds
take turns: of three with windows of 45 s, one lists anew every 15 s. No watch is resumed, so bookmarks are not asked for.
"""

import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import orjson
import urllib3

from pipeline.errors import ToolError
from worker.tools.kubernetes_target.api import Api
from worker.tools.kubernetes_target.news import Changed, Listed, Lost, News, Source
from worker.tools.kubernetes_target.reply import ApiRefused

PAGE = "500"
"""Objects in one answer, as client-go asks for them, so that the JSON of thousands of pods is never in memory at once."""

SHORTEST = 0.2
"""Share of a window that is worth a watch of its own; before a turn that is nearer, the window goes on to the next one."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of a watch.

    Args:
        window: how far apart the turns of one kind are; a watch is asked to last until the next.
        slack: how much longer than the server's end of a window silence is borne.
        first_pause: after the first failure; it doubles with every further one in a row.
        longest_pause: whatever lasted as long as this was no failure of the kind that hammers a server.
    """

    window: float = 45.0
    slack: float = 5.0
    first_pause: float = 0.2
    longest_pause: float = 5.0


TIMING = Timing()


class Watch:
    """Follows the sources while it is entered; to be used once."""

    def __init__(self, api: Api, sources: Mapping[str, Source], timing: Timing = TIMING) -> None:
        self._news: SimpleQueue[News] = SimpleQueue()
        self._ended = Event()
        first, share = time.monotonic(), timing.window / len(sources)
        self._kinds = [
            _Kind(name, source, api, timing, first + place * share, self._ended, self._news.put)
            for place, (name, source) in enumerate(sources.items(), 1)
        ]
        self.threads = [Thread(target=kind.follow, name=f"watch-{kind.name}", daemon=True) for kind in self._kinds]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Let go without waiting for the threads."""
        self._ended.set()
        self.look_again()

    def look_again(self) -> None:
        """Have every kind listed anew, out of turn."""
        for kind in self._kinds:
            kind.interrupt()

    def next(self, seconds: float) -> News | None:
        """The next piece of news, or None when there is none within ``seconds``."""
        try:
            return self._news.get(timeout=seconds) if seconds > 0 else self._news.get_nowait()
        except Empty:
            return None


class _Kind:
    """The list and watch of one kind, in a thread of its own; ``turn`` is one moment at which it is to list (monotonic)."""

    def __init__(
        self, name: str, source: Source, api: Api, timing: Timing, turn: float, ended: Event, tell: Callable[[News], None]
    ) -> None:
        self.name = name
        self._source, self._api, self._timing, self._turn, self._tell = source, api, timing, turn, tell
        self._ended, self._interrupted = ended, Event()
        self._open: urllib3.BaseHTTPResponse | None = None
        self._permitted = False

    def follow(self) -> None:
        failures, wait = 0, 0.0
        while not self._ended.wait(wait):
            began = time.monotonic()
            asked = self._look()
            short = time.monotonic() - began < self._timing.longest_pause and not self._interrupted.is_set()
            failures = failures + 1 if short else 0
            wait = max(asked, pause(failures, self._timing))

    def interrupt(self) -> None:
        """End the window now, for the sake of a new list."""
        self._interrupted.set()
        if response := self._open:
            _shut(response)

    def _look(self) -> float:
        """List, then watch until the next turn; returns the seconds for which the server wants to be left alone."""
        self._interrupted.clear()
        try:
            self._watch(self._list())
        except Exception as error:  # whatever it is: a thread that ended here would look like a cluster in which nothing happens
            refused = error if isinstance(error, ApiRefused) else None
            if not self._interrupted.is_set() and not (refused and refused.status == HTTPStatus.GONE):
                self._tell(Lost(self.name, self._named(error)))
            return min(refused.retry_after, self._timing.window) if refused else 0.0
        return 0.0

    def _named(self, error: Exception) -> ToolError:
        """What was permitted before is waited for: an API server that starts refuses before it knows its tokens and roles."""
        if not isinstance(error, ToolError):
            return ToolError("kubernetes", f"an answer of the API server cannot be read: {error!r}", transient=True)
        if error.transient or not self._permitted:
            return error
        return ToolError("kubernetes", f"no longer permitted: {error.reason}", transient=True)

    def _list(self) -> str:
        """Report the whole list; returns the version it stands for."""
        asked, objects, following = time.monotonic(), dict[str, Any](), ""
        while True:
            query = {**self._source.query, "limit": PAGE, **({"continue": following} if following else {})}
            page = self._api.get(self._source.path, query)
            objects.update((raw["metadata"]["uid"], self._source.read(raw)) for raw in page["items"])
            following = page["metadata"].get("continue", "")
            if not following:
                self._tell(Listed(self.name, objects, asked))
                return str(page["metadata"]["resourceVersion"])

    def _watch(self, version: str) -> None:
        seconds = math.ceil(until_turn(time.monotonic(), self._turn, self._timing.window))
        query = {**self._source.query, "watch": "1", "resourceVersion": version, "timeoutSeconds": str(seconds)}
        with self._api.stream(self._source.path, query, seconds + self._timing.slack) as response:
            self._permitted, self._open = True, response
            try:
                if not self._interrupted.is_set() and not self._ended.is_set():
                    self._read(response)
            finally:
                self._open = None

    def _read(self, response: urllib3.BaseHTTPResponse) -> None:
        rest = b""
        for chunk in response.stream():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._report(orjson.loads(line))

    def _report(self, event: Mapping[str, Any]) -> None:
        raw = event["object"]
        if event["type"] == "ERROR":
            raise ApiRefused(raw.get("code", HTTPStatus.INTERNAL_SERVER_ERROR), f"the watch ended: {raw.get('message', '')}")
        gone = event["type"] == "DELETED"
        self._tell(Changed(self.name, raw["metadata"]["uid"], None if gone else self._source.read(raw)))


def pause(failures: int, timing: Timing) -> float:
    """Seconds to wait after so many failures in a row: doubling, with jitter, so that many workers do not come back at once."""
    doubled = timing.first_pause * 2.0 ** min(failures - 1, 10) if failures else 0.0
    return min(timing.longest_pause, doubled) * random.uniform(0.5, 1.0)  # noqa: S311


def until_turn(now: float, turn: float, window: float) -> float:
    """Seconds from ``now`` to the next of the turns, which lie a ``window`` apart and one of them at ``turn``."""
    left = (turn - now) % window
    return left if left >= SHORTEST * window else left + window


def _shut(response: urllib3.BaseHTTPResponse) -> None:
    try:
        response.shutdown()
    except (OSError, RuntimeError, ValueError):
        return  # it has just ended by itself
