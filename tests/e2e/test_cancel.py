"""A run that is cancelled in the middle of its training, and one that a newer push stops: nothing of either is left."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository, installed
from tests.e2e.processes import answer, processes, pushed
from tests.waiting import wait_until

STEPS = ["pull", "retrain", "evaluate", "build", "tag", {"rollout": {"timeout": "5s"}}, {"verify": {"soak": "200ms"}}, "rollback"]
FOR_EVER = 600


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository, port: int) -> Iterator[Installation]:
    apps = {"tiny": tiny_app.spec(str(repository.folder), port, steps=STEPS, concurrency="cancel-running")}
    with installed(tmp_path_factory.mktemp("service"), apps) as installation:
        assert installation.ended(pushed(installation, repository, answer=1))["status"] == "succeeded"
        yield installation


def trainings(service: Installation) -> list[int]:
    """Processes of a training: those that work in a folder of its own."""
    found = {pid: Path(f"/proc/{pid}/cmdline") for pid in processes(service)}
    return [pid for pid, command in found.items() if command.exists() and b"train.py" in command.read_bytes()]


def training(service: Installation, repository: Repository, answer: int) -> str:
    run = pushed(service, repository, answer=answer, train_seconds=FOR_EVER)
    wait_until(lambda: trainings(service), 60)
    return run


def gone(service: Installation) -> None:
    wait_until(lambda: not trainings(service))
    wait_until(lambda: not list((service.folder / "data" / "workspaces").iterdir()))


def test_a_cancelled_training_dies_with_all_that_it_had_and_the_next_push_goes_live(
    service: Installation, repository: Repository, port: int
) -> None:
    run = training(service, repository, 2)
    said = service.api("POST", f"/runs/{run}/cancel", json={"reason": "wrong data", "by": "ada"}).json()
    assert (said["status"], said["reason"]) == ("cancelled", "by ada: wrong data")
    gone(service)
    assert "this attempt stops" in wait_until(lambda: text if "stops" in (text := service.log(run)) else "")
    assert service.run(run)["status"] == "cancelled"
    assert service.ended(pushed(service, repository, answer=3))["status"] == "succeeded"
    assert answer(port) == 3


def test_a_newer_push_stops_a_training_and_goes_live(service: Installation, repository: Repository, port: int) -> None:
    old = training(service, repository, 4)
    new = pushed(service, repository, answer=5)
    assert service.ended(new)["status"] == "succeeded"
    ended = service.run(old)
    assert (ended["status"], ended["reason"]) == ("superseded", f"by run {new}")
    assert answer(port) == 5
    gone(service)


def test_a_worker_that_missed_the_message_learns_of_it_when_it_renews(service: Installation, repository: Repository) -> None:
    run = training(service, repository, 6)
    redis, key = service.store.redis, f"pushrail:run:{run}"
    worker = redis.hget(key, "worker")
    redis.hset(key, "worker", "nobody")  # the message goes there
    service.api("POST", f"/runs/{run}/cancel")
    redis.hset(key, "halted", worker)
    gone(service)
