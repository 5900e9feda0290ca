import math

import pytest

from pipeline.spec import Requirement
from worker.gate import objections

ACCURACY = {"accuracy": Requirement(min=0.9, no_worse_than_live=0.01)}
LOSS = {"loss": Requirement(max=0.5, no_worse_than_live=0.1, better="lower")}


@pytest.mark.parametrize(
    ("candidate", "live"),
    [
        ({"accuracy": 0.9}, None),
        ({"accuracy": 0.95}, {"accuracy": 0.96}),
        ({"accuracy": 0.95}, {}),
        ({"accuracy": 0.95}, {"accuracy": math.nan}),
    ],
)
def test_good_enough_passes(candidate: dict[str, float], live: dict[str, float] | None) -> None:
    assert objections(candidate, live, ACCURACY) == []


@pytest.mark.parametrize(
    ("candidate", "live", "said"),
    [
        ({"accuracy": 0.89}, None, "below 0.9"),
        ({"accuracy": 0.95}, {"accuracy": 0.97}, "worse than the live model's 0.97"),
        ({"accuracy": math.nan}, None, "missing or not a number"),
        ({"accuracy": math.inf}, None, "missing or not a number"),
        ({}, {"accuracy": 0.9}, "missing or not a number"),
    ],
)
def test_not_good_enough_says_why(candidate: dict[str, float], live: dict[str, float] | None, said: str) -> None:
    assert said in objections(candidate, live, ACCURACY)[0]


def test_lower_is_better_turns_the_comparison_round() -> None:
    assert objections({"loss": 0.2}, {"loss": 0.4}, LOSS) == []
    assert "worse" in objections({"loss": 0.4}, {"loss": 0.2}, LOSS)[0]


def test_every_objection_is_said() -> None:
    assert len(objections({"accuracy": 0.5}, {"accuracy": 0.9}, ACCURACY)) == 2
