"""Row 30: Redis is away, hangs, is full or read-only; each time 503 at once, nothing half claimed, and a redelivery that is accepted."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from redis import Redis

from cli import embedded_redis
from pipeline.connection import impatient
from pipeline.deliveries import Deliveries
from pipeline.store import Store
from tests.conftest import answers
from tests.hook import SPEC_TEXT, settings
from tests.served import served
from tests.waiting import wait_until
from tests.wire import BODY, Server, post


class OwnRedis:
    """A Redis that a test may spoil; ``url`` stays when it is started anew."""

    def __init__(self, folder: Path) -> None:
        self._command, self.url = embedded_redis.prepare(folder)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until(lambda: answers(self.url))

    @contextmanager
    def away(self) -> Iterator[None]:
        self.process.terminate()
        self.process.wait()
        yield
        self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Takes connections and says nothing, as one that is slow for ten seconds."""
        self.process.send_signal(signal.SIGSTOP)
        yield
        self.process.send_signal(signal.SIGCONT)

    @contextmanager
    def full(self) -> Iterator[None]:
        Redis.from_url(self.url).config_set("maxmemory", "1")
        yield
        Redis.from_url(self.url).config_set("maxmemory", "0")

    @contextmanager
    def read_only(self) -> Iterator[None]:
        Redis.from_url(self.url).execute_command("REPLICAOF", "127.0.0.1", "1")
        yield
        Redis.from_url(self.url).execute_command("REPLICAOF", "NO", "ONE")


STATES: Mapping[str, Callable[[OwnRedis], AbstractContextManager[None]]] = {
    "away": OwnRedis.away,
    "hanging": OwnRedis.hanging,
    "full": OwnRedis.full,
    "read-only": OwnRedis.read_only,
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    own = OwnRedis(tmp_path_factory.mktemp("own_redis"))
    yield own
    own.process.terminate()
    own.process.wait()


@pytest.fixture(scope="module")
def behind(own: OwnRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(settings(own.url), SPEC_TEXT, tmp_path_factory.mktemp("server"), workers=1) as started:
        yield started


@pytest.fixture
def kept(own: OwnRedis) -> Store:
    """What that Redis holds, which is nothing at first."""
    store = Store(impatient(own.url))
    store.redis.flushall()
    return store


def failed(kept: Store) -> list[str]:
    """The ids of the deliveries that the log holds as failed."""
    return [entry.received.id for entry in Deliveries(kept.redis, keep=100, days=1).page(10, outcome="failed").entries]


@pytest.mark.parametrize("state", STATES)
def test_row_30_without_redis_a_push_is_503_at_once_and_accepted_when_it_is_sent_again(
    behind: Server, own: OwnRedis, kept: Store, state: str
) -> None:
    with STATES[state](own):
        for _ in range(2):  # over a connection that was good, and over a new one
            begun = time.monotonic()
            answer = post(behind, BODY)
            assert time.monotonic() - begun < 2
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    wait_until(lambda: failed(kept) == ["d1", "d1"])
    claims = kept.redis.keys("pushrail:delivery:*")
    assert len(claims) == len(kept.runs())  # one that hung may have taken it after we gave up; never half of it
    assert post(behind, BODY).status_code == (200 if claims else 202)
    assert (len(kept.runs()), kept.redis.llen("rq:queue:pushrail")) == (1, 1)
