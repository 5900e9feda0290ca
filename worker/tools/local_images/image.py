"""One image as it lies on disk, and what it takes to run it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "image.json"


@dataclass(frozen=True, slots=True)
class LocalImage:
    """What an image needs to run.

    Args:
        folder: the code with the model, its working directory; read-only.
        command: program and arguments.
        bin: the folder that is searched first for the program.
        variables: what the Dockerfile sets.
    """

    folder: Path
    command: tuple[str, ...]
    bin: Path
    variables: Mapping[str, str]


def manifest(folder: Path) -> dict[str, Any]:
    """What is written down beside the code: labels, environment, command, variables."""
    return dict(json.loads((folder / MANIFEST).read_text("utf-8")))
