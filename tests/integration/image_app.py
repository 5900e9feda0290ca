"""The smallest app with every stage, the two engines under one name, and images of others, for tests of images."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import requests
from docker import DockerClient
from docker.errors import APIError

from worker.tool import Command, Images, Limits
from worker.tools.docker_images import DockerImages
from worker.tools.docker_images.engine import connect

MARK = "io.pushrail.test"
LIMITS = Limits(seconds=60, memory="512m", cpus=None, network=False)
DOCKERFILE = """\
FROM python:3.11-slim AS environment
LABEL {mark}={session}
WORKDIR /app
COPY requirements.txt .
RUN true

FROM environment AS serve
COPY *.py ./
COPY model/ model/
CMD ["python", "server.py"]
"""


@dataclass
class App:
    """A workspace, the engine that serves it, and what the engine logged."""

    name: str
    images: Images
    workspace: Path
    lines: list[str] = field(default_factory=list)

    def write(self, path: str, text: str) -> None:
        target = self.workspace / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def environment(self) -> str:
        name = self.images.environment(self.workspace, self.lines.append)
        assert name is not None
        return name

    def run(
        self, code: str, *, collect: Sequence[str] = (), variables: Mapping[str, str] | None = None, limits: Limits = LIMITS
    ) -> list[str]:
        """Run Python code in the environment; returns what it printed."""
        said: list[str] = []
        command = Command(["python3", "-c", code], limits, variables or {}, collect)
        self.images.run(self.environment(), command, self.workspace, said.append)
        return said

    def build(self, content: str = "1") -> str:
        return self.images.build(self.workspace, {"io.pushrail.content": content}, self.lines.append).id


def app_in(workspace: Path, name: str, images: Images, session: str) -> App:
    app = App(name, images, workspace)
    app.write("Dockerfile", DOCKERFILE.format(mark=MARK, session=session))
    app.write("requirements.txt", "")
    app.write("server.py", "print('serving')\n")
    app.write("model/weights.txt", "1 2 3\n")
    return app


@contextmanager
def pushed_app(workspace: Path, client: DockerClient, session: str) -> Iterator[App]:
    """An app with a repository in the test registry, which is empty again in the end."""
    name, registry = new_name(), os.environ["TEST_REGISTRY"]
    yield app_in(workspace, name, DockerImages(name, f"{registry}/{name}", lambda: client), session)
    for tag in requests.get(f"http://{registry}/v2/{name}/tags/list", timeout=10).json().get("tags") or ():
        digest = client.images.get_registry_data(f"{registry}/{name}:{tag}").id
        requests.delete(f"http://{registry}/v2/{name}/manifests/{digest}", timeout=10).raise_for_status()


def foreign(client: DockerClient, session: str, *labels: str, base: str = "python:3.11-slim", tag: str | None = None) -> str:
    """The id of an image that somebody else built."""
    lines = [f"FROM {base}", f"LABEL {MARK}={session}", f"ENV UNIQUE={new_name()}", *(f"LABEL {label}" for label in labels)]
    built, log = client.images.build(fileobj=io.BytesIO("\n".join(lines).encode()), tag=tag, rm=True)
    list(log)
    return str(built.id)


def new_name() -> str:
    return f"t{uuid4().hex[:10]}"


@contextmanager
def engine(session: str) -> Iterator[DockerClient]:
    """A client; what was built with the session's mark is removed in the end."""
    client = connect()
    try:
        yield client
        for container in client.containers.list(all=True, filters={"label": f"{MARK}={session}"}):
            container.remove(force=True)
        while found := client.api.images(filters={"label": f"{MARK}={session}"}):
            assert any(_removed(client, image["Id"]) for image in found), "images of this test cannot be removed"
    finally:
        client.close()


def _removed(client: DockerClient, image: str) -> bool:
    """Whether it could be removed: one that others stand on goes after them."""
    try:
        client.api.remove_image(image, force=True)
    except APIError:
        return False
    return True
