"""Rollouts and rollbacks of the template on one machine, as processes and as containers, under traffic through the gateway."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline.spec import DockerTarget, LocalTarget
from tests.e2e.template_release import BODY, built, run
from tests.integration.gateway_process import any_port, gateway_process
from tests.traffic import Traffic
from worker.gateway.desired import FolderRelease
from worker.tools.docker_target import release
from worker.tools.gateway_target import GatewayTarget

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

ROUNDS, REQUESTS, PAUSE = 5, 8_000, 0.05
NAME = f"t{uuid4().hex[:10]}"


@dataclass(frozen=True)
class Template:
    """Trained, as a folder and as two images that answer by other code."""

    folder: Path
    images: tuple[str, str]

    def as_folder(self, image: str) -> FolderRelease:
        """What answers is the same; what is compared is not."""
        command = ("gunicorn", "--config", "gunicorn.conf.py", "server:create_app()")
        return FolderRelease(image, str(self.folder), command, str(Path(sys.executable).parent), {})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    folder = tmp_path_factory.mktemp("template") / "iris"
    images = built(folder, NAME)
    yield Template(folder, images)
    subprocess.run(["docker", "rmi", "--force", *images], check=True, capture_output=True)


def changed_under_traffic(target: GatewayTarget, port: int, images: tuple[str, str]) -> Traffic:
    """Five rollouts of the second image, each undone."""
    target.rollout(images[0], run(1), 60, print)
    first = target.snapshot()
    assert first
    with Traffic(f"http://127.0.0.1:{port}/api/predict", BODY, pause=PAUSE).going_on() as traffic:
        for number in range(ROUNDS):
            assert target.rollout(images[1], run(2 * number + 2), 60, print)["changed"] == "yes"
            assert target.restore(first, run(2 * number + 3), 60, print)["changed"] == "yes"
        traffic.until(REQUESTS)
    return traffic


def test_no_request_fails_through_five_rollouts_and_five_rollbacks_of_processes(template: Template, tmp_path: Path) -> None:
    place = LocalTarget(kind="local", port=any_port())
    with gateway_process(tmp_path, timing={}) as (gateway, _):
        target = GatewayTarget("iris", place, template.as_folder, gateway)
        assert changed_under_traffic(target, place.port, template.images).failures == []


def test_no_request_fails_through_five_rollouts_and_five_rollbacks_of_containers(template: Template, tmp_path: Path) -> None:
    place = DockerTarget(kind="docker", port=any_port(), address="127.0.0.1")
    try:
        with gateway_process(tmp_path, containers=NAME, timing={}) as (gateway, _):
            target = GatewayTarget("iris", place, partial(release, place), gateway)
            assert changed_under_traffic(target, place.port, template.images).failures == []
    finally:
        label = f"label=io.pushrail.installation={NAME}"
        left = subprocess.run(["docker", "ps", "-aq", "--filter", label], check=True, capture_output=True, text=True).stdout.split()
        subprocess.run(["docker", "rm", "--force", *left], check=True, capture_output=True)
