"""The Docker engine as ``worker.tool.Images``, with a registry where the app names one. The app's images are those with its label."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from http.client import CONFLICT
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import APIError, NotFound

from pipeline.errors import TagTaken
from worker.tool import Limits, Log, StoredImage
from worker.tools.docker_images import build as docker_build
from worker.tools.docker_images import command as docker_command
from worker.tools.docker_images import environment as docker_environment
from worker.tools.docker_images import files as docker_files
from worker.tools.docker_images import push as docker_push
from worker.tools.docker_images.engine import engine_errors, image
from worker.tools.docker_images.layers import Layers
from worker.tools.packaging.archive import packed
from worker.tools.packaging.content import packaged
from worker.tools.packaging.dockerfile import ENVIRONMENT, SERVE, read

APP = "io.pushrail.app"


class DockerImages:
    """One app's images on one engine; it is connected to at the first call.

    Args:
        repository: where images are pushed, or None to keep them on the engine.
        connect: makes the client.
    """

    def __init__(self, app: str, repository: str | None, connect: Callable[[], DockerClient]) -> None:
        self._app = app
        self._repository = repository
        self._connect = connect

    @cached_property
    def _client(self) -> DockerClient:
        return self._connect()

    def environment(self, workspace: Path, log: Log) -> str | None:
        with engine_errors():
            return docker_environment.find_or_make(self._client, workspace, log)

    def run(
        self,
        environment: str,
        command: Sequence[str],
        workspace: Path,
        *,
        variables: Mapping[str, str],
        collect: Sequence[str],
        limits: Limits,
        log: Log,
    ) -> None:
        with engine_errors():
            docker_command.run(
                self._client,
                self._app,
                environment,
                command,
                workspace,
                variables=variables,
                collect=collect,
                limits=limits,
                log=log,
            )

    def find(self, label: str, value: str) -> StoredImage | None:
        return max(self._listed(f"{label}={value}"), key=lambda stored: stored.created_at, default=None)

    def build(self, workspace: Path, labels: Mapping[str, str], log: Log) -> StoredImage:
        """Build ``serve`` on the very environment image that trained, or the whole Dockerfile where it has no such stages."""
        dockerfile = read(workspace)
        environment, stage = self.environment(workspace, log), dockerfile.stage(ENVIRONMENT)
        text = dockerfile.standing_on(environment, stage) if environment and stage else dockerfile.text
        target = SERVE if dockerfile.stage(SERVE) else None
        with engine_errors(), packed(workspace, packaged(workspace), instead={"Dockerfile": text.encode()}) as context:
            built = docker_build.build(self._client, context, target, {**labels, APP: self._app}, log)
        return next(stored for stored in self.stored() if stored.id == built)

    def tag(self, image_id: str, tag: str, log: Log) -> str:
        with engine_errors():
            if self._repository:
                return docker_push.push(self._client, image_id, self._repository, tag, log)
            return self._named(image_id, tag)

    def stored(self) -> Sequence[StoredImage]:
        return self._listed()

    def remove(self, image_id: str) -> int:
        stored = next((stored for stored in self.stored() if stored.id == image_id), None)
        with engine_errors():
            if stored is None or self._client.containers.list(all=True, filters={"ancestor": image_id}, ignore_removed=True):
                return 0
            freed = Layers(self._client).own_bytes(image_id)
            return freed if self._removed(stored) else 0

    def extract(self, image: str, path: str, destination: Path) -> None:
        with engine_errors():
            docker_files.copy_out(self._client, self._app, image, path, destination)

    def _listed(self, *labels: str) -> list[StoredImage]:
        with engine_errors():
            found = self._client.api.images(filters={"label": [f"{APP}={self._app}", *labels]})
        return [_stored(summary) for summary in found]

    def _named(self, image_id: str, tag: str) -> str:
        name = f"{self._app}:{tag}"
        holder = image(self._client, name)
        if holder is not None and holder["Id"] != image_id:
            raise TagTaken("docker", f"{name} stands for other content, and a tag is never moved; remove it or choose another")
        self._client.api.tag(image_id, self._app, tag)
        return name

    def _removed(self, stored: StoredImage) -> bool:
        """Take every name away, then the image; the engine lets the last name of an image in use stay."""
        try:
            for name in (*stored.tags, stored.id):
                with suppress(NotFound):  # the engine removes an image with its last tag, and a digest with its tag
                    self._client.api.remove_image(name)
        except APIError as error:
            if error.status_code == CONFLICT:
                return False
            raise
        return True


def _stored(summary: Mapping[str, Any]) -> StoredImage:
    names = (*(summary["RepoTags"] or ()), *(summary["RepoDigests"] or ()))
    return StoredImage(
        id=summary["Id"],
        labels=summary["Labels"] or {},
        tags=tuple(name for name in names if not name.startswith("<none>")),
        created_at=float(summary["Created"]),
        size=summary["Size"],
    )
