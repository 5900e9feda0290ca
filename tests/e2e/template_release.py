"""The template on the real cluster with its first release live, and a second release of it to roll out."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Run, Trigger
from pipeline.spec import KubernetesTarget as Place
from tests.e2e.cluster_app import TEMPLATE, apply, kubectl, namespace, template_manifests
from worker.tool import Command, Limits
from worker.tools.docker_images import DockerImages
from worker.tools.docker_images.engine import connect
from worker.tools.kubernetes_target import KubernetesTarget

SETOSA = {"instances": [{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}]}
BODY = json.dumps(SETOSA).encode()


@dataclass
class Served:
    """``url`` takes ``BODY``; ``images`` are of one model, the first is live, the second answers by other code."""

    target: KubernetesTarget
    namespace: str
    url: str
    images: tuple[str, str]


def run(number: int) -> Run:
    return Run(f"r{number}", "iris", Trigger.PUSH, "refs/heads/main", f"{number:040x}", fence=number)


@contextmanager
def served() -> Iterator[Served]:
    """Build both, apply the template's manifests, and wait until the first is live."""
    deployment, service = template_manifests()
    with tempfile.TemporaryDirectory() as folder, namespace() as where:
        images = built(Path(folder) / "iris", where)
        deployment["spec"]["template"]["spec"]["containers"][0].update(image=images[0], imagePullPolicy="IfNotPresent")
        url = apply(where, deployment, service)
        kubectl("-n", where, "rollout", "status", "deployment/iris", "--timeout=120s")
        context = kubectl("config", "current-context").strip()
        place = {"kind": "kubernetes", "context": context, "namespace": where, "deployment": "iris", "container": "web"}
        yield Served(KubernetesTarget("iris", Place.model_validate(place)), where, f"{url}/api/predict", images)


def built(folder: Path, name: str) -> tuple[str, str]:
    """Train the template in ``folder`` and build it twice, by other code; the two references."""
    images = DockerImages(name, None, connect)
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*_cache", "model"))
    environment = images.environment(folder, print)
    assert environment
    training = Command(["python", "train.py"], Limits(300, "1g", None, network=False), collect=["model"])
    images.run(environment, training, folder, print)
    first = images.tag(images.build(folder, {}, print).id, "first", print)
    with (folder / "server.py").open("a") as code:
        code.write("\n# the second release\n")
    return first, images.tag(images.build(folder, {}, print).id, "second", print)
