"""Several worker processes count together, also what one had counted that is gone."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.hook import BEARER, SPEC_TEXT, settings
from tests.integration.metrics.scrape import Scrape
from tests.served import served
from tests.waiting import wait_until
from tests.wire import BODY, Server

COUNT = "pushrail_signature_failures_total"


@pytest.fixture
def server(redis_url: str, tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    with served(settings(redis_url, TMPDIR=str(folder)), SPEC_TEXT, tmp_path, workers=2) as started:
        wait_until(lambda: len(workers(started)) == 2)
        yield started
    assert not list(folder.glob("pushrail-metrics-*"))


def workers(server: Server) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{server[1].pid}/task/{server[1].pid}/children").read_text().split()]


def forge(server: Server, only: int) -> None:
    """Have one worker refuse a request; the others are held still meanwhile."""
    others = [pid for pid in workers(server) if pid != only]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert requests.post(f"{server[0]}/hooks/github", BODY, headers={"Content-Type": "application/json"}, timeout=15).status_code == 401
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)


def counted(server: Server) -> float | None:
    return Scrape(requests.get(f"{server[0]}/metrics", headers=BEARER, timeout=15).text).value(COUNT, forge="github", reason="missing")


def test_what_each_worker_counts_adds_up_whoever_is_asked(server: Server) -> None:
    first, second = workers(server)
    for only in (first, second, second):
        forge(server, only)
    assert [counted(server) for _ in range(8)] == [3.0] * 8


def test_what_a_worker_counted_outlives_it(server: Server) -> None:
    killed, _ = workers(server)
    forge(server, killed)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: len(workers(server)) == 2 and killed not in workers(server))
    forge(server, workers(server)[1])
    assert counted(server) == 2
