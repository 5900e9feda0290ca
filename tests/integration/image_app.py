"""The smallest app with every stage, and the two engines under one name, for tests of images."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from docker import DockerClient
from docker.errors import APIError

from worker.tool import Images, Limits
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
        self.images.run(
            self.environment(),
            ["python3", "-c", code],
            self.workspace,
            variables=variables or {},
            collect=collect,
            limits=limits,
            log=said.append,
        )
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
