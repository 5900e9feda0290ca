"""The keeper as the process it is: all three of its parts at work, killed, started again, and ended in order."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.model import Status
from pipeline.store import Store
from pipeline.tips import Tips
from tests.e2e.installation import Repository
from tests.integration.reporting import github_server
from tests.integration.reporting.github_server import SILENCE, TOKEN, Fault, GitHub
from tests.integration.stored_runs import MAIN, begun, finished, push, status
from tests.waiting import wait_until

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def github() -> Iterator[GitHub]:
    with github_server.github() as served:
        yield served


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "acme" / "iris")
    repository.commit({"train.py": "1"})
    return repository


@pytest.fixture
def start(tmp_path: Path, redis_url: str, github: GitHub, repository: Repository) -> Iterator[Start]:
    """Starts a keeper; all of them are gone in the end."""
    config, started = tmp_path / "pipeline.yaml", list[subprocess.Popen[bytes]]()
    config.write_text(f"""
version: 1
apps:
  iris:
    source: {{url: "{repository.folder}", secret_env: SECRET}}
    image: {{engine: local}}
    target: {{kind: local, port: 9000}}
    report: {{api: "{github.address}", token_env: FORGE_TOKEN}}
""")
    settings = {"PUSHRAIL_CONFIG": str(config), "PUSHRAIL_DATA_DIR": str(tmp_path / "data"), "PUSHRAIL_REDIS_URL": redis_url}

    def keeper() -> "subprocess.Popen[bytes]":
        with (tmp_path / "keeper.log").open("ab") as log:
            environment = {**os.environ, **settings, "FORGE_TOKEN": TOKEN}
            started.append(subprocess.Popen([sys.executable, "-m", "worker.keeper"], env=environment, stdout=log, stderr=log))
        return started[-1]

    yield keeper
    for process in started:
        process.kill()
        process.wait()


def test_a_keeper_that_was_killed_is_followed_by_one_that_goes_on(start: Start, store: Store, github: GitHub) -> None:
    first = start()
    store.accept(push(1))
    wait_until(lambda: store.redis.hget("pushrail:reporter:iris", "keeper") == b"")  # it tells of nothing now
    first.kill()
    first.wait()
    store.finish(finished(begun(store, "r1")))
    store.accept(push(2))
    start()
    wait_until(lambda: github.states(f"{2:040x}"))
    assert (github.states(f"{1:040x}"), github.states(f"{2:040x}")) == (["pending", "success"], ["pending"])


def test_two_keepers_tell_each_state_once(start: Start, store: Store, github: GitHub) -> None:
    start(), start()
    for number in range(1, 6):
        store.accept(push(number, pinned=True))
        wait_until(lambda number=number: github.states(f"{number:040x}"))  # type: ignore[misc]
    assert [github.states(f"{number:040x}") for number in range(1, 6)] == [["pending"]] * 5


def test_a_forge_that_does_not_answer_keeps_no_run_from_being_taken_up_again(start: Start, store: Store, github: GitHub) -> None:
    github.faults.append(Fault(SILENCE))
    start()
    store.accept(push(1))
    wait_until(lambda: github.asked)
    begun(store, "r1")
    store.abandon("r1", "w1", died=True)
    wait_until(lambda: status(store, "r1") is Status.QUEUED)
    assert github.faults == []


def test_the_branch_is_looked_at_at_the_start(start: Start, store: Store, repository: Repository) -> None:
    commit = repository.git("rev-parse", "HEAD").strip()
    start()
    wait_until(lambda: Tips(store.redis).seen("iris", MAIN, commit))
    assert store.runs() == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_and_soon(how: signal.Signals, start: Start, store: Store, repository: Repository, github: GitHub) -> None:
    github.faults.append(Fault(SILENCE))
    keeper = start()
    store.accept(push(1))
    wait_until(lambda: github.asked)
    keeper.send_signal(how)
    assert keeper.wait(10) == 0


def test_no_token_is_in_its_log(start: Start, store: Store, github: GitHub, tmp_path: Path) -> None:
    github.faults.append(Fault(401, body={"message": f"Bad credentials: {TOKEN}"}))
    keeper = start()
    store.accept(push(1))
    wait_until(lambda: (run := store.run("r1")) and run.told)
    keeper.terminate()
    keeper.wait(10)
    assert TOKEN not in (tmp_path / "keeper.log").read_text()
