"""An app with containers for replicas, for tests: images of the tiny app by version, a gateway that runs them, its target."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from docker import DockerClient

from pipeline.model import Run, Trigger
from pipeline.spec import DockerTarget as Place
from tests.integration.gateway_process import any_port, ask, gateway_process, write_app
from worker.gateway.client import Gateway
from worker.gateway.status import AppStatus
from worker.tools.docker_images.engine import connect
from worker.tools.docker_target import release
from worker.tools.gateway_target import GatewayTarget

DOCKERFILE = 'FROM python:3.11-slim\nENV HOST=0.0.0.0\nWORKDIR /app\nCOPY . .\nCMD ["python", "-S", "app.py"]\n'


def run(fence: int) -> Run:
    return Run(f"run-{fence}", "tiny", Trigger.PUSH, "refs/heads/main", fence=fence)


class Engine:
    """A client, and the installation whose containers and images are removed in the end."""

    def __init__(self, client: DockerClient) -> None:
        self.client = client
        self.installation = uuid4().hex
        self._images: dict[str, str] = {}

    def image(self, version: str, dockerfile: str = DOCKERFILE, **conduct: object) -> str:
        """The tiny app as an image; made once for each version."""
        if version not in self._images:
            with tempfile.TemporaryDirectory() as folder:
                write_app(Path(folder), version, **conduct)
                (Path(folder) / "Dockerfile").write_text(dockerfile)
                name = f"pushrail-test-{self.installation[:8]}:{version}"
                subprocess.run(["docker", "build", "--quiet", "--tag", name, folder], check=True, capture_output=True)
            self._images[version] = name
        return self._images[version]

    def containers(self, app: str = "") -> list[Any]:
        """Those of this installation, and of one app alone when it is named."""
        labels = [f"io.pushrail.installation={self.installation}", *([f"io.pushrail.app={app}"] if app else [])]
        return self.client.containers.list(all=True, filters={"label": labels}, ignore_removed=True)

    def remove_containers(self) -> None:
        for container in self.containers():
            container.remove(v=True, force=True)

    def clean(self) -> None:
        self.remove_containers()
        for image in self._images.values():
            self.client.images.remove(image, force=True)


@contextmanager
def engine() -> Iterator[Engine]:
    client = connect()
    found = Engine(client)
    try:
        yield found
    finally:
        found.clean()
        client.close()


@contextmanager
def house(folder: Path, engine: Engine, *live: str) -> Iterator[tuple[Gateway, "subprocess.Popen[bytes]"]]:
    """A gateway for the engine's containers."""
    with gateway_process(folder, *live, containers=engine.installation) as both:
        yield both


@dataclass
class Stage:
    """One app, its target and what is said to the log."""

    engine: Engine | None
    gateway: Gateway
    settings: dict[str, Any] = field(default_factory=dict)
    app: str = field(default_factory=lambda: f"t{uuid4().hex[:8]}")
    port: int = field(default_factory=any_port)
    said: list[str] = field(default_factory=list)

    @property
    def target(self) -> GatewayTarget:
        settings = {"kind": "docker", "port": self.port, "address": "127.0.0.1", "replicas": 1, "container_port": 8000, **self.settings}
        place = Place.model_validate(settings)
        return GatewayTarget(self.app, place, partial(release, place), self.gateway)

    def rollout(self, image: str, fence: int = 1, seconds: float = 60) -> dict[str, str]:
        return dict(self.target.rollout(image, run(fence), seconds, self.said.append))

    def restore(self, template: str, fence: int = 1) -> dict[str, str]:
        return dict(self.target.restore(template, run(fence), 60, self.said.append))

    def snapshot(self) -> str:
        template = self.target.snapshot()
        assert template
        return template

    def status(self) -> AppStatus:
        status = self.gateway.status(self.app)
        assert status
        return status

    def names(self) -> set[str | None]:
        return {replica.name for replica in self.status().replicas}

    def environment(self) -> dict[str, str]:
        return dict(json.loads(ask(self.port, "/environment")))
