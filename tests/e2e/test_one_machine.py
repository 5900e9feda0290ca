"""deploy/one-machine.yml with this very source: a push becomes containers beside Pushrail's own, and its restart stops none."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.e2e import tiny_app
from tests.e2e.compose_installation import ROOT, SOCKET, docker
from tests.e2e.installation import SECRET, TOKEN, Repository, free_port, push_body, signed
from tests.e2e.processes import answer, answered
from tests.e2e.test_compose import program
from tests.waiting import wait_until

pytestmark = pytest.mark.engine

FINAL = ("succeeded", "failed", "errored", "rolled_back", "rollback_failed")


@dataclass(frozen=True)
class Machine:
    """``port`` is Pushrail's, ``app_port`` the app's; ``name`` is the project's and the app's."""

    folder: Path
    name: str
    image: str
    port: int
    app_port: int
    repository: Repository

    def compose(self, *args: str) -> None:
        where = ["--file", "deploy/one-machine.yml", "--project-directory", ".", "-p", self.name]
        subprocess.run([*program(), *where, *args], cwd=self.folder, check=True, capture_output=True)

    def is_ready(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200
        return False

    def pushed(self, **app: Any) -> dict[str, Any]:
        """Commit this state of the app, push it, and wait for the end of the run."""
        body = push_body("acme/tiny", self.repository.commit(tiny_app.files(**app)))
        said = requests.post(f"http://127.0.0.1:{self.port}/hooks/github", body, headers=signed(body), timeout=10).json()
        return wait_until(lambda: found if (found := self._run(said["outcomes"][0]["run"]))["status"] in FINAL else None, 180, 0.2) or {}

    def _run(self, run: str) -> dict[str, Any]:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        return dict(requests.get(f"http://127.0.0.1:{self.port}/api/v1/runs/{run}", headers=bearer, timeout=10).json())

    def containers(self) -> set[str]:
        return set(docker("ps", "--quiet", "--filter", f"label=io.pushrail.app={self.name}").split())


@contextmanager
def git_daemon(folder: Path) -> Iterator[int]:
    """A forge of few words: git's own, on a port of loopback."""
    port = free_port()
    command = ["git", "daemon", "--export-all", f"--base-path={folder}", "--listen=127.0.0.1", f"--port={port}"]
    with subprocess.Popen(command) as process:
        try:
            yield port
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder, name = tmp_path_factory.mktemp("machine"), f"t{secrets.token_hex(4)}"
    repository = Repository(folder / "git" / "acme" / "tiny")
    machine = Machine(folder, name, f"pushrail-machine-test:{name}", free_port(), free_port(), repository)
    docker("build", "--quiet", "--tag", machine.image, str(ROOT), DOCKER_BUILDKIT="0")
    try:
        with git_daemon(folder / "git") as forge:
            _furnish(machine, f"git://127.0.0.1:{forge}/acme/tiny")
            machine.compose("up", "-d", "--no-build")
            wait_until(machine.is_ready, 60)
            yield machine
    finally:
        machine.compose("down", "--volumes")
        for container in machine.containers():
            docker("rm", "--force", container)
        left = docker("images", "--quiet", "--filter", f"label=io.pushrail.repository={name}").split()
        docker("rmi", "--force", machine.image, *left)


def _furnish(machine: Machine, url: str) -> None:
    target = {"kind": "docker", "port": machine.app_port, "address": "127.0.0.1", "container_port": 8000}
    steps = [*tiny_app.spec("", 1)["steps"][:6], {"rollout": {"timeout": "60s"}}, {"verify": {"soak": "200ms"}}, "rollback"]
    app = tiny_app.spec(url, machine.app_port, image={"engine": "docker"}, target=target, steps=steps)
    variables = {
        "SECRET": SECRET,
        "PUSHRAIL_API_TOKEN": TOKEN,
        "PUSHRAIL_DASHBOARD_PASSWORD": secrets.token_hex(16),
        "PUSHRAIL_IMAGE": machine.image,
        "PUSHRAIL_LISTEN": f"127.0.0.1:{machine.port}",
        "DOCKER_GID": str(SOCKET.stat().st_gid),
    }
    (machine.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    (machine.folder / "pipeline.yaml").write_text(yaml.safe_dump({"version": 1, "apps": {machine.name: app}}))
    (machine.folder / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "one-machine.yml", machine.folder / "deploy")


def test_a_push_becomes_containers_and_a_restart_of_pushrail_stops_none(machine: Machine) -> None:
    run = machine.pushed(answer=1)
    assert run["status"] == "succeeded", json.dumps(run)
    before = machine.containers()
    assert (answer(machine.app_port), len(before)) == (1, 2)
    machine.compose("restart")
    assert wait_until(lambda: answered(machine.app_port), 60) == 1
    assert machine.containers() == before
