"""Waiting for more of a log, many at a time on one connection."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from redis.client import PubSub

from hook_server.viewers import Viewers
from pipeline.connection import Client, impatient
from pipeline.run_log import RunLog
from tests.waiting import wait_until


@pytest.fixture
def redis(redis_url: str) -> Client:
    return impatient(redis_url)


@pytest.fixture
def log(redis: Client) -> RunLog:
    return RunLog(redis)


@pytest.fixture
def viewers(redis: Client) -> Iterator[Viewers]:
    made = Viewers(redis, most=8)
    yield made
    made.close()


class Waiting(threading.Thread):
    """Somebody who waits for a run's text; ``woken`` is how often it was looked for, ``placed`` whether there was a place."""

    def __init__(self, viewers: Viewers, log: RunLog, run: str = "r1", seconds: float = 20) -> None:
        super().__init__()
        self.woken, self.placed = 0, True
        self._wait = lambda: viewers.wait(run, seconds, lambda: self._look(log, run))
        self.start()

    def _look(self, log: RunLog, run: str) -> bool:
        self.woken += 1
        return bool(log.read(run, 0))

    def run(self) -> None:
        self.placed = self._wait()


def settled(redis: Client, *waiting: Waiting) -> None:
    """Wait until each has looked, and the first, for whom the connection is made, once more when it was there."""
    wait_until(lambda: redis.pubsub_numpat() and waiting[0].woken >= 2 and all(thread.woken for thread in waiting))


def gone(threads: list[Waiting]) -> bool:
    for thread in threads:
        thread.join(10)
    return not any(thread.is_alive() for thread in threads)


def test_all_who_wait_for_a_log_are_woken_by_its_text_on_one_connection(viewers: Viewers, log: RunLog, redis: Client) -> None:
    threads = [Waiting(viewers, log) for _ in range(8)]
    settled(redis, *threads)
    assert len([client for client in redis.client_list() if int(client["psub"])]) == 1
    log.append("r1", b"here\n")
    assert gone(threads)


def test_who_waits_for_another_log_is_left_alone(viewers: Viewers, log: RunLog, redis: Client) -> None:
    ours = Waiting(viewers, log)
    settled(redis, ours)
    other = Waiting(viewers, log, "r2")
    settled(redis, ours, other)
    log.append("r1", b"here\n")
    assert gone([ours])
    assert (other.is_alive(), other.woken) == (True, 1)
    viewers.close()
    assert gone([other])


def test_text_that_comes_before_the_connection_does_is_seen(viewers: Viewers, log: RunLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log grows after somebody looked and before Redis was told to tell of it."""
    subscribe: Callable[..., None] = PubSub.psubscribe

    def late(listener: PubSub, *patterns: str) -> None:
        wait_until(lambda: thread.woken)
        log.append("r1", b"here\n")
        subscribe(listener, *patterns)

    monkeypatch.setattr(PubSub, "psubscribe", late)
    thread = Waiting(viewers, log)
    assert gone([thread])


def test_a_connection_that_is_cut_is_made_again_and_what_was_missed_is_seen(viewers: Viewers, log: RunLog, redis: Client) -> None:
    thread = Waiting(viewers, log)
    settled(redis, thread)
    redis.client_kill_filter(_type="pubsub")
    redis.append("pushrail:log:r1", b"here\n")  # without a word to anybody
    assert gone([thread])


def test_who_waits_for_nothing_goes_home_in_time(viewers: Viewers, log: RunLog) -> None:
    begun = time.monotonic()
    assert gone([Waiting(viewers, log, seconds=0.2)])
    assert time.monotonic() - begun < 5


def test_all_go_home_when_the_server_stops_and_nobody_waits_afterwards(viewers: Viewers, log: RunLog, redis: Client) -> None:
    threads = [Waiting(viewers, log) for _ in range(3)]
    settled(redis, *threads)
    viewers.close()
    assert gone([*threads, Waiting(viewers, log)])


def test_one_too_many_finds_no_place_until_another_goes(viewers: Viewers, log: RunLog, redis: Client) -> None:
    threads = [Waiting(viewers, log) for _ in range(8)]
    settled(redis, *threads)
    assert not viewers.wait("r1", 20, lambda: False)
    log.append("r1", b"here\n")
    assert gone(threads)
    assert viewers.wait("r1", 20, lambda: True)
