"""``pushrail up`` as a whole, and what is left of it when things are killed."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository, installed
from tests.e2e.processes import answer, answered, parent, processes, program_of, pushed
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository, port: int) -> Iterator[Installation]:
    apps = {"tiny": tiny_app.spec(str(repository.folder), port)}
    with installed(tmp_path_factory.mktemp("service"), apps) as installation:
        yield installation


def test_a_push_goes_live_and_the_log_tells_its_steps(service: Installation, repository: Repository, port: int) -> None:
    run = service.ended(pushed(service, repository, answer=1))
    assert run["status"] == "succeeded", service.log(run["id"])
    assert answer(port) == 1
    assert "==> rollout" in service.log(run["id"])


def test_a_release_that_never_gets_ready_gives_way_to_the_last_good_one(service: Installation, repository: Repository, port: int) -> None:
    run = service.ended(pushed(service, repository, answer=2, ready=False))
    assert (run["status"], service.step(run, "rollback")["status"]) == ("rolled_back", "succeeded")
    assert answer(port) == 1


def test_a_worse_model_is_rejected_before_it_is_built(service: Installation, repository: Repository, port: int) -> None:
    run = service.ended(pushed(service, repository, answer=0))
    assert (run["status"], service.step(run, "build")["status"]) == ("rejected", "skipped")
    assert answer(port) == 1


def test_a_replay_trains_and_builds_nothing_anew(service: Installation, repository: Repository) -> None:
    first = next(run for run in service.api("GET", "/runs").json()["runs"] if run["status"] == "succeeded")
    replayed = service.api("POST", f"/runs/{first['id']}/replay")
    run = service.ended(replayed.json()["id"])
    assert run["status"] == "succeeded"
    assert service.step(run, "retrain")["status"] == "skipped"
    assert service.step(run, "build")["outputs"]["reused"] == "yes"


def test_a_killed_child_s_run_is_taken_over_and_succeeds(service: Installation, repository: Repository, port: int) -> None:
    run = pushed(service, repository, answer=3, train_seconds=1)
    wait_until(lambda: "==> retrain" in service.log(run))
    horse = next(pid for pid in processes(service) if parent(pid) == program_of(service, "worker.process"))
    os.kill(horse, signal.SIGKILL)
    ended = service.ended(run)
    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert answer(port) == 3


def test_a_killed_worker_takes_its_child_along_and_the_run_is_taken_over(service: Installation, repository: Repository, port: int) -> None:
    run = pushed(service, repository, answer=4, train_seconds=1)
    wait_until(lambda: "==> retrain" in service.log(run))
    worker = program_of(service, "worker.process")
    horse = next(pid for pid in processes(service) if parent(pid) == worker)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: horse not in processes(service))
    ended = service.ended(run)
    assert (ended["status"], ended["attempt"]) == ("succeeded", 2)
    assert answer(port) == 4


def test_a_worker_killed_in_rollout_resumes_the_watch_and_can_still_roll_back(
    service: Installation, repository: Repository, port: int
) -> None:
    run = pushed(service, repository, answer=5, ready=False)
    wait_until(lambda: "==> rollout" in service.log(run))
    os.kill(program_of(service, "worker.process"), signal.SIGKILL)
    ended = service.ended(run)
    assert (ended["status"], ended["attempt"]) == ("rolled_back", 2)
    assert answer(port) == 4


def test_a_redis_that_is_killed_in_mid_run_loses_nothing(service: Installation, repository: Repository, port: int) -> None:
    run = pushed(service, repository, answer=6, train_seconds=2)
    wait_until(lambda: "==> retrain" in service.log(run))
    os.kill(program_of(service, "valkey"), signal.SIGKILL)
    wait_until(lambda: requests_served(service), 30)
    assert service.ended(run)["status"] == "succeeded"
    assert answer(port) == 6


def requests_served(service: Installation) -> bool:
    return service.api("GET", "/runs").status_code == 200


def test_the_live_release_serves_again_after_an_orderly_restart(service: Installation, port: int) -> None:
    before = answer(port)
    assert service.stop(signal.SIGTERM) == 0
    assert processes(service) == []
    service.start()
    assert wait_until(lambda: answered(port)) == before


def test_nothing_outlives_a_killed_installation_and_it_comes_back_as_it_was(service: Installation, port: int) -> None:
    before = wait_until(lambda: answered(port))
    service.stop(signal.SIGKILL)
    wait_until(lambda: processes(service) == [])
    service.start()
    assert wait_until(lambda: answered(port)) == before


def test_ctrl_c_in_the_middle_of_a_run_stops_everything_and_the_run_goes_on_after_the_next_start(
    service: Installation, repository: Repository, port: int
) -> None:
    run = pushed(service, repository, answer=7, train_seconds=30)
    wait_until(lambda: "==> retrain" in service.log(run))
    assert service.stop(signal.SIGINT) == 0
    assert processes(service) == []
    service.start()
    assert service.run(run)["status"] in ("running", "queued")
