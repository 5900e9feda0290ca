"""SIGHUP: pipeline.yaml and every secret are read again, or, where they do not load, nothing is."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.hook import ROSE_SECRET, SECRET, SPEC_TEXT, settings, signature
from tests.served import answers, served
from tests.waiting import wait_until
from tests.wire import BODY, SIGNED, Server, connection, head, post
from tests.workers import workers


@pytest.fixture
def server(redis_url: str, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "rose").write_text(ROSE_SECRET)
    with served(settings(redis_url, ROSE_SECRET="", ROSE_SECRET_FILE=str(tmp_path / "rose")), SPEC_TEXT, tmp_path, workers=2) as started:
        wait_until(lambda: len(workers(started)) == 2)
        yield started


def hang_up(server: Server) -> None:
    server[1].send_signal(signal.SIGHUP)


def reason(server: Server, delivery: str) -> str:
    """What a push comes to that iris takes, as long as its branch is main."""
    headers = {**SIGNED, "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": signature(BODY, SECRET)}
    return str(requests.post(f"{server[0]}/hooks/github", BODY, headers=headers, timeout=10).json()["outcomes"][0]["outcome"])


def test_a_changed_pipeline_is_taken_and_no_worker_is_left_of_before(server: Server, tmp_path: Path) -> None:
    before = set(workers(server))
    (tmp_path / "pipeline.yaml").write_text(SPEC_TEXT.replace("branch: main", "branch: release"))
    hang_up(server)
    wait_until(lambda: len(workers(server)) == 2 and not before & set(workers(server)))
    assert reason(server, "after") == "ignored"


@pytest.mark.parametrize(("broken", "said"), [("apps: [", "not YAML: line 1"), ("version: 1\napps: {}\n", "apps: must not be empty")])
def test_a_broken_pipeline_is_told_and_the_server_goes_on_as_it_was(server: Server, tmp_path: Path, broken: str, said: str) -> None:
    before = workers(server)
    (tmp_path / "pipeline.yaml").write_text(broken)
    hang_up(server)
    wait_until(lambda: "nothing is read again, the server goes on as it was" in (tmp_path / "server.log").read_text())
    assert said in (tmp_path / "server.log").read_text()
    assert workers(server) == before
    assert reason(server, "after") == "accepted"


def test_a_pipeline_that_names_a_secret_that_is_nowhere_is_told_and_the_server_goes_on(server: Server, tmp_path: Path) -> None:
    before = workers(server)
    (tmp_path / "pipeline.yaml").write_text(SPEC_TEXT.replace("ROSE_SECRET", "TULIP_SECRET"))
    hang_up(server)
    wait_until(lambda: "TULIP_SECRET is empty or not set" in (tmp_path / "server.log").read_text())
    assert workers(server) == before


def test_a_delivery_on_its_way_is_answered_though_all_is_read_again(server: Server) -> None:
    before = set(workers(server))
    with connection(server) as wire:
        wire.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:10])
        assert answers(f"{server[0]}/livez")
        hang_up(server)
        wait_until(lambda: len(set(workers(server)) - before) == 2)
        wire.sendall(BODY[10:])
        assert wire.recv(12) == b"HTTP/1.1 202"
    wait_until(lambda: not before & set(workers(server)))


def test_hung_up_on_often_it_ends_with_as_many_workers_as_before(server: Server) -> None:
    before = set(workers(server))
    for _ in range(5):
        hang_up(server)
    wait_until(lambda: len(workers(server)) == 2 and not before & set(workers(server)))
    assert post(server, BODY).status_code == 202
    server[1].terminate()
    assert server[1].wait(20) == 0


def test_whoever_comes_while_the_workers_change_is_answered(server: Server) -> None:
    with asking(f"{server[0]}/livez") as said:
        for _ in range(8):
            before, answered = set(workers(server)), len(said)
            hang_up(server)
            wait_until(lambda before=before: not before & set(workers(server)))
            wait_until(lambda answered=answered: len(said) > answered + 20)
    assert set(said) == {True}


@contextmanager
def asking(url: str) -> Iterator[list[bool]]:
    """Ask again and again, each time on a connection of its own; yields whether there was an answer, each time."""
    said: list[bool] = []
    enough = threading.Event()

    def ask() -> None:
        while not enough.is_set():
            said.append(answers(url))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    yield said
    enough.set()
    for asker in askers:
        asker.join()
