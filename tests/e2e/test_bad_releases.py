"""What proved bad stays out, and the last verified release comes back, however many bad ones come in a row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository, installed
from tests.e2e.processes import answer, pushed
from tests.waiting import wait_until
from worker.gateway.address import SOCKET
from worker.gateway.client import Gateway

QUICK = {"rollout": {"timeout": "6s"}}
STEPS = ["pull", "retrain", "evaluate", "build", "tag", "prune", QUICK, {"verify": {"soak": "200ms"}}, {"rollback": {"timeout": "3s"}}]


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """While this file is there, releases 1 and 2 are not ready."""
    return tmp_path_factory.mktemp("world") / "sick"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository, port: int, sick: Path) -> Iterator[Installation]:
    apps = {"tiny": tiny_app.spec(str(repository.folder), port, steps=STEPS)}
    with installed(tmp_path_factory.mktemp("service"), apps) as installation:
        run = installation.ended(pushed(installation, repository, answer=1, unready_when=sick))
        assert run["status"] == "succeeded", installation.log(run["id"])
        yield installation


@pytest.fixture(scope="module")
def bad(service: Installation, repository: Repository) -> dict[str, Any]:
    """A push whose release crashes and gives way to the last good one."""
    run = service.ended(pushed(service, repository, answer=2, crashes=True))
    assert run["status"] == "rolled_back", service.log(run["id"])
    return run


def started(service: Installation, path: str, **wish: Any) -> dict[str, Any]:
    return service.ended(service.api("POST", path, json=wish).json()["id"])


def again(service: Installation, repository: Repository, bad: dict[str, Any], how: str) -> dict[str, Any]:
    """The bad commit once more."""
    match how:
        case "a replay":
            return started(service, f"/runs/{bad['id']}/replay")
        case "a run of its commit":
            return started(service, "/apps/tiny/runs", commit=bad["built_commit"])
    said = service.push(repository.name, bad["built_commit"]).json()["outcomes"][0]
    return service.ended(said["run"])


@pytest.mark.parametrize("how", ["a replay", "a run of its commit", "a push of it"])
def test_what_was_rolled_back_is_not_deployed_again(
    how: str, service: Installation, repository: Repository, bad: dict[str, Any], port: int
) -> None:
    run = again(service, repository, bad, how)
    assert run["status"] == "rejected", service.log(run["id"])
    assert bad["id"] in run["reason"]
    assert service.step(run, "rollback")["status"] == "skipped"
    assert answer(port) == 1


def test_the_redelivery_of_a_bad_push_starts_nothing(service: Installation, repository: Repository) -> None:
    commit = repository.commit(tiny_app.files(2, crashes=True, note="redelivered"))
    first = service.push(repository.name, commit, "the-same-delivery").json()["outcomes"][0]["run"]
    assert service.ended(first)["status"] == "rolled_back"
    assert service.push(repository.name, commit, "the-same-delivery").json()["outcomes"][0]["outcome"] == "duplicate"


def test_force_deploys_it_anyway_and_it_may_still_be_bad(service: Installation, bad: dict[str, Any], port: int) -> None:
    run = started(service, f"/runs/{bad['id']}/replay", force=True)
    assert run["status"] == "rolled_back", service.log(run["id"])
    assert "by force" in service.log(run["id"])
    assert answer(port) == 1


def fall_sick(service: Installation, sick: Path) -> None:
    """Return once the gateway has seen it."""
    sick.touch()
    gateway = Gateway(service.folder / "data" / SOCKET)
    wait_until(lambda: (status := gateway.status("tiny")) and not status.complete)


def in_step(service: Installation, run: str, step: str) -> None:
    wait_until(lambda: f"==> {step}" in service.log(run), 60)


def test_two_bad_pushes_in_a_row_restore_the_last_verified_release(service: Installation, repository: Repository, port: int) -> None:
    """The second is pushed while the first rolls out."""
    first = pushed(service, repository, answer=3, ready=False, note="one")
    in_step(service, first, "rollout")
    second = pushed(service, repository, answer=4, crashes=True, note="two")
    for run in (first, second):
        ended = service.ended(run)
        assert (ended["status"], service.step(ended, "rollback")["status"]) == ("rolled_back", "succeeded"), service.log(run)
        assert ended["steps"][-1]["outputs"]["restored"] == service.releases()[0]["image"]
    assert answer(port) == 1


def test_a_push_during_a_rollback_waits_for_its_end_and_goes_live(
    service: Installation, repository: Repository, port: int, sick: Path
) -> None:
    """The last good release is sick, so going back to it takes as long as this test wants."""
    fall_sick(service, sick)
    bad = pushed(service, repository, answer=5, crashes=True)
    in_step(service, bad, "rollback")
    newer = pushed(service, repository, answer=2, unready_when=sick)
    sick.unlink()
    assert service.ended(bad)["status"] == "rolled_back", service.log(bad)
    ended = service.ended(newer)
    assert ended["status"] == "succeeded", service.log(newer)
    assert answer(port) == 2


def test_after_a_rollback_that_failed_a_person_goes_back_to_what_was_verified_last(
    service: Installation, repository: Repository, port: int, sick: Path
) -> None:
    fall_sick(service, sick)
    failed = service.ended(pushed(service, repository, answer=6, crashes=True, note="the first that cannot go back"))
    assert failed["status"] == "rollback_failed", service.log(failed["id"])
    sick.unlink()
    back = started(service, "/apps/tiny/rollback", reason="the world is well again")
    assert (back["status"], answer(port)) == ("succeeded", 2), service.log(back["id"])
    assert service.releases()[0]["live"]


def test_a_rollback_that_fails_is_said_loudly_and_the_next_push_mends_it(
    service: Installation, repository: Repository, port: int, sick: Path
) -> None:
    good = service.releases()[0]
    fall_sick(service, sick)
    failed = service.ended(pushed(service, repository, answer=6, crashes=True))
    assert failed["status"] == "rollback_failed", service.log(failed["id"])
    assert "; rollback: " in failed["reason"]
    assert failed["id"] in (service.folder / "data" / "logs" / "worker-1.log").read_text()
    assert service.releases()[0]["run"] == good["run"]

    still_bad = service.ended(pushed(service, repository, answer=6, crashes=True, note="not mended yet"))
    assert still_bad["status"] == "rollback_failed", service.log(still_bad["id"])
    assert f"restoring {good['image']}" in service.log(still_bad["id"])
    assert service.api("GET", "/apps/tiny/releases").json()["stranded"] == still_bad["id"]
    mended = service.ended(pushed(service, repository, answer=7))
    assert mended["status"] == "succeeded", service.log(mended["id"])
    assert service.api("GET", "/apps/tiny/releases").json()["stranded"] == ""
    assert answer(port) == 7
