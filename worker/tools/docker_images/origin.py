"""Whose an image is, and whose a name of it. What is built FROM one of ours inherits its labels, so a label alone proves nothing."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from docker import DockerClient
from docker.errors import NotFound

from worker import labels

REPOSITORY = "io.pushrail.repository"
"""On every image of ours, with the repository it is named in."""

_RELEASE = (REPOSITORY, labels.CONTENT, labels.TRAIN)


def is_release(client: DockerClient, image_id: str, found: Mapping[str, str] | None) -> bool:
    """Whether this very image is a release of ours: the newest entry of its history sets one of a release's labels.

    The engine's own builder sets labels as a build's last instructions (moby, ``buildLabelOptions`` in ``builder/dockerfile/builder.go``).
    Every instruction or commit on top adds to the history, and a registry keeps it. Only a BuildKit build that adds ``--label`` and no
    instruction leaves no trace: it is our content, relabelled.

    Args:
        found: the image's labels.
    """
    try:
        newest = str(client.api.history(image_id)[0]["CreatedBy"])  # type: ignore[no-untyped-call]  # the SDK has no types for it
    except NotFound:  # removed since it was listed
        return False
    return any(newest.endswith(f"LABEL {label}={value}") for label, value in (found or {}).items() if label in _RELEASE)


def names(image: Mapping[str, Any]) -> tuple[str, ...]:
    """Every tag and digest that points at an image, as the engine lists or inspects it."""
    found = (*(image["RepoTags"] or ()), *(image["RepoDigests"] or ()))
    return tuple(name for name in found if not name.startswith("<none>"))


def own(found: Iterable[str], repository: str) -> tuple[str, ...]:
    """The names that are of this repository; all others are somebody else's."""
    return tuple(name for name in found if _familiar(_repository(name)) == _familiar(repository))


def _repository(name: str) -> str:
    head, digest, _ = name.partition("@")
    return head if digest else name.rpartition(":")[0]


def _familiar(repository: str) -> str:
    """As the engine shows it: without the registry that goes without saying."""
    return re.sub(r"^(index\.)?docker\.io/(library/)?", "", repository)
