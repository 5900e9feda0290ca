"""The embedded target against a real gateway: verdicts, fences, requests, and what it says when there is no gateway."""

import threading
import time
from pathlib import Path

import pytest

from pipeline.errors import Fenced, StepFailed, ToolError
from tests.integration.gateway_process import any_port, ask, gateway_process
from tests.integration.local_target.stage import Stage, run
from worker.gateway.client import Gateway


def test_nothing_serves_at_first(stage: Stage) -> None:
    assert (stage.target.snapshot(), stage.target.in_use()) == (None, frozenset())


def test_a_rollout_ends_when_the_release_serves(stage: Stage) -> None:
    assert stage.rollout("v1") == {"changed": "yes", "image": "tiny:v1"}
    assert ask(stage.port) == "v1"
    assert stage.said[-1] == "2 of 2 replicas ready"


def test_the_same_release_again_is_only_watched(stage: Stage) -> None:
    stage.rollout("v1")
    before = stage.pids()
    assert stage.rollout("v1", fence=2) == {"changed": "no", "image": "tiny:v1"}
    assert stage.pids() == before


def test_a_release_that_keeps_ending_fails_at_once_with_its_last_words(stage: Stage) -> None:
    stage.conduct["bad"] = {"crash": True}
    began = time.monotonic()
    with pytest.raises(StepFailed, match=r"(?s)it does not stay up.*exited with code 1.*no model here"):
        stage.rollout("bad", seconds=60)
    assert time.monotonic() - began < 5


def test_a_release_that_is_never_ready_fails_with_what_it_says(stage: Stage) -> None:
    stage.conduct["bad"] = {"ready_after": 1000}
    with pytest.raises(StepFailed, match=r"not ready within 0.7 s: .* answers 503: the model is being loaded"):
        stage.rollout("bad", seconds=0.7)


def test_a_failed_release_gets_another_chance_when_it_is_asked_for_again(stage: Stage) -> None:
    stage.conduct["odd"] = {"crash": True}
    with pytest.raises(StepFailed):
        stage.rollout("odd")
    stage.conduct["odd"] = {}
    assert stage.rollout("odd", fence=2) == {"changed": "no", "image": "tiny:odd"}


def test_hold_is_content_with_a_release_that_stays(stage: Stage) -> None:
    stage.rollout("v1")
    held = stage.target.hold("tiny:v1", run(1), 0.3, stage.said.append)
    assert stage.said[-1] == "2 replicas stayed ready for 0.3 s with no restart"
    assert held == stage.target.snapshot()


def test_hold_of_a_release_that_another_serves_in_the_stead_of_fails(stage: Stage) -> None:
    stage.rollout("v1")
    with pytest.raises(StepFailed, match="tiny:v1 of run run-1 serves in its stead"):
        stage.target.hold("tiny:v2", run(1), 0.3, stage.said.append)


def test_hold_sees_a_restart(stage: Stage) -> None:
    stage.rollout("v1")
    ending = threading.Timer(0.2, stage.end_a_replica, ("/exit?9",))
    ending.start()
    with pytest.raises(StepFailed, match=r"did not stay complete: .* exited with code 9"):
        stage.target.hold("tiny:v1", run(1), 10, stage.said.append)
    ending.join()


def test_hold_of_nothing_is_no_success(stage: Stage) -> None:
    with pytest.raises(ToolError, match="runs nothing of tiny"):
        stage.target.hold("tiny:v1", run(1), 0.1, stage.said.append)


def test_an_attempt_that_is_outdated_cannot_roll_out(stage: Stage) -> None:
    stage.rollout("v2", fence=2)
    with pytest.raises(Fenced):
        stage.rollout("v1", fence=1)
    assert ask(stage.port) == "v2"


def test_an_attempt_that_is_overtaken_stops_watching(stage: Stage) -> None:
    stage.conduct["slow"] = {"ready_after": 1000}
    overtaking = threading.Timer(0.3, lambda: stage.rollout("v2", fence=2))
    overtaking.start()
    with pytest.raises(Fenced, match="run run-2 has applied tiny:v2 since"):
        stage.rollout("slow", fence=1)
    overtaking.join()


def test_all_that_is_on_its_way_in_or_out_is_in_use(stage: Stage) -> None:
    stage.rollout("v1")
    stage.conduct["slow"] = {"ready_after": 1000}
    with pytest.raises(StepFailed):
        stage.rollout("slow", fence=2, seconds=0.2)
    assert stage.target.in_use() == {"tiny:v1", "tiny:slow"}


def test_a_request_goes_through_the_port_of_the_app(stage: Stage) -> None:
    stage.rollout("v1")
    answer = stage.target.request("/slow?0.1", None, 5)
    assert (answer.status, answer.body) == (200, b"v1")
    assert 0.1 <= answer.seconds < 2


def test_a_request_with_a_body_is_a_post(stage: Stage) -> None:
    stage.rollout("v1")
    assert stage.target.request("/", b'{"x": 1}', 5).body == b'{"x": 1}'


def test_a_request_that_gets_no_answer_in_time_is_an_error(stage: Stage) -> None:
    stage.rollout("v1")
    with pytest.raises(ToolError, match="no answer to /slow"):
        stage.target.request("/slow?5", None, 0.2)


def test_without_a_gateway_it_says_what_to_start(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Gateway(tmp_path / "gateway.sock"), any_port())
    with pytest.raises(ToolError, match="start `pushrail up`") as raised:
        stage.rollout("v1")
    assert raised.value.transient


def test_a_gateway_that_dies_under_a_rollout_is_an_error_worth_another_try(tmp_path: Path) -> None:
    with gateway_process(tmp_path) as (gateway, process):
        stage = Stage(tmp_path, gateway, any_port())
        stage.conduct["slow"] = {"ready_after": 1000}
        threading.Timer(0.3, process.kill).start()
        with pytest.raises(ToolError) as raised:
            stage.rollout("slow")
        assert raised.value.transient
