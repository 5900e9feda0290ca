"""Who waits for more of a run's log: many at a time, on one connection to Redis between them, and few of them at work at once."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from redis.exceptions import RedisError

from pipeline.connection import PREFIX, Client

MOST = 208
"""That may wait in a worker process at a time; ``greenlets.CLIENTS`` leaves the others room."""

AT_WORK = 2
"""That may look at a time. A line that all wait for wakes them all, and a delivery would have to stand in line behind each."""

AGAIN_SECONDS = 1.0
_CHANNEL = f"{PREFIX}log:"


class Viewers:
    """Every method may be called from any thread. The connection is there while somebody waits."""

    def __init__(self, redis: Client, most: int = MOST) -> None:
        self._redis = redis
        self._places, self._work = threading.Semaphore(most), threading.Semaphore(AT_WORK)
        self._waiting: dict[str, set[threading.Event]] = {}
        self._lock = threading.Lock()
        self._listening = self._closed = False

    def wait(self, run: str, seconds: float, ready: Callable[[], bool]) -> bool:
        """Wait until ``ready``, which is asked whenever there is news of the run's log, or ``seconds`` have passed, or ``close``.

        Returns:
            Whether there was a place to wait at.
        """
        if not self._places.acquire(blocking=False):
            return False
        try:
            with self._entered(run) as news:
                until = time.monotonic() + seconds
                while not self._is(ready, news) and not self._closed and (left := until - time.monotonic()) > 0:
                    news.wait(left)
        finally:
            self._places.release()
        return True

    def close(self) -> None:
        """Send everybody home."""
        self._closed = True
        self._wake_all()

    def _is(self, ready: Callable[[], bool], news: threading.Event) -> bool:
        with self._work:
            news.clear()  # before looking, so that what comes meanwhile is looked at again
            return ready()

    @contextmanager
    def _entered(self, run: str) -> Iterator[threading.Event]:
        news = threading.Event()
        with self._lock:
            self._waiting.setdefault(run, set()).add(news)
            if not self._listening:
                self._listening = True
                threading.Thread(target=self._listen, name="viewers", daemon=True).start()
        try:
            yield news
        finally:
            with self._lock:
                self._waiting[run].remove(news)
                if not self._waiting[run]:
                    del self._waiting[run]

    def _listen(self) -> None:
        """Hear of every log, in a thread of its own."""
        while self._wanted():
            try:
                with self._redis.pubsub() as heard:
                    heard.psubscribe(f"{_CHANNEL}*")
                    while self._wanted():
                        self._hear(heard.get_message(timeout=AGAIN_SECONDS))
            except RedisError:  # it will be back; what was missed is looked for then
                time.sleep(AGAIN_SECONDS)

    def _wanted(self) -> bool:
        with self._lock:
            self._listening = bool(self._waiting) and not self._closed
            return self._listening

    def _hear(self, message: Any) -> None:
        if message and message["type"] == "psubscribe":
            self._wake_all()
        elif message:
            with self._lock:
                for news in self._waiting.get(message["channel"].decode().removeprefix(_CHANNEL), ()):
                    news.set()

    def _wake_all(self) -> None:
        with self._lock:
            for news in [news for waiting in self._waiting.values() for news in waiting]:
                news.set()
