"""The embedded target against a real gateway: verdicts, restore, fences, and what it says when there is no gateway."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.errors import Fenced, StepFailed, StepSkipped, ToolError
from pipeline.model import Run, Trigger
from pipeline.spec import LocalTarget as Place
from tests.integration.gateway_process import any_port, ask, gateway_process, release, until_complete
from tests.waiting import wait_until
from worker.gateway.client import Gateway
from worker.gateway.desired import FolderRelease
from worker.tool import Target
from worker.tools.gateway_target import GatewayTarget


class _Stage:
    """An app's target, its gateway and what is said to the log; ``conduct`` says how a version's release behaves."""

    def __init__(self, folder: Path, gateway: Gateway, port: int) -> None:
        self._folder = folder
        self.gateway = gateway
        self.port = port
        self.conduct: dict[str, dict[str, object]] = {}
        self.said: list[str] = []
        self.local = GatewayTarget("tiny", Place(kind="local", port=port, replicas=2), self._release, gateway)
        self.target: Target = self.local

    def _release(self, image: str) -> FolderRelease:
        version = image.removeprefix("tiny:")
        return release(self._folder, version, **self.conduct.get(version, {}))

    def rollout(self, version: str, fence: int = 1, seconds: float = 10) -> dict[str, str]:
        return dict(self.target.rollout(f"tiny:{version}", run(fence), seconds, self.said.append))

    def restore(self, template: str, fence: int = 1) -> dict[str, str]:
        return dict(self.target.restore(template, run(fence), 10, self.said.append))

    def snapshot(self) -> str:
        template = self.target.snapshot()
        assert template
        return template

    def end_a_replica(self, path: str) -> None:
        with pytest.raises(http.client.RemoteDisconnected):
            ask(self.port, path)

    def pids(self) -> set[str | None]:
        status = self.gateway.status("tiny")
        assert status
        return {replica.name for replica in status.replicas}


def run(fence: int) -> Run:
    return Run(f"run-{fence}", "tiny", Trigger.PUSH, "refs/heads/main", fence=fence)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[_Stage]:
    with gateway_process(tmp_path) as (gateway, _):
        yield _Stage(tmp_path, gateway, any_port())


def test_nothing_serves_at_first(stage: _Stage) -> None:
    assert (stage.target.snapshot(), stage.target.in_use()) == (None, frozenset())


def test_a_rollout_ends_when_the_release_serves(stage: _Stage) -> None:
    assert stage.rollout("v1") == {"changed": "yes", "image": "tiny:v1"}
    assert ask(stage.port) == "v1"
    assert stage.said[-1] == "2 of 2 replicas ready"


def test_the_same_release_again_is_only_watched(stage: _Stage) -> None:
    stage.rollout("v1")
    before = stage.pids()
    assert stage.rollout("v1", fence=2) == {"changed": "no", "image": "tiny:v1"}
    assert stage.pids() == before


def test_a_release_that_keeps_ending_fails_at_once_with_its_last_words(stage: _Stage) -> None:
    stage.conduct["bad"] = {"crash": True}
    began = time.monotonic()
    with pytest.raises(StepFailed, match=r"(?s)it does not stay up.*exited with code 1.*no model here"):
        stage.rollout("bad", seconds=60)
    assert time.monotonic() - began < 5


def test_a_release_that_is_never_ready_fails_with_what_it_says(stage: _Stage) -> None:
    stage.conduct["bad"] = {"ready_after": 1000}
    with pytest.raises(StepFailed, match=r"not ready within 0.7 s: .* answers 503: the model is being loaded"):
        stage.rollout("bad", seconds=0.7)


def test_a_failed_release_gets_another_chance_when_it_is_asked_for_again(stage: _Stage) -> None:
    stage.conduct["odd"] = {"crash": True}
    with pytest.raises(StepFailed):
        stage.rollout("odd")
    stage.conduct["odd"] = {}
    assert stage.rollout("odd", fence=2) == {"changed": "no", "image": "tiny:odd"}


def test_no_snapshot_is_taken_of_what_is_not_complete(stage: _Stage) -> None:
    stage.rollout("v1")
    stage.conduct["bad"] = {"crash": True}
    with pytest.raises(StepFailed):
        stage.rollout("bad")
    assert stage.target.snapshot() is None


def test_restore_is_back_at_once_with_the_replicas_that_never_left(stage: _Stage) -> None:
    stage.rollout("v1")
    good, before = stage.snapshot(), stage.pids()
    stage.conduct["bad"] = {"crash": True}
    with pytest.raises(StepFailed):
        stage.rollout("bad", fence=2)
    began = time.monotonic()
    assert stage.restore(good, fence=2)["image"] == "tiny:v1"
    assert time.monotonic() - began < 0.5
    wait_until(lambda: stage.pids() == before)


def test_restore_replaces_a_release_that_got_all_the_way(stage: _Stage) -> None:
    stage.rollout("v1")
    good = stage.snapshot()
    stage.rollout("v2", fence=2)
    stage.restore(good, fence=2)
    assert ask(stage.port) == "v1"


def test_a_restored_release_is_that_of_the_run_that_restored_it(stage: _Stage) -> None:
    stage.rollout("v1", fence=1)
    good = stage.snapshot()
    stage.rollout("v2", fence=2)
    stage.restore(good, fence=2)
    kept = json.loads(stage.snapshot())
    assert (kept["release"]["image"], kept["run"], kept["fence"]) == ("tiny:v1", "run-2", 2)


def test_a_first_release_that_fails_is_left_as_it_is(stage: _Stage) -> None:
    stage.conduct["slow"] = {"ready_after": 1000}
    with pytest.raises(StepFailed):
        stage.rollout("slow", seconds=0.2)
    before = stage.pids()
    assert stage.target.retire(run(1), stage.said.append, stop=False) == {"image": "tiny:slow", "replicas": "2"}
    assert stage.pids() == before


def test_a_first_release_that_fails_is_stopped_until_the_next_rollout(stage: _Stage) -> None:
    stage.rollout("v1")
    assert stage.target.retire(run(1), stage.said.append, stop=True) == {"image": "tiny:v1", "replicas": "0"}
    wait_until(lambda: not stage.pids())
    assert stage.target.snapshot() is None
    assert stage.rollout("v1", fence=2)["changed"] == "yes"
    assert ask(stage.port) == "v1"


def test_only_the_release_of_the_run_that_failed_is_stopped(stage: _Stage) -> None:
    with pytest.raises(StepSkipped):
        stage.target.retire(run(1), stage.said.append, stop=True)
    stage.rollout("v1")
    with pytest.raises(StepSkipped, match="nothing of this run"):
        stage.target.retire(run(2), stage.said.append, stop=True)
    stage.rollout("v1", fence=3)
    with pytest.raises(Fenced):
        stage.target.retire(run(2), stage.said.append, stop=True)
    assert ask(stage.port) == "v1"


def test_hold_is_content_with_a_release_that_stays(stage: _Stage) -> None:
    stage.rollout("v1")
    held = stage.target.hold("tiny:v1", run(1), 0.3, stage.said.append)
    assert stage.said[-1] == "2 replicas stayed ready for 0.3 s with no restart"
    assert held == stage.target.snapshot()


def test_hold_of_a_release_that_another_serves_in_the_stead_of_fails(stage: _Stage) -> None:
    stage.rollout("v1")
    with pytest.raises(StepFailed, match="tiny:v1 of run run-1 serves in its stead"):
        stage.target.hold("tiny:v2", run(1), 0.3, stage.said.append)


def test_hold_sees_a_restart(stage: _Stage) -> None:
    stage.rollout("v1")
    ending = threading.Timer(0.2, stage.end_a_replica, ("/exit?9",))
    ending.start()
    with pytest.raises(StepFailed, match=r"did not stay complete: .* exited with code 9"):
        stage.target.hold("tiny:v1", run(1), 10, stage.said.append)
    ending.join()


def test_hold_of_nothing_is_no_success(stage: _Stage) -> None:
    with pytest.raises(ToolError, match="runs nothing of tiny"):
        stage.target.hold("tiny:v1", run(1), 0.1, stage.said.append)


def test_an_attempt_that_is_outdated_cannot_roll_out(stage: _Stage) -> None:
    stage.rollout("v2", fence=2)
    with pytest.raises(Fenced):
        stage.rollout("v1", fence=1)
    assert ask(stage.port) == "v2"


def test_an_attempt_that_is_overtaken_stops_watching(stage: _Stage) -> None:
    stage.conduct["slow"] = {"ready_after": 1000}
    overtaking = threading.Timer(0.3, lambda: stage.rollout("v2", fence=2))
    overtaking.start()
    with pytest.raises(Fenced, match="run run-2 has applied tiny:v2 since"):
        stage.rollout("slow", fence=1)
    overtaking.join()


def test_all_that_is_on_its_way_in_or_out_is_in_use(stage: _Stage) -> None:
    stage.rollout("v1")
    stage.conduct["slow"] = {"ready_after": 1000}
    with pytest.raises(StepFailed):
        stage.rollout("slow", fence=2, seconds=0.2)
    assert stage.target.in_use() == {"tiny:v1", "tiny:slow"}


def test_a_request_goes_through_the_port_of_the_app(stage: _Stage) -> None:
    stage.rollout("v1")
    answer = stage.target.request("/slow?0.1", None, 5)
    assert (answer.status, answer.body) == (200, b"v1")
    assert 0.1 <= answer.seconds < 2


def test_a_request_with_a_body_is_a_post(stage: _Stage) -> None:
    stage.rollout("v1")
    assert stage.target.request("/", b'{"x": 1}', 5).body == b'{"x": 1}'


def test_a_request_that_gets_no_answer_in_time_is_an_error(stage: _Stage) -> None:
    stage.rollout("v1")
    with pytest.raises(ToolError, match="no answer to /slow"):
        stage.target.request("/slow?5", None, 0.2)


def test_without_a_gateway_it_says_what_to_start(tmp_path: Path) -> None:
    stage = _Stage(tmp_path, Gateway(tmp_path / "gateway.sock"), any_port())
    with pytest.raises(ToolError, match="start `pushrail up`") as raised:
        stage.rollout("v1")
    assert raised.value.transient


def test_a_gateway_that_dies_under_a_rollout_is_an_error_worth_another_try(tmp_path: Path) -> None:
    with gateway_process(tmp_path) as (gateway, process):
        stage = _Stage(tmp_path, gateway, any_port())
        stage.conduct["slow"] = {"ready_after": 1000}
        threading.Timer(0.3, process.kill).start()
        with pytest.raises(ToolError) as raised:
            stage.rollout("slow")
        assert raised.value.transient


@pytest.mark.parametrize(
    "template",
    ['{"metadata": {}, "spec": {}}', '{"release": {"image": "a:1", "port": 80, "secrets": []}, "run": "r", "fence": 1}', "null", "[1]"],
    ids=["of a cluster", "of containers", "of nothing", "of no target"],
)
def test_a_release_that_another_kind_of_target_kept_is_refused(stage: _Stage, template: str) -> None:
    with pytest.raises(ToolError, match=r"none for target\.kind local; verify a release there first"):
        stage.restore(template)


def test_a_snapshot_brings_the_release_back_in_the_next_gateway(tmp_path: Path) -> None:
    port = any_port()
    with gateway_process(tmp_path) as (gateway, _):
        stage = _Stage(tmp_path, gateway, port)
        stage.rollout("v1", fence=5)
        template = stage.snapshot()
    live = json.dumps(asdict(stage.local.desired(template)))
    with gateway_process(tmp_path, live) as (gateway, _):
        assert until_complete(gateway, "tiny:v1").fence == 5
        assert stage.snapshot() == template
