"""What is live, and what is said of it, when attempts die after the rollout."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.releases import Releases
from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository, free_port, installed
from tests.e2e.processes import answer, answered, parent, processes, program_of, pushed
from tests.waiting import wait_until

STEPS = ["pull", "retrain", "evaluate", "build", "tag", {"rollout": {"timeout": "5s"}}, {"verify": {"soak": "4s"}}, "rollback"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository, port: int) -> Iterator[Installation]:
    apps = {"tiny": tiny_app.spec(str(repository.folder), port, steps=STEPS)}
    with installed(tmp_path_factory.mktemp("service"), apps) as installation:
        assert installation.ended(pushed(installation, repository, answer=1))["status"] == "succeeded"
        yield installation


def in_step(service: Installation, run: str, step: str, attempt: int = 1) -> None:
    wait_until(lambda: service.log(run).count(f"==> {step}") >= attempt, 60)


def kill_horse(service: Installation) -> None:
    worker = program_of(service, "worker.process")
    os.kill(next(pid for pid in processes(service) if parent(pid) == worker), signal.SIGKILL)


def test_a_gateway_that_dies_in_verify_makes_no_old_release_pass_for_the_new_one(
    service: Installation, repository: Repository, port: int
) -> None:
    run = pushed(service, repository, answer=1, note="the same answers by other code")
    in_step(service, run, "verify")
    os.kill(program_of(service, "worker.gateway"), signal.SIGKILL)
    ended = service.ended(run)
    assert ended["status"] == "rolled_back", service.log(run)
    live = Releases(service.store.redis).live("tiny")
    assert live is not None
    assert live.run != run


def test_a_takeover_that_fails_before_the_rollout_puts_the_last_good_release_back(
    service: Installation, repository: Repository, port: int, tmp_path: Path
) -> None:
    run = pushed(service, repository, answer=2, fails_when=tmp_path / "no-data-today")
    in_step(service, run, "verify")
    (tmp_path / "no-data-today").touch()
    kill_horse(service)
    ended = service.ended(run)
    assert ended["status"] == "rolled_back", service.log(run)
    assert answer(port) == 1


def test_a_run_whose_worker_dies_again_and_again_in_verify_puts_the_last_good_release_back(
    service: Installation, repository: Repository, port: int
) -> None:
    run = pushed(service, repository, answer=3)
    for attempt in (1, 2, 3):
        in_step(service, run, "verify", attempt)
        kill_horse(service)
    ended = service.ended(run)
    assert ended["status"] == "rolled_back", service.log(run)
    assert "died 3 times" in ended["reason"]
    assert answer(port) == 1


def test_orderly_restarts_do_not_count_as_deaths(service: Installation, repository: Repository, port: int) -> None:
    run = pushed(service, repository, answer=4, train_seconds=12)
    for attempt in (1, 2, 3):
        in_step(service, run, "retrain", attempt)
        assert service.stop(signal.SIGTERM) == 0
        service.start()
    assert service.ended(run, 90)["status"] == "succeeded"
    assert wait_until(lambda: answered(port)) == 4


def test_a_worker_that_lost_its_run_ends_its_own_attempt_and_leaves_the_other_alone(tmp_path: Path, repository: Repository) -> None:
    apps = {"tiny": tiny_app.spec(str(repository.folder), free_port(), steps=STEPS)}
    with installed(tmp_path, apps, "--workers", "2") as service:
        run = pushed(service, repository, answer=5, train_seconds=15)
        in_step(service, run, "retrain")
        horse, worker = next((pid, parent(pid)) for pid in processes(service) if parent(pid) in workers_of(service))
        os.kill(worker, signal.SIGSTOP)
        in_step(service, run, "retrain", attempt=2)
        os.kill(worker, signal.SIGCONT)
        wait_until(lambda: horse not in processes(service))
        ended = service.ended(run)
        assert (ended["status"], ended["attempt"]) == ("succeeded", 2), service.log(run)


def workers_of(service: Installation) -> list[int]:
    return [
        pid for pid in processes(service) if b"worker.process" in Path(f"/proc/{pid}/cmdline").read_bytes() and parent_is_up(service, pid)
    ]


def parent_is_up(service: Installation, pid: int) -> bool:
    return service.process is not None and parent(pid) == service.process.pid
