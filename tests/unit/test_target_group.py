"""Several targets as one: what is asked of each, and what the whole comes to."""

import json
from threading import Barrier, Event
from typing import Any, cast

import pytest

from pipeline.errors import Fenced, StepFailed, StepSkipped, ToolError
from pipeline.model import Run
from tests.unit.steps import RUN, Script
from worker.finding import good, warning
from worker.tool import Log
from worker.tools.target_group import TargetGroup

KEPT = json.dumps({"web": "web's", "batch": "batch's"})
BAD = StepFailed("batch crashes")


def quiet(line: str) -> None:
    """A log nobody reads."""


def group(web: Script, batch: Script) -> TargetGroup:
    return TargetGroup(cast(Any, {"web": web, "batch": batch}))


def test_all_are_looked_at_and_what_is_found_says_of_which() -> None:
    web, batch = Script({"preflight": [good("kubernetes", "runs i:1")]}), Script({"preflight": [warning("kubernetes", "no preStop")]})
    found = list(group(web, batch).preflight("i:2", RUN))
    assert found == [good("kubernetes", "web: runs i:1"), warning("kubernetes", "batch: no preStop")]


def test_each_is_rolled_out_in_its_turn() -> None:
    web, batch = (Script({"rollout": {"changed": changed, "image": "i:2", "replicas": n}}) for changed, n in (("yes", "2"), ("no", "1")))
    outputs = group(web, batch).rollout("i:2", RUN, 10, quiet)
    assert outputs == {"changed": "yes", "image": "i:2", "replicas": "web 2, batch 1"}


def test_the_first_bad_one_ends_the_rollout() -> None:
    web, batch = Script({"rollout": BAD}), Script()
    with pytest.raises(StepFailed):
        group(web, batch).rollout("i:2", RUN, 10, quiet)
    assert batch.asked == []


def test_the_time_is_that_of_all_together() -> None:
    given: list[float] = []
    script = Script({"rollout": lambda image, run, seconds, log: given.append(seconds) or {}})
    group(script, script).rollout("i:2", RUN, 10, quiet)
    assert 10 >= given[0] > given[1] > 9


def test_all_are_held_at_the_same_time() -> None:
    together = Barrier(2, timeout=5)
    web, batch = (Script({"hold": lambda *_, kept=kept: together.wait() < 2 and kept}) for kept in ("web's", "batch's"))
    assert json.loads(group(web, batch).hold("i:2", RUN, 1, quiet)) == json.loads(KEPT)


def test_the_first_that_does_not_hold_ends_it_at_once_and_the_others_fall_silent() -> None:
    failed, spoken, said = Event(), Event(), list[str]()

    def hold_on(image: str, run: Run, seconds: float, log: Log) -> str:
        failed.wait(5)
        log("2/2 updated")
        spoken.set()
        return "web's"

    with pytest.raises(StepFailed):
        group(Script({"hold": hold_on}), Script({"hold": BAD})).hold("i:2", RUN, 60, said.append)
    failed.set()
    assert spoken.wait(5)
    assert said == []


def test_half_a_release_is_no_snapshot() -> None:
    assert group(Script({"snapshot": "web's"}), Script({"snapshot": None})).snapshot() is None
    assert json.loads(group(Script({"snapshot": "web's"}), Script({"snapshot": "batch's"})).snapshot() or "") == json.loads(KEPT)


def test_requests_go_to_the_first() -> None:
    web, batch = Script({"request": "answer"}), Script()
    assert cast(Any, group(web, batch).request("/", None, 1)) == "answer"
    assert batch.asked == []


def test_images_of_all_are_in_use() -> None:
    assert group(Script({"in_use": frozenset({"a"})}), Script({"in_use": frozenset({"b"})})).in_use() == {"a", "b"}


def test_each_gets_its_own_template_back_and_a_fair_share_of_the_time() -> None:
    web, batch = (Script({"restore": {"changed": "yes"}}) for _ in range(2))
    group(web, batch).restore(KEPT, RUN, 10, quiet)
    assert (web.asked[0][1], batch.asked[0][1]) == ("web's", "batch's")
    assert web.asked[0][3] == pytest.approx(5, abs=0.5)


@pytest.mark.parametrize("said", [BAD, ToolError("kubernetes", "is away")])
def test_one_that_cannot_be_restored_keeps_no_other_from_it(said: Exception) -> None:
    web, batch = Script({"restore": said}), Script({"restore": {}})
    with pytest.raises(type(said)):
        group(web, batch).restore(KEPT, RUN, 10, quiet)
    assert batch.verbs() == ["restore"]


def test_a_newer_attempt_ends_the_restore_at_once() -> None:
    web, batch = Script({"restore": Fenced("attempt 3 has written")}), Script()
    with pytest.raises(Fenced):
        group(web, batch).restore(KEPT, RUN, 10, quiet)
    assert batch.asked == []


def test_one_that_the_rollout_never_reached_is_left_alone() -> None:
    web, batch = Script({"restore": {"changed": "yes", "image": "i:1"}}), Script({"restore": StepSkipped("never reached")})
    assert group(web, batch).restore(KEPT, RUN, 10, quiet) == {"changed": "yes", "image": "i:1"}


def test_with_none_to_restore_the_step_is_skipped() -> None:
    script = Script({"restore": StepSkipped("not as this run left it")})
    with pytest.raises(StepSkipped):
        group(script, script).restore(KEPT, RUN, 10, quiet)


def test_each_that_the_rollout_reached_is_retired() -> None:
    asked: list[bool] = []
    web = Script({"retire": lambda run, log, *, stop: asked.append(stop) or {"replicas": "0"}})
    assert group(web, Script({"retire": StepSkipped("never reached")})).retire(RUN, quiet, stop=True) == {"replicas": "0"}
    assert asked == [True]


def test_a_release_of_other_targets_is_not_restored() -> None:
    web, batch = Script(), Script()
    with pytest.raises(ToolError, match="not one of web and batch"):
        group(web, batch).restore(json.dumps({"web": "web's"}), RUN, 10, quiet)
    assert web.asked == []
