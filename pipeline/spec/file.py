"""Reads ``pipeline.yaml`` into a Spec; every problem is told with its key path."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline.errors import SpecError
from pipeline.spec.app import Spec


def load(path: Path) -> Spec:
    """Read a file.

    Raises:
        SpecError: it is missing, no YAML, or says something it may not.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError((f"{path}: cannot be read: {error}",)) from error
    return parse(text)


def parse(text: str) -> Spec:
    """Read the text of a file; raises SpecError with one line for each problem."""
    try:
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise SpecError((f"not YAML: {' '.join(str(error).split())}",)) from error
    try:
        return Spec.model_validate(raw)
    except ValidationError as error:
        raise SpecError(tuple(_problem(raw, found) for found in error.errors(include_url=False))) from error


def _problem(raw: Any, found: Any) -> str:
    loc = [*found["loc"], found["ctx"]["key"]] if found["type"] == "unknown_key" else found["loc"]
    message = found["msg"].removeprefix("Value error, ")
    return f"{_key_path(raw, loc) or 'the file'}: {message[0].lower()}{message[1:]}"


def _key_path(raw: Any, loc: Sequence[int | str]) -> str:
    """``apps.iris.steps[2].verify.soak``; parts of ``loc`` that name a variant and not a key of the file are left out."""
    path, here = "", raw
    for position, part in enumerate(loc):
        last = position == len(loc) - 1
        if isinstance(part, int):
            path += f"[{part}]"
            here = here[part] if isinstance(here, list) and part < len(here) else None
        elif isinstance(here, dict) and (part in here or last):
            path += f".{part}"
            here = here.get(part)
    return path.removeprefix(".")
