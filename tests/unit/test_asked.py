"""The runs people and programs ask for."""

import re
from dataclasses import replace

from hook_server.asked import replayed, requested
from pipeline.model import Status, StepResult, Trigger
from pipeline.run_id import new_run_id
from tests.hook import COMMIT
from tests.unit.pushes import IRIS, decided_run


def test_a_run_id_sorts_by_time_and_suits_rq() -> None:
    assert new_run_id(1768490453.9, "0a1b2c") == "20260115152053-0a1b2c"
    assert re.fullmatch(r"[A-Za-z0-9_-]+", new_run_id(0.0, "ffffff"))


def test_a_wish_without_a_commit_is_for_the_tip_of_the_branch() -> None:
    run = requested(IRIS, "", force=False, key="k", by="the API", run_id="r1", now=1.0)
    assert (run.trigger, run.ref, run.commit, run.pinned, run.delivery) == (Trigger.API, "refs/heads/main", "", False, "api:k")


def test_a_wish_for_a_commit_is_pinned_to_it() -> None:
    run = requested(IRIS, COMMIT, force=False, key="k", by="the API", run_id="r1", now=1.0)
    assert (run.commit, run.pinned) == (COMMIT, True)


def test_a_replay_is_pinned_to_what_was_built_and_not_to_what_was_asked_for() -> None:
    pulled = StepResult("pull", Status.SUCCEEDED, 1.0, 2.0, {"commit": "b" * 40, "message": "Newer tip"})
    run = replace(decided_run(), steps=(pulled,))
    again = replayed(run, force=False, key="k", by="ada", run_id="r2", now=9.0)
    assert (again.commit, again.pinned, again.replay_of, again.message) == ("b" * 40, True, "r1", "Newer tip")
    assert (again.trigger, again.ref, again.delivery) == (Trigger.REPLAY, "refs/heads/main", "replay:r1:k")
