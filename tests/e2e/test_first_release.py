"""A first release that fails has none before it to go back to: it is left or stopped, and nobody calls it restored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import tiny_app
from tests.e2e.installation import Installation, Repository, free_port, installed
from tests.e2e.processes import answer, pushed
from worker.gateway.address import SOCKET
from worker.gateway.client import Gateway

PORTS = {"leave": free_port(), "stop": free_port()}


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Repository]:
    return {name: Repository(tmp_path_factory.mktemp("git") / "acme" / name) for name in PORTS}


def spec(repository: Repository, name: str) -> Any:
    plain = tiny_app.spec(str(repository.folder), PORTS[name])
    return {**plain, "steps": [*plain["steps"][:-1], {"rollback": {"first_release": name}}]}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repositories: dict[str, Repository]) -> Iterator[Installation]:
    apps = {name: spec(repository, name) for name, repository in repositories.items()}
    with installed(tmp_path_factory.mktemp("service"), apps) as installation:
        yield installation


def replicas(folder: Path, app: str) -> int:
    status = Gateway(folder / "data" / SOCKET).status(app)
    assert status is not None
    return status.wanted


@pytest.mark.parametrize(("name", "told", "wanted"), [("leave", "left as it is", 1), ("stop", "stopped", 0)])
def test_first_release_that_fails_ends_rolled_back_to_nothing_and_says_so(
    service: Installation, repositories: dict[str, Repository], name: str, told: str, wanted: int
) -> None:
    run = service.ended(pushed(service, repositories[name], crashes=True))
    assert run["status"] == "rolled_back", service.log(run["id"])
    assert run["reason"].endswith(f"; there was no release to go back to, this one is {told}")
    assert "restored" not in service.step(run, "rollback")["outputs"]
    assert "restor" not in service.log(run["id"])
    assert replicas(service.folder, name) == wanted
    assert service.releases(name) == []


@pytest.mark.parametrize("name", PORTS)
def test_push_after_it_goes_live(service: Installation, repositories: dict[str, Repository], name: str) -> None:
    run = service.ended(pushed(service, repositories[name], answer=2))
    assert run["status"] == "succeeded", service.log(run["id"])
    assert answer(PORTS[name]) == 2
