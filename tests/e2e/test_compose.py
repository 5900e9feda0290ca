"""docker-compose.yml with this very source: it comes up, takes a push through to an image, keeps its secrets and goes down cleanly."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pipeline.model import Status
from tests.e2e.compose_installation import ROOT, Installation, docker, prepare
from tests.e2e.installation import push_body, signed
from tests.waiting import wait_until

pytestmark = pytest.mark.engine

SERVICES = ("redis", "hook-server", "worker")


def program() -> tuple[str, ...]:
    if shutil.which("docker-compose"):
        return ("docker-compose",)
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ("docker", "compose")
    missing = "neither docker-compose nor docker compose is here"
    if "engine" in os.environ.get("PUSHRAIL_REQUIRE", "").split(","):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    compose = program()
    image = f"pushrail-compose-test:{secrets.token_hex(4)}"
    installed = prepare(tmp_path_factory.mktemp("compose"), compose, image)
    docker("build", "--quiet", "--tag", image, str(ROOT), DOCKER_BUILDKIT="0")
    try:
        installed.compose("up", "-d", "--no-build")
        wait_until(installed.is_ready, seconds=60)
        yield installed
    finally:
        installed.compose("down", "--volumes", "--remove-orphans")
        docker("rmi", "--force", image, *docker("images", "--quiet", "--filter", f"label=io.pushrail.repository={installed.name}").split())


@pytest.fixture(scope="module")
def pushed(installation: Installation) -> dict[str, Any]:
    """The run of one push, ended."""
    body = push_body("acme/iris", installation.commit)
    headers = signed(body, secret=installation.secrets["IRIS_WEBHOOK_SECRET"])
    answer = requests.post(f"{installation.address}/hooks/github", data=body, headers=headers, timeout=10)
    assert answer.status_code == 202, answer.text
    run = answer.json()["outcomes"][0]["run"]
    return wait_until(lambda: (shown := installation.run(run)) and Status(shown["status"]).is_final and shown, seconds=240, every=0.5)


def test_every_healthcheck_agrees_that_it_is_up(installation: Installation) -> None:
    checked = [installation.container(service) for service in ("redis", "hook-server")]
    wait_until(
        lambda: docker("inspect", "--format", "{{.State.Health.Status}}", *checked).split() == ["healthy", "healthy"], seconds=60, every=0.5
    )


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_runs_as_root_or_could_become_it(installation: Installation, service: str) -> None:
    status = docker("exec", installation.container(service), "cat", "/proc/1/status")
    said = dict(line.split(":\t", 1) for line in status.splitlines())
    assert "0" not in said["Uid"].split()
    assert (int(said["CapEff"], 16), said["NoNewPrivs"]) == (0, "1")


def test_a_signed_push_becomes_an_image_by_way_of_the_socket(installation: Installation, pushed: dict[str, Any]) -> None:
    assert (pushed["status"], pushed["reason"]) == (Status.SUCCEEDED, "")
    found = docker("images", "--filter", f"label=io.pushrail.repository={installation.name}", "--format", "{{.Repository}}:{{.Tag}}")
    assert found.split() == [installation.app_image]


@pytest.mark.usefixtures("pushed")
def test_no_secret_is_in_an_image_or_in_the_logs(installation: Installation) -> None:
    images = (installation.image, installation.app_image)
    logs = installation.compose("logs", "--no-color")
    shown = "".join([logs, docker("inspect", *images), *(docker("history", "--no-trunc", image) for image in images)])
    assert "Ready to accept connections" in logs
    assert [name for name, value in installation.secrets.items() if value in shown] == []


def test_a_stop_is_clean_and_soon_and_forgets_no_run(installation: Installation, pushed: dict[str, Any]) -> None:
    containers = [installation.container(service) for service in SERVICES]
    began = time.monotonic()
    installation.compose("stop")
    assert time.monotonic() - began < 15
    assert docker("inspect", "--format", "{{.State.ExitCode}}", *containers).split() == ["0", "0", "0"]
    installation.compose("start")
    wait_until(installation.is_ready, seconds=60)
    assert installation.run(pushed["id"]) == pushed
