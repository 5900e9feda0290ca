"""Golden predictions: what the model said it answers, asked again of what serves."""

import json
import math
from typing import Any

from pipeline.errors import StepFailed
from worker.tool import Log, Target

FILE = "golden.json"
CLOSE = 1e-6
LATE = 5.0
"""Seconds past the bound that are waited for: an answer that comes too late is a word on the release, none at all may be the network's."""


def check(target: Target, golden: str, latency: float, log: Log) -> None:
    """Send every golden request through the Service.

    Args:
        golden: JSON text of ``[{"path", "request", "response"}, …]``.
        latency: seconds an answer may take.

    Raises:
        StepFailed: an answer differs, or takes too long.
    """
    predictions = _read(golden)
    for number, prediction in enumerate(predictions, 1):
        answer = target.request(prediction["path"], json.dumps(prediction["request"]).encode(), latency + LATE)
        wrong = f"status {answer.status}" if answer.status != 200 else difference(prediction["response"], _body(answer.body))
        if wrong:
            raise StepFailed(f"golden prediction {number} of {len(predictions)} at {prediction['path']}: {wrong}")
        if answer.seconds > latency:
            raise StepFailed(f"golden prediction {number} took {answer.seconds:.2f} s; verify.latency allows {latency:g} s")
    log(f"{len(predictions)} golden predictions answered as at evaluation")


def difference(expected: Any, actual: Any, where: str = "answer") -> str:
    """Where an answer departs from what is expected, in words, or the empty text.

    Every key expected must be there, numbers within 1e-6, all else equal; keys that were not expected are left alone.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        return next((said for key in expected if (said := _at_key(expected, actual, key, where))), "")
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return next((said for place, (left, right) in pairs if (said := difference(left, right, f"{where}[{place}]"))), "")
    numbers = _number(expected), _number(actual)  # a bool is none, though Python says that True == 1
    same = _close(expected, actual) if all(numbers) else not any(numbers) and expected == actual
    return "" if same else f"{where} is {_short(actual)}, not {_short(expected)}"


def _at_key(expected: dict[str, Any], actual: dict[str, Any], key: str, where: str) -> str:
    return difference(expected[key], actual[key], f"{where}.{key}") if key in actual else f"{where}.{key} is missing"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _close(expected: float, actual: float) -> bool:
    return math.isclose(expected, actual, rel_tol=CLOSE, abs_tol=CLOSE)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _body(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body[:60].decode("utf-8", "replace")


def _read(golden: str) -> list[dict[str, Any]]:
    try:
        predictions = json.loads(golden)
        return [{key: prediction[key] for key in ("path", "request", "response")} for prediction in predictions]
    except (ValueError, TypeError, KeyError) as error:
        raise StepFailed(f"{FILE} is no list of objects with path, request and response: {error}") from error
