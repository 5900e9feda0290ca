"""The way back on the embedded target: snapshot, restore, and what becomes of a first release that fails."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.errors import Fenced, StepFailed, StepSkipped, ToolError
from tests.integration.gateway_process import any_port, ask, gateway_process, until_complete
from tests.integration.local_target.stage import Stage, run
from tests.waiting import wait_until


def test_no_snapshot_is_taken_of_what_is_not_complete(stage: Stage) -> None:
    stage.rollout("v1")
    stage.conduct["bad"] = {"crash": True}
    with pytest.raises(StepFailed):
        stage.rollout("bad")
    assert stage.target.snapshot() is None


def test_restore_is_back_at_once_with_the_replicas_that_never_left(stage: Stage) -> None:
    stage.rollout("v1")
    good, before = stage.snapshot(), stage.pids()
    stage.conduct["bad"] = {"crash": True}
    with pytest.raises(StepFailed):
        stage.rollout("bad", fence=2)
    began = time.monotonic()
    assert stage.restore(good, fence=2)["image"] == "tiny:v1"
    assert time.monotonic() - began < 0.5
    wait_until(lambda: stage.pids() == before)


def test_restore_replaces_a_release_that_got_all_the_way(stage: Stage) -> None:
    stage.rollout("v1")
    good = stage.snapshot()
    stage.rollout("v2", fence=2)
    stage.restore(good, fence=2)
    assert ask(stage.port) == "v1"


def test_a_restored_release_is_that_of_the_run_that_restored_it(stage: Stage) -> None:
    stage.rollout("v1", fence=1)
    good = stage.snapshot()
    stage.rollout("v2", fence=2)
    stage.restore(good, fence=2)
    kept = json.loads(stage.snapshot())
    assert (kept["release"]["image"], kept["run"], kept["fence"]) == ("tiny:v1", "run-2", 2)


def test_a_first_release_that_fails_is_left_as_it_is(stage: Stage) -> None:
    stage.conduct["slow"] = {"ready_after": 1000}
    with pytest.raises(StepFailed):
        stage.rollout("slow", seconds=0.2)
    before = stage.pids()
    assert stage.target.retire(run(1), stage.said.append, stop=False) == {"image": "tiny:slow", "replicas": "2"}
    assert stage.pids() == before


def test_a_first_release_that_was_left_is_nothing_to_go_back_to_until_it_is_rolled_out_again(stage: Stage) -> None:
    stage.rollout("v1")
    stage.target.retire(run(1), stage.said.append, stop=False)
    assert ask(stage.port) == "v1"
    assert stage.target.snapshot() is None
    stage.rollout("v1", fence=2)
    assert stage.target.snapshot()


def test_a_first_release_that_fails_is_stopped_until_the_next_rollout(stage: Stage) -> None:
    stage.rollout("v1")
    assert stage.target.retire(run(1), stage.said.append, stop=True) == {"image": "tiny:v1", "replicas": "0"}
    wait_until(lambda: not stage.pids())
    assert stage.target.snapshot() is None
    assert stage.rollout("v1", fence=2)["changed"] == "yes"
    assert ask(stage.port) == "v1"


def test_only_the_release_of_the_run_that_failed_is_stopped(stage: Stage) -> None:
    with pytest.raises(StepSkipped):
        stage.target.retire(run(1), stage.said.append, stop=True)
    stage.rollout("v1")
    with pytest.raises(StepSkipped, match="nothing of this run"):
        stage.target.retire(run(2), stage.said.append, stop=True)
    stage.rollout("v1", fence=3)
    with pytest.raises(Fenced):
        stage.target.retire(run(2), stage.said.append, stop=True)
    assert ask(stage.port) == "v1"


@pytest.mark.parametrize(
    "template",
    ['{"metadata": {}, "spec": {}}', '{"release": {"image": "a:1", "port": 80, "secrets": []}, "run": "r", "fence": 1}', "null", "[1]"],
    ids=["of a cluster", "of containers", "of nothing", "of no target"],
)
def test_a_release_that_another_kind_of_target_kept_is_refused(stage: Stage, template: str) -> None:
    with pytest.raises(ToolError, match=r"none for target\.kind local; verify a release there first"):
        stage.restore(template)


def test_a_snapshot_brings_the_release_back_in_the_next_gateway(tmp_path: Path) -> None:
    port = any_port()
    with gateway_process(tmp_path) as (gateway, _):
        stage = Stage(tmp_path, gateway, port)
        stage.rollout("v1", fence=5)
        template = stage.snapshot()
    live = json.dumps(asdict(stage.local.desired(template)))
    with gateway_process(tmp_path, live) as (gateway, _):
        assert until_complete(gateway, "tiny:v1").fence == 5
        assert stage.snapshot() == template
