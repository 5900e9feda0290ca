"""Golden predictions: what the model said it answers, held against what this server answers."""

import json
import math
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

FILE = "golden.json"
TOLERANCE = 1e-6


def disagreement(client: FlaskClient, folder: Path) -> str | None:
    """Send every golden request of `folder` through the whole service.

    Returns:
        None when every answer is as the model said, otherwise the first difference in words.
    """
    try:
        golden = json.loads((folder / FILE).read_bytes())
        for number, case in enumerate(golden, 1):
            if text := _mismatch(client, case):
                return f"golden prediction {number}: {text}"
        return None if golden else "no golden prediction"
    except (OSError, ValueError, LookupError, TypeError) as error:
        return f"{FILE} cannot be used: {type(error).__name__}: {error}"


def difference(expected: Any, actual: Any, where: str = "response") -> str | None:
    """Return the first place where `actual` is not as expected: every expected key is there, numbers within 1e-6, all else equal."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        pairs = [(f"{where}.{key}", value, actual.get(key)) for key, value in expected.items()]
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = [(f"{where}[{index}]", *pair) for index, pair in enumerate(zip(expected, actual, strict=True))]
    else:
        return None if _equal(expected, actual) else f"{where} is {actual!r}, expected {expected!r}"
    return next((text for place, left, right in pairs if (text := difference(left, right, place))), None)


def _mismatch(client: FlaskClient, case: dict[str, Any]) -> str | None:
    answer = client.post(case["path"], json=case["request"])
    return difference(case["response"], answer.json) if answer.status_code == 200 else f"{case['path']} answered {answer.status}"


def _equal(expected: Any, actual: Any) -> bool:
    if _is_number(expected) and _is_number(actual):
        return math.isclose(expected, actual, rel_tol=0.0, abs_tol=TOLERANCE)
    return type(expected) is type(actual) and bool(expected == actual)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)
