"""An image's way into its registry and the proof that it arrived. Never moves a tag that stands for other content."""

from collections.abc import Iterable, Mapping
from typing import Any

from docker import DockerClient
from docker.errors import NotFound

from pipeline.errors import TagTaken, ToolError
from worker.tool import Log
from worker.tools.docker_images.engine import engine_errors, fetched, image
from worker.tools.docker_images.origin import is_release

_DENIED = ("denied", "unauthorized", "authentication required", "no basic auth")


def push(client: DockerClient, image_id: str, repository: str, tag: str, log: Log) -> str:
    """Name the image ``repository:tag``, push it and read its digest back.

    What the registry has under this name already is taken for the same if it is a release with the same labels: another worker built it.

    Returns:
        ``repository@sha256:…`` of what the registry has.

    Raises:
        TagTaken: the registry has other content under this name.
        ToolError: the registry refused or cannot be reached.
    """
    name = f"{repository}:{tag}"
    there = published(client, name)
    if there is not None:
        client.api.tag(_same(client, image_id, name, f"{repository}@{there}"), repository, tag)
        log(f"{name} is in the registry already")
        return f"{repository}@{there}"
    client.api.tag(image_id, repository, tag)
    sent = _followed(client.images.push(repository, tag=tag, stream=True, decode=True), log)
    if published(client, name) != sent:
        raise ToolError("registry", f"{name} was pushed as {sent}, but that is not what the registry has", transient=True)
    return f"{repository}@{sent}"


def published(client: DockerClient, name: str) -> str | None:
    """The digest a registry reports for a name, asked with the engine's credentials; None when it has no such name."""
    with engine_errors("registry"):
        try:
            return str(client.images.get_registry_data(name).id)
        except NotFound:
            return None


def _same(client: DockerClient, image_id: str, name: str, reference: str) -> str:
    """The id of what stands under ``reference``; TagTaken when that is other content than the image's."""
    ours, theirs = image(client, image_id), fetched(client, reference)
    if ours and theirs and (ours["Id"] == theirs["Id"] or _same_release(client, ours, theirs)):
        return str(theirs["Id"])
    raise TagTaken(
        "registry", f"{name} stands for other content ({reference}), and a tag is never moved; delete it there or choose another"
    )


def _same_release(client: DockerClient, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    labels = theirs["Config"]["Labels"]
    return bool(ours["Config"]["Labels"] == labels) and is_release(client, theirs["Id"], labels)


def _followed(records: Iterable[Mapping[str, Any]], log: Log) -> str:
    """The digest in the last record; the engine reports a failed push in the stream only (docker/docker-py#2226)."""
    digest = ""
    for record in records:
        if "error" in record:
            reason = str(record["error"])
            raise ToolError("registry", reason, transient=not any(word in reason.lower() for word in _DENIED))
        if "id" in record and not record.get("progressDetail") and record.get("status") in ("Pushed", "Layer already exists"):
            log(f"{record['id']}: {record['status']}")
        digest = record.get("aux", {}).get("Digest", digest)
    return digest
