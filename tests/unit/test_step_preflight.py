"""What the rollout step makes of what its target finds: warnings are told, errors stop it before anything is changed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StepFailed, ToolError
from pipeline.model import Status, StepResult
from tests.unit.steps import RUN, Script, app, context
from worker.finding import error, good, told, warning
from worker.steps.rollout import rollout

TAGGED = replace(RUN, steps=(StepResult("tag", Status.SUCCEEDED, 1.0, 2.0, {"image": "repo@sha256:2"}),))


def rolled_out(tmp_path: Path, *found: Any) -> tuple[Script, list[str]]:
    target, log = Script({"rollout": {}, "preflight": found}), list[str]()
    rollout(replace(context(tmp_path, "rollout", app=app(), run=TAGGED, target=target), log=log.append))
    return target, log


def refused(tmp_path: Path, *found: Any) -> tuple[Script, str]:
    target = Script({"preflight": found})
    with pytest.raises(ToolError) as caught:
        rollout(context(tmp_path, "rollout", app=app(), run=TAGGED, target=target))
    assert not caught.value.transient
    return target, str(caught.value)


def test_a_warning_is_one_line_of_the_log_and_stops_nothing(tmp_path: Path) -> None:
    target, log = rolled_out(tmp_path, good("kubernetes", "there"), warning("kubernetes", "no probe; add one"))
    assert "rollout" in target.verbs()
    assert [line for line in log if "kubernetes" in line] == ["warning: kubernetes: no probe; add one"]


def test_an_error_is_the_machinery_s_and_changes_nothing(tmp_path: Path) -> None:
    target, said = refused(tmp_path, error("kubernetes", "no verb; add it"))
    assert target.verbs() == ["preflight"]
    assert said == "kubernetes: no verb; add it"


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    _, said = refused(tmp_path, error("kubernetes", "one"), warning("registry", "w"), error("registry", "two"))
    assert said == "kubernetes: one\nregistry: two"


def test_what_the_target_refuses_is_the_release_s_fault(tmp_path: Path) -> None:
    def look(*_: Any) -> Any:
        yield warning("kubernetes", "w")
        raise StepFailed("the cluster does not admit it")

    target = Script({"preflight": look})
    with pytest.raises(StepFailed):
        rollout(context(tmp_path, "rollout", app=app(), run=TAGGED, target=target))
    assert target.verbs() == ["preflight"]


@pytest.mark.parametrize(
    ("ended", "last"), [(ToolError("registry", "away"), error("registry", "away")), (StepFailed("no branch"), error("git", "no branch"))]
)
def test_a_look_that_ends_early_is_told_with_what_it_saw(ended: Exception, last: Any) -> None:
    def look() -> Any:
        yield good("git", "there")
        raise ended

    assert list(told("git", look())) == [good("git", "there"), last]
