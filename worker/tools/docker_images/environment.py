"""The environment image: dependencies only, found again by the hash of all that decides it. Shared by apps, never pruned.

It is named by that hash, so its name is the same on every engine while its id is not.
"""

import hashlib
from pathlib import Path

from docker import DockerClient

from pipeline.errors import StepFailed
from worker.tool import Log
from worker.tools.docker_images import build as docker_build
from worker.tools.docker_images.engine import fetched, image
from worker.tools.packaging.archive import packed
from worker.tools.packaging.content import copied_digest, packaged
from worker.tools.packaging.dockerfile import ENVIRONMENT, Dockerfile, Stage, read

NAME = "pushrail-environment"
LABEL = "io.pushrail.environment"


def find_or_make(client: DockerClient, workspace: Path, log: Log) -> str | None:
    """The name of the image of the workspace's ``environment`` stage; None when it has no such stage."""
    dockerfile = read(workspace)
    stage = dockerfile.stage(ENVIRONMENT)
    if stage is None:
        return None
    key = _key(client, workspace, dockerfile, stage)
    name = f"{NAME}:{key}"
    if image(client, name) is not None:
        log(f"environment {key[:12]} is here already")
        return name
    log(f"environment {key[:12]} is new; building it")
    with packed(workspace, packaged(workspace)) as context:
        built = docker_build.build(client, context, ENVIRONMENT, {LABEL: key}, log)
    client.api.tag(built, NAME, key)
    return name


def _key(client: DockerClient, workspace: Path, dockerfile: Dockerfile, stage: Stage) -> str:
    """Hash of the images it stands on, the Dockerfile's text up to its end and the files copied until there."""
    bases = [f"{name} {_identity(client, name)}" for name in dockerfile.images(stage)]
    copied = copied_digest(workspace, dockerfile.sources(stage))
    return hashlib.sha256("\n".join([*bases, dockerfile.until_end_of(stage), copied]).encode()).hexdigest()


def _identity(client: DockerClient, name: str) -> str:
    found = fetched(client, name)
    if found is None:
        raise StepFailed(f"Dockerfile: there is no image {name}; correct its name or tag")
    return str(found["Id"])
