import json
from typing import Any

import pytest

from pipeline.errors import StepFailed
from tests.unit.steps import Script
from worker.golden import LATE, check, difference
from worker.tool import Answer

GOLDEN = json.dumps([{"path": "/api/predict", "request": {"x": 1}, "response": {"label": "rose", "p": 0.5}}])


@pytest.mark.parametrize(
    ("expected", "actual"),
    [(1, 1.0000000001), ({"a": 1}, {"a": 1, "more": 2}), ([1, {"b": "x"}], [1, {"b": "x"}]), (None, None), (True, True)],
)
def test_same_enough(expected: Any, actual: Any) -> None:
    assert difference(expected, actual) == ""


@pytest.mark.parametrize(
    ("expected", "actual", "said"),
    [
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "answer.a.b[1] is 3, not 2"),
        ({"a": 1}, {}, "answer.a is missing"),
        ([1], [1, 2], "answer is [1, 2], not [1]"),
        (1, True, "answer is true, not 1"),
        ("x", None, 'answer is null, not "x"'),
    ],
)
def test_difference_names_its_place(expected: Any, actual: Any, said: str) -> None:
    assert difference(expected, actual) == said


def answering(status: int = 200, body: Any = None, seconds: float = 0.1) -> Script:
    return Script({"request": Answer(status, json.dumps(body).encode(), seconds)})


def test_the_answer_of_evaluation_passes() -> None:
    check(answering(body={"label": "rose", "p": 0.5, "extra": 1}), GOLDEN, 1.0, lambda line: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (answering(500), "status 500"),
        (answering(body={"label": "tulip", "p": 0.5}), "label is"),
        (answering(body={"label": "rose", "p": 0.5}, seconds=3.0), "took 3.00 s"),
    ],
)
def test_another_answer_fails(target: Any, said: str) -> None:
    with pytest.raises(StepFailed, match=said):
        check(target, GOLDEN, 1.0, lambda line: None)


def test_answer_is_waited_for_past_its_bound_so_that_a_slow_model_is_called_slow() -> None:
    target = answering(body={"label": "rose", "p": 0.5})
    check(target, GOLDEN, 1.0, lambda line: None)  # type: ignore[arg-type]
    assert target.asked[-1][-1] == 1.0 + LATE


@pytest.mark.parametrize("golden", ["{", '{"a": 1}', '[{"path": "/"}]', "[1]", "null"])
def test_golden_predictions_in_no_known_form_fail_and_say_so(golden: str) -> None:
    with pytest.raises(StepFailed, match=r"golden\.json"):
        check(answering(), golden, 1.0, lambda line: None)  # type: ignore[arg-type]
