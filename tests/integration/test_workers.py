"""The hook server's worker processes: how many, what they share, and what becomes of a killed one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.hook import PASSWORD, SPEC_TEXT, settings
from tests.served import answers, served
from tests.waiting import wait_until
from tests.wire import BODY, Server, post
from tests.workers import workers

CSRF = 'name="csrf" value="'


@pytest.fixture
def server(redis_url: str, tmp_path: Path) -> Iterator[Server]:
    with served(settings(redis_url), SPEC_TEXT, tmp_path, workers=2) as started:
        wait_until(lambda: len(workers(started)) == 2)
        yield started


def test_a_killed_worker_comes_back_and_the_other_one_serves_meanwhile(server: Server) -> None:
    killed, other = workers(server)
    os.kill(killed, signal.SIGKILL)
    assert post(server, BODY).status_code == 202
    wait_until(lambda: len(workers(server)) == 2 and killed not in workers(server))
    assert other in workers(server)


def test_workers_end_with_their_master(server: Server) -> None:
    ours = workers(server)
    server[1].kill()
    server[1].wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in ours))


def test_who_logged_in_at_one_worker_is_known_to_the_other(server: Server) -> None:
    with requests.Session() as person:
        person.headers["Connection"] = "close"  # or the stopped worker would be asked, on a connection that it has
        page = person.get(f"{server[0]}/login", timeout=5).text
        token = page.partition(CSRF)[2].partition('"')[0]
        person.post(f"{server[0]}/login", {"password": PASSWORD, "csrf": token}, timeout=5)
        first, second = workers(server)
        for stopped in (first, second):
            os.kill(stopped, signal.SIGSTOP)
            try:
                assert person.get(f"{server[0]}/", allow_redirects=False, timeout=15).status_code == 200
            finally:
                os.kill(stopped, signal.SIGCONT)
    assert answers(f"{server[0]}/livez")
