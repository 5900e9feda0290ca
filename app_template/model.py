"""The model: numbers in a JSON file, and the arithmetic that turns measurements into probabilities.

Loading runs no code from the file and needs neither scikit-learn nor numpy, so a server starts at once and a stranger's file is only data.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "model.json"


class ModelError(ValueError):
    """The model file is absent or not a model; the message says what is wrong."""


@dataclass(frozen=True)
class Model:
    """A scaler and a multinomial logistic regression; one row of coefficients for each class."""

    name: str
    features: tuple[str, ...]
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    coefficients: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]
    digest: str

    def probabilities(self, values: Sequence[float]) -> list[float]:
        """Return one probability for each class; `values` are in the order of `features`."""
        scaled = [(value - mean) / scale for value, mean, scale in zip(values, self.mean, self.scale, strict=True)]
        return _softmax([_dot(row, scaled) + intercept for row, intercept in zip(self.coefficients, self.intercepts, strict=True)])


def prediction(classes: Sequence[str], probabilities: Sequence[float]) -> dict[str, Any]:
    """Return what is answered for one instance."""
    by_class = dict(zip(classes, probabilities, strict=True))
    return {"label": max(by_class, key=by_class.__getitem__), "probabilities": by_class}


def load(folder: Path) -> Model:
    """Read `model.json` in `folder`.

    Raises:
        ModelError: no such file, or not a valid model.
    """
    file = folder / FILE
    try:
        content = file.read_bytes()
        return _model(json.loads(content), digest(content))
    except OSError as error:
        raise ModelError(f"{file} cannot be read ({error.strerror}): run `python train.py` first") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file} is not a model: {error}") from error


def digest(content: bytes) -> str:
    """Return the name of a model file by its bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _model(document: Any, digest: str) -> Model:
    if not isinstance(document, dict):
        raise ModelError("not a JSON object")
    features, classes = _names(document, "features"), _names(document, "classes")
    rows = document.get("coefficients")
    if not isinstance(rows, list) or len(rows) != len(classes):
        raise ModelError(f"coefficients: need one row for each of {len(classes)} classes")
    return Model(
        name=str(document.get("name")),
        features=features,
        classes=classes,
        mean=_numbers("mean", document.get("mean"), len(features)),
        scale=_nonzero("scale", _numbers("scale", document.get("scale"), len(features))),
        coefficients=tuple(_numbers(f"coefficients[{index}]", row, len(features)) for index, row in enumerate(rows)),
        intercepts=_numbers("intercepts", document.get("intercepts"), len(classes)),
        digest=digest,
    )


def _names(document: dict[str, Any], key: str) -> tuple[str, ...]:
    names = document.get(key)
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise ModelError(f"{key}: need a list of different names")
    return tuple(names)


def _numbers(key: str, values: Any, length: int) -> tuple[float, ...]:
    if not isinstance(values, list) or len(values) != length or not all(type(value) in (int, float) for value in values):
        raise ModelError(f"{key}: need {length} numbers")
    if not all(math.isfinite(value) for value in values):
        raise ModelError(f"{key}: holds a number that is not finite")
    return tuple(map(float, values))


def _nonzero(key: str, values: tuple[float, ...]) -> tuple[float, ...]:
    if not all(values):
        raise ModelError(f"{key}: holds a zero")
    return values


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _softmax(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    weights = [math.exp(score - highest) for score in scores]
    return [weight / sum(weights) for weight in weights]
