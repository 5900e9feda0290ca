"""What the evaluate step asks of a candidate and of the live model."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StepFailed, StepRejected, StepSkipped, ToolError
from pipeline.model import Status
from pipeline.release import Release
from tests.unit.steps import LIVE, TRAIN, Script, after, app, context
from worker.steps.evaluate import evaluate
from worker.tool import Command, Log

GATED = app(train=TRAIN, evaluate={"command": ["python", "evaluate.py"], "require": {"accuracy": {"min": 0.9, "no_worse_than_live": 0.01}}})


def judging(candidate: Any, live: Any = None) -> Callable[..., None]:
    def run(environment: str, command: Command, workspace: Path, log: Log) -> None:
        variables = command.variables
        said = candidate if variables["PUSHRAIL_MODEL_DIR"] == "model" else live
        if isinstance(said, Exception):
            raise said
        (workspace / variables["PUSHRAIL_METRICS"]).write_text(said if isinstance(said, str) else json.dumps(said))

    return run


def judged(tmp_path: Path, candidate: Any, live: Any = None, *, baseline: Release | None = None) -> dict[str, str]:
    run = after(("retrain", Status.SUCCEEDED, {"environment": "env", "model": "m"}))
    images = Script({"run": judging(candidate, live), "extract": lambda image, path, folder: folder.mkdir(parents=True)})
    try:
        return dict(evaluate(context(tmp_path, "evaluate", app=GATED, run=run, images=images, live=baseline)))
    finally:
        assert not (tmp_path / ".pushrail").exists()


def test_evaluate_without_a_live_model_asks_only_the_bounds(tmp_path: Path) -> None:
    assert judged(tmp_path, {"accuracy": 0.95}) == {"accuracy": "0.95"}


def test_evaluate_judges_the_live_model_with_the_same_code(tmp_path: Path) -> None:
    assert judged(tmp_path, {"accuracy": 0.95}, {"accuracy": 0.94}, baseline=LIVE) == {"accuracy": "0.95", "live accuracy": "0.94"}


def test_evaluate_rejects_a_model_worse_than_the_live_one(tmp_path: Path) -> None:
    with pytest.raises(StepRejected, match="worse than the live"):
        judged(tmp_path, {"accuracy": 0.95}, {"accuracy": 0.99}, baseline=LIVE)


def test_a_live_model_that_cannot_be_judged_leaves_the_bounds(tmp_path: Path) -> None:
    assert judged(tmp_path, {"accuracy": 0.95}, StepFailed("another format"), baseline=LIVE) == {"accuracy": "0.95"}


@pytest.mark.parametrize("force", [True, False])
def test_a_live_model_that_is_gone_is_no_way_around_the_comparison_but_by_force(tmp_path: Path, force: bool) -> None:
    run = replace(after(("retrain", Status.SUCCEEDED, {"environment": "env", "model": "m"})), force=force)
    images = Script({"run": judging({"accuracy": 0.95}), "extract": ToolError("docker", "no such image")})
    given = context(tmp_path, "evaluate", app=GATED, run=run, images=images, live=LIVE)
    if force:
        assert evaluate(given) == {"accuracy": "0.95"}
    else:
        with pytest.raises(ToolError, match=r"cannot be read .* no such image; a run with force"):
            evaluate(given)


@pytest.mark.parametrize("written", ["{", "[1]", '{"accuracy": "high"}', "3"])
def test_metrics_in_no_known_form_fail_and_say_so(tmp_path: Path, written: str) -> None:
    with pytest.raises(StepFailed, match="PUSHRAIL_METRICS"):
        judged(tmp_path, written)


@pytest.mark.parametrize("written", ['{"accuracy": NaN}', '{"accuracy": null}', "{}"])
def test_a_metric_that_is_no_number_is_rejected(tmp_path: Path, written: str) -> None:
    with pytest.raises(StepRejected, match="missing or not a number"):
        judged(tmp_path, written)


def test_evaluate_is_skipped_when_nothing_was_trained(tmp_path: Path) -> None:
    with pytest.raises(StepSkipped, match="no candidate model"):
        evaluate(context(tmp_path, "evaluate", app=GATED))
