"""A small app on a real cluster, for tests: a Deployment of nginx with its Service, in a namespace of the test session."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from kubernetes.client import Configuration

from pipeline.model import Run, Trigger
from pipeline.spec import KubernetesTarget as Place
from worker.tools.kubernetes_target import KubernetesTarget
from worker.tools.kubernetes_target.api import configuration

GOOD, NEXT, CRASHING, DEAF = "pushrail-test:good", "pushrail-test:next", "pushrail-test:crashing", "pushrail-test:deaf"
CRASH = 'FROM python:3.11-slim\nCMD ["sh", "-c", "echo loading the model; echo boom: no model.pkl; exit 3"]\n'


def run(number: int, fence: int = 0, app: str = "iris") -> Run:
    """The run number ``number``; its fence is the same number unless told."""
    return Run(f"r{number}", app, Trigger.PUSH, "refs/heads/main", f"{number:040x}", fence=fence or number)


def make_images() -> None:
    """Names for what the engine has, and one image that crashes."""
    for source, name in (("nginx:1", GOOD), ("nginx:1", NEXT), ("redis:7", DEAF)):
        subprocess.run(["docker", "tag", source, name], check=True)
    subprocess.run(["docker", "build", "-q", "-t", CRASHING, "-"], input=CRASH.encode(), check=True, capture_output=True)


@cache
def context() -> str:
    """The cluster the tests are given."""
    return kubectl("config", "current-context").strip()


def kubectl(*words: str, given: Any = None) -> str:
    """What kubectl says; ``given`` is put in as JSON."""
    text = None if given is None else json.dumps(given)
    return subprocess.run(["kubectl", *words], input=text, text=True, check=True, capture_output=True).stdout


@dataclass
class Lines:
    """A log that keeps its lines, and does something when one of them contains a word."""

    word: str = ""
    act: Callable[[], object] = lambda: None
    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if self.word and self.word in line:
            self.word = ""
            self.act()


@dataclass
class App:
    """A Deployment with its namesake Service."""

    name: str
    namespace: str

    def create(
        self, image: str = GOOD, replicas: int = 1, drain_seconds: int = 0, edit: Callable[[Any], object] = lambda deployment: None
    ) -> None:
        """Both; ``edit`` may change the Deployment's manifest before it is applied."""
        deployment = self._deployment(image, replicas, drain_seconds)
        edit(deployment)
        self.apply({"apiVersion": "v1", "kind": "List", "items": [deployment, self._service()]})

    def apply(self, manifest: Any) -> None:
        self.kubectl("apply", "-f", "-", given=manifest)

    def create_ready(self, **how: Any) -> None:
        self.create(**how)
        self.kubectl("rollout", "status", f"deployment/{self.name}", "--timeout=60s")

    def target(self, connect: Callable[[str], Configuration] = configuration, **changed: Any) -> KubernetesTarget:
        settings = {"kind": "kubernetes", "context": self.context, "namespace": self.namespace, "deployment": self.name, "container": "web"}
        return KubernetesTarget("iris", Place.model_validate({**settings, **changed}), connect)

    def kubectl(self, *words: str, given: Any = None) -> str:
        return kubectl("-n", self.namespace, *words, given=given)

    @property
    def context(self) -> str:
        return context()

    def get(self, kind: str = "deployment") -> Any:
        """The Deployment, or the list of what else carries the app's label."""
        which = [self.name] if kind == "deployment" else ["-l", f"app={self.name}"]
        found = json.loads(self.kubectl("get", kind, *which, "-o", "json"))
        return found if kind == "deployment" else found["items"]

    def whole(self, plural: str = "deployments", version: str = "apps/v1") -> Any:
        """An object of the app's name as the API server has it; newer kubectls leave out who manages which field."""
        root = "/api" if version == "v1" else "/apis"
        return json.loads(kubectl("get", "--raw", f"{root}/{version}/namespaces/{self.namespace}/{plural}/{self.name}"))

    def pods(self) -> set[str]:
        """The names of the pods that are to stay."""
        return {found["metadata"]["name"] for found in self.get("pods") if "deletionTimestamp" not in found["metadata"]}

    def container(self) -> Any:
        return self.get()["spec"]["template"]["spec"]["containers"][0]

    def _deployment(self, image: str, replicas: int, drain_seconds: int) -> Any:
        drain = {"lifecycle": {"preStop": {"exec": {"command": ["sleep", str(drain_seconds)]}}}} if drain_seconds else {}
        probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}
        container = {"name": "web", "image": image, "imagePullPolicy": "IfNotPresent", "readinessProbe": probe, **drain}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": self.name, "labels": {"app": self.name}, "annotations": {"team": "ml"}},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": self.name}},
                "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "template": {
                    "metadata": {"labels": {"app": self.name}},
                    "spec": {"terminationGracePeriodSeconds": drain_seconds + 2, "containers": [container]},
                },
            },
        }

    def _service(self) -> Any:
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": self.name, "labels": {"app": self.name}},
            "spec": {"type": "NodePort", "selector": {"app": self.name}, "ports": [{"name": "http", "port": 8080, "targetPort": 80}]},
        }
