"""The Docker engine: how it is reached, its errors in our words, and where an image is found. Decides nothing about apps."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import requests
import urllib3
from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from pipeline.errors import ToolError

# Seconds the engine may stay silent; streams of builds and of running commands are exempt.
SILENCE = 120

AWAY = (DockerException, requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError)
"""What the SDK raises when the engine or the way to it is at fault, and as APIError also what the engine refuses."""


def connect() -> DockerClient:
    """A client of the engine that ``DOCKER_HOST`` names, at the newest API version both speak; ToolError when none answers.

    To be made after a fork, never before: connections are not shared between processes.
    """
    with engine_errors():
        return docker.from_env(timeout=SILENCE)


@contextmanager
def engine_errors(tool: str = "docker") -> Iterator[None]:
    """Turn what the SDK raises into ToolError of ``tool``; transient where the engine or the way to it is at fault."""
    try:
        yield
    except APIError as error:
        raise ToolError(tool, str(error.explanation or error), transient=error.is_server_error()) from error
    except AWAY as error:
        raise ToolError(
            "docker", f"the engine does not answer ({error}); see that it runs and DOCKER_HOST names it", transient=True
        ) from error


def image(client: DockerClient, name: str) -> dict[str, Any] | None:
    """What the engine says of an image by id or name; None when it is not here."""
    try:
        return client.images.get(name).attrs
    except ImageNotFound:
        return None


def fetched(client: DockerClient, name: str) -> dict[str, Any] | None:
    """What the engine says of an image, pulled if it is not here; None when its registry does not have it either."""
    found = image(client, name)
    if found is None and not name.startswith("sha256:"):
        try:
            return client.images.pull(name).attrs
        except NotFound:
            return None
    return found
