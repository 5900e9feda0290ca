"""The whole story on one machine with a Docker engine: a push becomes containers, a bad one gives way, a dead Pushrail stops none."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline.releases import Releases
from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository, installed
from tests.e2e.processes import answer, answered, processes, pushed
from tests.waiting import wait_until

pytestmark = pytest.mark.engine

NAME = f"t{uuid4().hex[:10]}"


def docker(*args: str) -> str:
    return subprocess.run(["docker", *args], check=True, capture_output=True, text=True).stdout


def containers(*formats: str) -> list[str]:
    return docker("ps", "--all", "--filter", f"label=io.pushrail.app={NAME}", "--format", *formats).splitlines()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository, port: int) -> Iterator[Installation]:
    target = {"kind": "docker", "port": port, "address": "127.0.0.1", "replicas": 2, "container_port": 8000, "memory": "128m"}
    steps = [*tiny_app.spec("", 1)["steps"][:6], {"rollout": {"timeout": "60s"}}, {"verify": {"soak": "200ms"}}, "rollback"]
    app = tiny_app.spec(str(repository.folder), port, image={"engine": "docker"}, target=target, steps=steps)
    try:
        with installed(tmp_path_factory.mktemp("service"), {NAME: app}) as installation:
            yield installation
    finally:
        for container in containers("{{.ID}}"):
            docker("rm", "--force", container)
        for image in docker("images", "--quiet", "--filter", f"label=io.pushrail.repository={NAME}").split():
            docker("rmi", "--force", image)


def test_a_push_goes_live_in_containers(service: Installation, repository: Repository, port: int) -> None:
    run = service.ended(pushed(service, repository, answer=1), 120)
    assert run["status"] == "succeeded", service.log(run["id"])
    assert answer(port) == 1
    assert containers("{{.Image}}") == [f"{NAME}:{service.step(run, 'tag')['outputs']['tag']}"] * 2


def test_a_release_that_crashes_gives_way_to_the_last_good_one_with_its_last_words(
    service: Installation, repository: Repository, port: int
) -> None:
    run = service.ended(pushed(service, repository, answer=2, crashes=True), 120)
    assert (run["status"], service.step(run, "rollback")["status"]) == ("rolled_back", "succeeded"), service.log(run["id"])
    assert "exited with code 1" in run["reason"]
    assert "no service today" in service.log(run["id"])
    assert answer(port) == 1


def test_containers_go_on_without_pushrail_and_are_taken_on_again(service: Installation, port: int) -> None:
    wait_until(lambda: len(containers("{{.Names}}")) == 2)
    before = set(containers("{{.Names}} {{.State}}"))
    service.stop(signal.SIGKILL)
    wait_until(lambda: processes(service) == [])
    assert set(containers("{{.Names}} {{.State}}")) == before
    service.start()
    assert wait_until(lambda: answered(port)) == 1
    assert set(containers("{{.Names}} {{.State}}")) == before


def test_the_next_push_goes_live_after_that(service: Installation, repository: Repository, port: int) -> None:
    run = service.ended(pushed(service, repository, answer=3), 120)
    assert run["status"] == "succeeded", service.log(run["id"])
    assert answer(port) == 3
    kept = json.loads(Releases(service.store.redis).live(NAME).template)  # type: ignore[union-attr]
    assert kept["release"]["memory"] == "128m"
    assert Path(service.folder / "data" / "installation").read_text() in containers('{{.Label "io.pushrail.installation"}}')


def test_a_person_goes_back_to_the_release_before(service: Installation, port: int) -> None:
    said = service.api("POST", f"/apps/{NAME}/rollback", json={"reason": "wrong prices"})
    run = service.ended(said.json()["id"], 120)
    assert run["status"] == "succeeded", service.log(run["id"])
    assert answer(port) == 1
    assert service.releases(NAME)[1]["withdrawn"]["reason"] == "wrong prices"
