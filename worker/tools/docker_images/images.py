"""The Docker engine as ``worker.tool.Images``, with a registry where the app names one. Ours are those labelled with our repository."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from http.client import CONFLICT
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import APIError, NotFound

from pipeline.errors import TagTaken, ToolError
from worker.finding import Finding, error, good
from worker.tool import Command, Log, StoredImage
from worker.tools.docker_images import build as docker_build
from worker.tools.docker_images import command as docker_command
from worker.tools.docker_images import environment as docker_environment
from worker.tools.docker_images import files as docker_files
from worker.tools.docker_images import push as docker_push
from worker.tools.docker_images.engine import engine_errors, image
from worker.tools.docker_images.layers import Layers
from worker.tools.docker_images.origin import REPOSITORY, is_release, names, own
from worker.tools.packaging.archive import packed
from worker.tools.packaging.content import packaged
from worker.tools.packaging.dockerfile import ENVIRONMENT, SERVE, read


class DockerImages:
    """One app's images on one engine; it is connected to at the first call.

    Args:
        repository: where images are pushed, or None to keep them on the engine. It says whose an image is, so that installations that
            share an engine leave each other's apps of one name alone; without one, the app's name does.
        connect: makes the client.
    """

    def __init__(self, app: str, repository: str | None, connect: Callable[[], DockerClient]) -> None:
        self._owner = repository or app
        self._pushed = repository is not None
        self._connect = connect

    @cached_property
    def _client(self) -> DockerClient:
        return self._connect()

    def preflight(self) -> Iterator[Finding]:
        """See ``Images``. The registry is asked by the engine, as it will be when an image is pushed."""
        with engine_errors():
            version = self._client.version()
        yield good("docker", f"engine {version['Version']}, API {version['ApiVersion']}, {version['Os']}/{version['Arch']}")
        if self._pushed:
            yield self._registry()

    def environment(self, workspace: Path, log: Log) -> str | None:
        with engine_errors():
            return docker_environment.find_or_make(self._client, workspace, log)

    def run(self, environment: str, command: Command, workspace: Path, log: Log) -> None:
        with engine_errors():
            docker_command.run(self._client, self._owner, environment, command, workspace, log)

    def find(self, label: str, value: str) -> StoredImage | None:
        return max(self._releases({label: value}), key=lambda stored: stored.created_at, default=None)

    def build(self, workspace: Path, labels: Mapping[str, str], log: Log) -> StoredImage:
        """Build ``serve`` on the very environment image that trained, or the whole Dockerfile where it has no such stages."""
        dockerfile = read(workspace)
        environment, stage = self.environment(workspace, log), dockerfile.stage(ENVIRONMENT)
        text = dockerfile.standing_on(environment, stage) if environment and stage else dockerfile.text
        target = SERVE if dockerfile.stage(SERVE) else None
        with engine_errors(), packed(workspace, packaged(workspace), instead={"Dockerfile": text.encode()}) as context:
            built = docker_build.build(self._client, context, target, {**labels, REPOSITORY: self._owner}, log)
        # Not by stored(): the engine lists no nameless image that another stands on.
        return next(_stored(summary) for summary in self._labelled(labels, everything=True) if summary["Id"] == built)

    def tag(self, image_id: str, tag: str, log: Log) -> str:
        with engine_errors():
            if self._pushed:
                return docker_push.push(self._client, image_id, self._owner, tag, log)
            return self._named(image_id, tag)

    def stored(self) -> Sequence[StoredImage]:
        return self._releases({})

    def has(self, reference: str) -> bool:
        with engine_errors():
            found = docker_push.published(self._client, reference) if self._pushed else image(self._client, reference)
        return found is not None

    def remove(self, image_id: str) -> int:
        stored = next((stored for stored in self.stored() if stored.id == image_id), None)
        with engine_errors():
            if stored is None or self._client.containers.list(all=True, filters={"ancestor": image_id}, ignore_removed=True):
                return 0
            freed = Layers(self._client).own_bytes(image_id)
            return freed if self._removed(stored) else 0

    def extract(self, image: str, path: str, destination: Path) -> None:
        with engine_errors():
            docker_files.copy_out(self._client, self._owner, image, path, destination)

    def _registry(self) -> Finding:
        try:
            docker_push.published(self._client, f"{self._owner}:pushrail-doctor")
        except ToolError as refused:
            return error("registry", f"{refused.reason}; see that it serves {self._owner} and lets the engine in (docker login)")
        return good("registry", f"{self._owner} can be asked with the engine's credentials")

    def _releases(self, labels: Mapping[str, str]) -> list[StoredImage]:
        found = self._labelled(labels)
        with engine_errors():
            return [_stored(summary) for summary in found if is_release(self._client, summary["Id"], summary["Labels"])]

    def _labelled(self, labels: Mapping[str, str], *, everything: bool = False) -> list[dict[str, Any]]:
        """What carries our repository's label and these, inherited ones included; ``everything``: also what only other images stand on."""
        wanted = [f"{label}={value}" for label, value in {**labels, REPOSITORY: self._owner}.items()]
        with engine_errors():
            found: list[dict[str, Any]] = self._client.api.images(all=everything, filters={"label": wanted})
        return found

    def _named(self, image_id: str, tag: str) -> str:
        name = f"{self._owner}:{tag}"
        holder = image(self._client, name)
        if holder is not None and holder["Id"] != image_id:
            raise TagTaken("docker", f"{name} stands for other content, and a tag is never moved; remove it or choose another")
        self._client.api.tag(image_id, self._owner, tag)
        return name

    def _removed(self, stored: StoredImage) -> bool:
        """Take our names away, then the image unless it has others; the engine lets the last name of an image in use stay."""
        try:
            for name in own(stored.tags, self._owner):
                with suppress(NotFound):  # the engine removes an image with its last tag, and a digest with its tag
                    self._client.api.remove_image(name)
            left = image(self._client, stored.id)
            if left is None or names(left):
                return left is None
            self._client.api.remove_image(stored.id)
        except APIError as error:
            if error.status_code == CONFLICT:
                return False
            raise
        return True


def _stored(summary: Mapping[str, Any]) -> StoredImage:
    return StoredImage(
        id=summary["Id"],
        labels=summary["Labels"] or {},
        tags=names(summary),
        created_at=float(summary["Created"]),
        size=summary["Size"],
    )
