"""Files out of containers and images by the engine's archive calls. Starts nothing."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from http.client import NOT_FOUND
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import APIError
from docker.models.containers import Container

from pipeline.errors import StepFailed, ToolError
from worker.tools.docker_images.engine import fetched
from worker.tools.packaging.archive import unpack
from worker.tools.packaging.content import replace

LABEL = "io.pushrail.run"
"""On every container of ours, with its repository: what a killed worker left is found by it."""


def code_folder(config: Mapping[str, Any]) -> str:
    """Where an image of this config has the code: its ``WORKDIR``, or ``/app``."""
    return f"/{str(config.get('WorkingDir') or '').strip('/') or 'app'}"


def copy_out(client: DockerClient, repository: str, name: str, path: str, destination: Path) -> None:
    """Copy ``path``, relative to the code, out of an image, which is pulled if it is not here, in the place of ``destination``.

    Raises:
        StepFailed: the image has no such path.
        ToolError: there is no such image.
    """
    found = fetched(client, name)
    if found is None:
        raise ToolError("docker", f"the image {name} is neither here nor in its registry")
    container = client.containers.create(found["Id"], entrypoint=["true"], labels={LABEL: repository})
    try:
        replace(destination, partial(copy_from, container, f"{code_folder(found['Config'])}/{path.strip('/')}"))
    finally:
        container.remove(force=True, v=True)


def copy_from(container: Container, path: str, destination: Path) -> None:
    """Copy a file or folder of a container to ``destination``, which is made; StepFailed when there is none."""
    try:
        chunks, _ = container.get_archive(path)
    except APIError as error:
        if error.status_code == NOT_FOUND:
            raise StepFailed(f"{path} is not there: it is neither written by the command nor copied by the Dockerfile") from error
        raise
    unpack(chunks, destination)


def remove_leftovers(client: DockerClient, repository: str) -> None:
    """Remove the containers of this repository that a killed worker left, running or not."""
    for container in client.containers.list(all=True, filters={"label": f"{LABEL}={repository}"}, ignore_removed=True):
        with suppress(APIError):  # someone else removes it right now
            container.remove(force=True, v=True)
