"""A person goes back to a release of the history: what then serves, what the history says, and what cannot come back by itself."""

import os
import shutil
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository, installed
from tests.e2e.processes import answer, answered, parent, processes, program_of, pushed
from tests.waiting import wait_until

STEPS = ["pull", "retrain", "evaluate", "build", "tag", "prune", {"rollout": {"timeout": "20s"}}, {"verify": {"soak": "1s"}}, "rollback"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository, port: int) -> Iterator[Installation]:
    """With two releases, of the models 1 and 2."""
    apps = {"tiny": tiny_app.spec(str(repository.folder), port, steps=STEPS)}
    with installed(tmp_path_factory.mktemp("service"), apps) as installation:
        for model in (1, 2):
            run = installation.ended(pushed(installation, repository, answer=model))
            assert run["status"] == "succeeded", installation.log(run["id"])
        yield installation


def asked(service: Installation, **wish: str) -> str:
    said = service.api("POST", "/apps/tiny/rollback", json={"reason": "wrong prices", "by": "ada", **wish})
    assert said.status_code == 202, said.text
    return str(said.json()["id"])


@pytest.fixture(scope="module")
def back(service: Installation) -> dict[str, Any]:
    """The rollback from model 2 to model 1."""
    run = service.ended(asked(service))
    assert run["status"] == "succeeded", service.log(run["id"])
    return run


def test_a_rollback_brings_the_release_before_back_and_verifies_it(service: Installation, back: dict[str, Any], port: int) -> None:
    assert [step["name"] for step in back["steps"]] == ["rollback", "verify"]
    assert "golden predictions answered" in service.log(back["id"])
    assert answer(port) == 1


def test_the_history_tells_who_went_back_from_what_and_why(service: Installation, back: dict[str, Any]) -> None:
    live, left, first = service.releases()
    assert (live["run"], live["built_by"], live["requested_by"]) == (back["id"], first["run"], "ada")
    assert [live[key] for key in ("commit", "image", "content")] == [first[key] for key in ("commit", "image", "content")]
    mark = left["withdrawn"]
    assert (mark["run"], mark["by"], mark["reason"]) == (back["id"], "ada", "wrong prices")


def test_what_was_rolled_back_from_does_not_come_back_by_a_push(
    service: Installation, repository: Repository, back: dict[str, Any], port: int
) -> None:
    commit = service.releases()[1]["commit"]
    run = service.ended(service.push(repository.name, commit).json()["outcomes"][0]["run"])
    assert (run["status"], back["id"] in run["reason"]) == ("rejected", True), service.log(run["id"])
    assert answer(port) == 1


def test_what_was_rolled_back_to_serves_again_after_a_restart(service: Installation, back: dict[str, Any], port: int) -> None:
    assert service.stop() == 0
    service.start()
    assert wait_until(lambda: answered(port)) == 1


def test_a_rollback_whose_worker_is_killed_is_taken_over(service: Installation, back: dict[str, Any], port: int) -> None:
    """To model 2, which somebody rolled back from: a person may."""
    run = asked(service, release=service.releases()[1]["run"])
    wait_until(lambda: "==> verify" in service.log(run), 60)
    worker = program_of(service, "worker.process")
    os.kill(next(pid for pid in processes(service) if parent(pid) == worker), signal.SIGKILL)
    ended = service.ended(run)
    assert (ended["status"], ended["attempt"]) == ("succeeded", 2), service.log(run)
    assert answer(port) == 2


def test_a_rollback_to_an_image_that_is_gone_fails_and_changes_nothing(service: Installation, back: dict[str, Any], port: int) -> None:
    before = service.releases()
    gone = next(release for release in before if release["content"] != before[0]["content"])
    shutil.rmtree(service.folder / "data" / "images" / "tiny" / gone["image"].rpartition("@")[2].replace(":", "-"))
    run = service.ended(asked(service, release=gone["run"]))
    origin = gone["built_by"] or gone["run"]
    assert run["status"] == "rollback_failed"
    assert f"is gone, so nothing was changed; replay run {origin} to build it again" in run["reason"]
    assert service.releases() == before
    assert answer(port) == int(before[0]["metrics"]["answer"])
