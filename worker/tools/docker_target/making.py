"""The making of one container from a release: its image is pulled when it is not here, and runs as it was built. Nothing is privileged."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from docker import DockerClient
from docker.errors import APIError, ImageNotFound
from docker.models.containers import Container
from docker.types import LogConfig, Mount

from worker.gateway.desired import ContainerRelease, Desired
from worker.gateway.ports import free_port
from worker.gateway.running import CannotStart, Unavailable
from worker.tools.docker_images.engine import fetched
from worker.tools.docker_target.container import Found

INSTALLATION, APP, RELEASE = "io.pushrail.installation", "io.pushrail.app", "io.pushrail.release"
RUN, IMAGE = "io.pushrail.rollout", "io.pushrail.image"
"""The labels of every container of ours: whose it is, and what it was made from."""

_LOG = LogConfig(type="json-file", config={"max-size": "10m", "max-file": "3"})


def key(release: ContainerRelease, secrets: Mapping[str, str]) -> str:
    """Equal for two containers exactly when all that they are made from is; the engine shows who asks it the values anyway.

    What is not set does not count, so that a setting that a newer Pushrail knows makes no other release of those that run.
    """
    settings = {name: value for name, value in asdict(release).items() if value}
    return hashlib.sha256(json.dumps([settings, dict(secrets)], sort_keys=True).encode()).hexdigest()[:16]


def make(client: DockerClient, installation: str, desired: Desired, secrets: Mapping[str, str]) -> Found:
    """Make and start a container, published on a free port of 127.0.0.1.

    Raises:
        CannotStart: no registry has the image.
        Unavailable: its registry does not answer.
        APIError: the engine refuses.
    """
    release = desired.release
    assert isinstance(release, ContainerRelease)
    labels = {INSTALLATION: installation, APP: desired.app, RELEASE: key(release, secrets), RUN: desired.run, IMAGE: release.image}
    port = free_port(())
    container = _created(client, release, {**_settings(release, port, secrets), "labels": labels, "name": _name(desired.app)})
    try:
        container.start()
    except APIError:
        with suppress(APIError):
            container.remove(v=True, force=True)
        raise
    return Found(str(container.id), str(container.name), port)


def _created(client: DockerClient, release: ContainerRelease, settings: Mapping[str, Any]) -> Container:
    try:
        return client.containers.create(release.image, **settings)
    except ImageNotFound:
        _pull(client, release.image)
        return client.containers.create(release.image, **settings)


def _pull(client: DockerClient, image: str) -> None:
    try:
        found = fetched(client, image)
    except APIError as error:
        if error.is_server_error():
            raise Unavailable(f"{image} cannot be pulled now: {error.explanation}") from error
        raise
    if found is None:
        raise CannotStart(f"cannot be started: there is no image {image}, neither on the engine nor in a registry that lets us have it")


def _settings(release: ContainerRelease, port: int, secrets: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "ports": {f"{release.port}/tcp": ("127.0.0.1", port)},
        "environment": {"PORT": str(release.port), **release.variables, **secrets},
        "mem_limit": release.memory,
        "memswap_limit": release.memory,
        "nano_cpus": int(release.cpus * 1e9) if release.cpus else None,
        # A mount, not a bind: the engine would make a folder that is not there.
        "mounts": [Mount(inside, here, type="bind", read_only=True) for here, inside in release.volumes.items()],
        "network": release.network,
        "log_config": _LOG,
    }


def _name(app: str) -> str:
    return f"pushrail-{app}-{uuid4().hex[:8]}"
