"""Reads ``pipeline.yaml`` into a Spec; every problem is told with its key path."""

from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import SpecError
from pipeline.spec import text as yaml_text
from pipeline.spec.app import Spec
from pipeline.spec.wording import problems


def load(path: Path) -> Spec:
    """Read a file.

    Raises:
        SpecError: it is missing, no YAML, or says something it may not.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise SpecError((f"{path}: cannot be read: {error.strerror}; --config or PUSHRAIL_CONFIG names another file",)) from error
    except UnicodeDecodeError as error:
        raise SpecError((f"{path}: cannot be read: it is not UTF-8",)) from error
    return parse(text)


def parse(text: str) -> Spec:
    """Read the text of a file; raises SpecError with one line for each problem."""
    raw = yaml_text.read(text)
    if raw is None:
        raise SpecError(("the file: is empty; it begins with version: 1 and apps:",))
    try:
        return Spec.model_validate(raw)
    except ValidationError as error:
        raise SpecError(tuple(line for found in error.errors(include_url=False) for line in problems(raw, found))) from error
