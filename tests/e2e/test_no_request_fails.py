"""Rollouts and rollbacks of the template on the real cluster, under traffic through its Service."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.model import Run, Trigger
from pipeline.spec import KubernetesTarget as Place
from tests.e2e.cluster_app import TEMPLATE, apply, kubectl, namespace, template_manifests
from tests.traffic import Traffic
from worker.tool import Limits
from worker.tools.docker_images import DockerImages
from worker.tools.docker_images.engine import connect
from worker.tools.kubernetes_target import KubernetesTarget

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SETOSA = {"instances": [{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}]}
ROUNDS, REQUESTS = 5, 8_000


@dataclass
class Served:
    """The template on the cluster with its first release live, and two releases of it to choose from."""

    target: KubernetesTarget
    url: str
    images: tuple[str, str]

    def rollout(self, number: int) -> None:
        run = release_run(number)
        self.target.rollout(self.images[number % 2], run, 120, print)

    def restore(self, template: str, number: int) -> None:
        self.target.restore(template, release_run(number), 120, print)


def release_run(number: int) -> Run:
    return Run(f"r{number}", "iris", Trigger.PUSH, "refs/heads/main", f"{number:040x}", fence=number)


def built(folder: Path, repository: str) -> tuple[str, str]:
    """Two releases with one model; the second answers by other code."""
    images = DockerImages(repository, None, connect)
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*_cache", "model"))
    environment = images.environment(folder, print)
    assert environment
    limits = Limits(300, "1g", None, network=False)
    images.run(environment, ["python", "train.py"], folder, variables={}, collect=["model"], limits=limits, log=print)
    first = images.tag(images.build(folder, {}, print).id, "first", print)
    with (folder / "server.py").open("a") as code:
        code.write("\n# the second release\n")
    return first, images.tag(images.build(folder, {}, print).id, "second", print)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    deployment, service = template_manifests()
    with namespace() as where:
        images = built(tmp_path_factory.mktemp("template") / "iris", where)
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        container.update(image=images[0], imagePullPolicy="IfNotPresent")
        url = apply(where, deployment, service)
        context = kubectl("config", "current-context").strip()
        place = Place.model_validate(
            {"kind": "kubernetes", "context": context, "namespace": where, "deployment": "iris", "container": "web"}
        )
        kubectl("-n", where, "rollout", "status", "deployment/iris", "--timeout=120s")
        yield Served(KubernetesTarget("iris", place), f"{url}/api/predict", images)


def test_no_request_fails_through_five_rollouts_and_five_rollbacks(served: Served) -> None:
    template = served.target.snapshot()
    assert template
    with Traffic(served.url, json.dumps(SETOSA).encode()).going_on() as traffic:
        for number in range(1, 2 * ROUNDS, 2):
            served.rollout(number)
            served.restore(template, number + 1)
        traffic.until(REQUESTS)
    assert traffic.failures == []
