"""An app on the real cluster, as its team would have made it: manifests applied once, a repository that is pushed to, a Service."""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import requests
import yaml

from tests.e2e.installation import Installation, Repository

TEMPLATE = Path(__file__).parents[2] / "app_template"
STEPS = ["pull", "retrain", "evaluate", "build", "tag", "prune", {"rollout": {"timeout": "2m"}}, {"verify": {"soak": "3s"}}, "rollback"]


def kubectl(*words: str, given: Any = None) -> str:
    """What kubectl says; ``given`` is put in as JSON."""
    text = None if given is None else json.dumps(given)
    return subprocess.run(["kubectl", *words], input=text, text=True, check=True, capture_output=True).stdout


@contextmanager
def namespace() -> Iterator[str]:
    """A namespace for the length of the block; nobody waits for its end."""
    name = f"pushrail-e2e-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


def apply(namespace: str, deployment: Mapping[str, Any], service: Mapping[str, Any]) -> str:
    """Apply both, the Service as NodePort; the address predictions are asked at."""
    service = {**service, "spec": {**service["spec"], "type": "NodePort"}}
    for manifest in (deployment, service):
        kubectl("-n", namespace, "apply", "-f", "-", given=manifest)
    made = json.loads(kubectl("-n", namespace, "get", "service", service["metadata"]["name"], "-o", "json"))
    return f"http://{os.environ['TEST_NODE_ADDRESS']}:{made['spec']['ports'][0]['nodePort']}"


def template_manifests() -> tuple[Any, Any]:
    """The template's own, made quicker to roll and always pulled, so that an image that is not in the registry cannot start."""
    deployment, service = (yaml.safe_load((TEMPLATE / "k8s" / f"{name}.yaml").read_text()) for name in ("deployment", "service"))
    deployment["spec"]["minReadySeconds"] = 1
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["imagePullPolicy"] = "Always"
    container["readinessProbe"]["periodSeconds"] = 1
    container["lifecycle"]["preStop"]["exec"]["command"] = ["sleep", "3"]
    return deployment, service


def app_spec(url: str, where: str) -> dict[str, Any]:
    """The app as pipeline.yaml has it: its repository at ``url``, its Deployment in the namespace ``where``."""
    context = kubectl("config", "current-context").strip()
    return {
        "source": {"url": url, "secret_env": "SECRET"},
        "image": {"engine": "docker", "repository": f"{os.environ['TEST_REGISTRY']}/{where}/iris"},
        "target": {"kind": "kubernetes", "context": context, "namespace": where, "deployment": "iris", "container": "web"},
        "train": {
            "command": ["python", "train.py"],
            "inputs": ["train.py", "dataset.py", "model.py", "golden.py", "params.json", "requirements.txt", "data/**"],
        },
        "evaluate": {"command": ["python", "evaluate.py"], "require": {"accuracy": {"min": 0.9, "no_worse_than_live": 0.01}}},
        "steps": STEPS,
    }


def template_repository(folder: Path) -> Repository:
    repository = Repository(folder)
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "model", "metrics.json")
    shutil.copytree(TEMPLATE, folder, ignore=ignored, dirs_exist_ok=True)
    return repository


def edited(repository: Repository, path: str, old: str, new: str) -> Mapping[str, str]:
    """One edit of one file, for ``Repository.commit``."""
    text = (repository.folder / path).read_text()
    assert old in text
    return {path: text.replace(old, new, 1)}


@dataclass
class Load:
    """Clients that ask for a prediction without pause, a new connection each time."""

    url: str
    body: Any
    requests: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)

    @contextmanager
    def going_on(self, clients: int = 2) -> Iterator[None]:
        threads = [Thread(target=self._ask_on) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _ask_on(self) -> None:
        while not self._stop.wait(0.01):
            self.requests += 1
            try:
                answer = requests.post(self.url, json=self.body, timeout=10)
                if answer.status_code != 200:
                    self.failures.append(f"status {answer.status_code}: {answer.text[:100]}")
            except requests.RequestException as error:
                self.failures.append(repr(error))


def pushed(service: Installation, repository: Repository, files: Mapping[str, str], message: str, seconds: float = 240) -> dict[str, Any]:
    """Commit, push, and wait for the end of the run."""
    commit = repository.commit(files, message)
    said = service.push(repository.name, commit).json()
    return service.ended(said["outcomes"][0]["run"], seconds)
