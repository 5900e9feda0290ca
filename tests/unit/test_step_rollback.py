"""What rollback puts back, and what it says when there is nothing to put back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import StepSkipped
from pipeline.model import Run, Status
from pipeline.release import Release
from tests.unit.steps import LIVE, RUN, Script, after, app, context
from worker.steps.rollback import rollback
from worker.tool import Answer

FAILED = after(("rollout", Status.FAILED, {"image": "repo@sha256:2"}))


def test_rollback_allows_the_last_good_release_what_verify_allows(tmp_path: Path) -> None:
    described = app(steps=["rollout", {"verify": {"latency": "6s"}}, "rollback"])
    target = Script({"restore": {}, "request": Answer(200, b'{"x": 1}', 2.5)})
    live = replace(LIVE, golden=json.dumps([{"path": "/p", "request": {}, "response": {"x": 1}}]))
    assert rollback(
        context(
            tmp_path, "rollback", app=described, run=after(("rollout", Status.FAILED, {"image": "repo@sha256:2"})), target=target, live=live
        )
    )


def test_rollback_restores_our_record_of_the_last_good_release(tmp_path: Path) -> None:
    target = Script({"restore": {"revision": "3"}})
    run = after(("rollout", Status.FAILED, {"image": "repo@sha256:2"}))
    outputs = rollback(context(tmp_path, "rollback", app=app(), run=run, target=target, live=LIVE))
    assert target.asked[0][1] == "template"
    assert outputs == {"revision": "3", "restored": "repo@sha256:live", "commit": "c" * 40}


@pytest.mark.parametrize(
    ("run", "live", "said"),
    [
        (RUN, LIVE, "nothing was rolled out"),
        (after(("rollout", Status.SKIPPED, {})), LIVE, "nothing was rolled out"),
        (after(("rollout", Status.ERRORED, {"before": "nothing"})), None, "nothing was rolled out"),
    ],
)
def test_rollback_with_nothing_to_do_says_why(tmp_path: Path, run: Run, live: Release | None, said: str) -> None:
    with pytest.raises(StepSkipped, match=said):
        rollback(context(tmp_path, "rollback", app=app(), run=run, live=live))


@pytest.mark.parametrize(("word", "stop", "told"), [("leave", False, "left as it is"), ("stop", True, "stopped")])
def test_first_release_that_fails_is_left_or_stopped_as_the_operator_wishes(tmp_path: Path, word: str, stop: bool, told: str) -> None:
    wanted: list[bool] = []
    target = Script({"retire": lambda run, log, *, stop: wanted.append(stop) or {"image": "i:1"}})
    described = app(steps=["rollout", {"rollback": {"first_release": word}}])
    outputs = rollback(context(tmp_path, "rollback", app=described, run=FAILED, target=target))
    assert (outputs, wanted) == ({"image": "i:1", "first_release": told}, [stop])
    assert target.verbs() == ["retire"]


def test_first_release_is_left_as_it_is_unless_told_otherwise(tmp_path: Path) -> None:
    target = Script({"retire": {}})
    assert rollback(context(tmp_path, "rollback", app=app(), run=FAILED, target=target)) == {"first_release": "left as it is"}
