"""Containers behind the gateway on the real engine: verdicts, restore, and what a container is made of."""

import http.client
import json
import time

import pytest

from pipeline.errors import StepFailed
from tests.integration.docker_target.stage import DOCKERFILE, Stage, run
from tests.integration.gateway_process import ask
from tests.waiting import wait_until

pytestmark = pytest.mark.engine

HUNGRY = DOCKERFILE.replace(
    "COPY . .", 'COPY . .\nRUN echo \'import sys; print("loading", flush=True); b"x" * 500_000_000\' > hungry.py'
).replace('app.py"]', 'hungry.py"]')


def test_a_rollout_ends_when_the_release_serves_on_the_apps_port(stage: Stage) -> None:
    assert stage.rollout(stage.engine.image("v1"))["changed"] == "yes"
    assert ask(stage.port) == "v1"
    assert stage.said[-1] == "1 of 1 replicas ready"


def test_containers_are_replaced_one_by_one_and_the_old_ones_go(stage: Stage) -> None:
    stage.settings["replicas"] = 2
    stage.rollout(stage.engine.image("v1"))
    before = stage.names()
    stage.rollout(stage.engine.image("v2"), fence=2)
    assert ask(stage.port) == "v2"
    assert before.isdisjoint(replica.name for replica in stage.status().replicas if replica.current)
    assert any("of the release before still serve" in line for line in stage.said)
    wait_until(lambda: len(stage.engine.containers(stage.app)) == 2)


def test_the_same_release_again_is_only_watched(stage: Stage) -> None:
    stage.rollout(stage.engine.image("v1"))
    before = stage.names()
    assert stage.rollout(stage.engine.image("v1"), fence=2)["changed"] == "no"
    assert stage.names() == before


def test_a_container_that_keeps_ending_fails_at_once_with_its_last_words(stage: Stage) -> None:
    with pytest.raises(StepFailed, match=r"(?s)it does not stay up.*exited with code 1.*no model here"):
        stage.rollout(stage.engine.image("crash", crash=True))
    assert stage.status().replicas[0].restarts == 1


def test_a_container_out_of_memory_is_told_as_that(stage: Stage) -> None:
    stage.settings["memory"] = "64m"
    with pytest.raises(StepFailed, match=r"(?s)more than its 64m of memory \(OOMKilled, exit code 137\).*loading"):
        stage.rollout(stage.engine.image("hungry", HUNGRY))


def test_a_program_that_is_not_there_is_told_at_once(stage: Stage) -> None:
    image = stage.engine.image("absent", DOCKERFILE.replace('"python"', '"no-such-server"'))
    with pytest.raises(StepFailed, match=r"cannot be started: .*no-such-server.*not found"):
        stage.rollout(image)


def test_an_image_that_no_registry_has_is_told_at_once(stage: Stage) -> None:
    with pytest.raises(StepFailed, match=r"there is no image 127\.0\.0\.1:5000/pushrail-test/absent:1"):
        stage.rollout("127.0.0.1:5000/pushrail-test/absent:1")


def test_a_container_that_is_never_ready_fails_with_what_it_says(stage: Stage) -> None:
    with pytest.raises(StepFailed, match=r"not ready within 3 s: .* answers 503: the model is being loaded"):
        stage.rollout(stage.engine.image("slow", ready_after=1000), seconds=3)


def test_a_server_that_listens_inside_alone_is_told_so(stage: Stage) -> None:
    image = stage.engine.image("inward", DOCKERFILE.replace("HOST=0.0.0.0", "HOST=127.0.0.1"))
    with pytest.raises(StepFailed, match=r"nothing listens on 0\.0\.0\.0:\$PORT"):
        stage.rollout(image, seconds=3)


def test_a_first_release_that_fails_can_be_stopped(stage: Stage) -> None:
    with pytest.raises(StepFailed):
        stage.rollout(stage.engine.image("slow", ready_after=1000), seconds=2)
    assert stage.target.retire(run(1), stage.said.append, stop=True)["replicas"] == "0"
    wait_until(lambda: stage.engine.containers(stage.app) == [])


def test_restore_is_back_at_once_with_the_containers_that_never_left(stage: Stage) -> None:
    stage.rollout(stage.engine.image("v1"))
    good, before = stage.snapshot(), stage.names()
    with pytest.raises(StepFailed):
        stage.rollout(stage.engine.image("crash", crash=True), fence=2)
    began = time.monotonic()
    assert stage.restore(good, fence=2)["image"] == stage.engine.image("v1")
    assert time.monotonic() - began < 1
    wait_until(lambda: stage.names() == before)


def test_restore_brings_the_settings_back_that_were_verified(stage: Stage) -> None:
    stage.settings["env"] = {"COLOUR": "green"}
    stage.rollout(stage.engine.image("v1"))
    good = stage.snapshot()
    stage.settings["env"] = {"COLOUR": "red"}
    stage.rollout(stage.engine.image("v2"), fence=2)
    stage.restore(good, fence=2)
    assert (ask(stage.port), stage.environment()["COLOUR"]) == ("v1", "green")


def test_hold_sees_a_restart_and_its_cause(stage: Stage) -> None:
    stage.settings["replicas"] = 2
    image = stage.engine.image("v1")
    stage.rollout(image)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(stage.port, "/exit?9")
    with pytest.raises(StepFailed, match=r"did not stay complete: .*"):
        stage.target.hold(image, run(1), 10, stage.said.append)


def test_a_container_that_ends_is_started_again(stage: Stage) -> None:
    stage.rollout(stage.engine.image("v1"))
    with pytest.raises(http.client.RemoteDisconnected):
        ask(stage.port, "/exit?7")
    again = next(status for status in stage.gateway.watch(stage.app, 30) if status.complete and status.replicas[0].restarts == 1)
    assert (again.replicas[0].exit_code, ask(stage.port)) == (7, "v1")


def test_a_container_that_somebody_removes_is_made_again(stage: Stage) -> None:
    stage.rollout(stage.engine.image("v1"))
    stage.engine.containers(stage.app)[0].remove(force=True)
    next(status for status in stage.gateway.watch(stage.app, 30) if status.complete and status.replicas[0].restarts == 1)
    assert ask(stage.port) == "v1"


def test_all_that_is_on_its_way_in_or_out_is_in_use(stage: Stage) -> None:
    stage.rollout(stage.engine.image("v1"))
    with pytest.raises(StepFailed):
        stage.rollout(stage.engine.image("crash", crash=True), fence=2)
    assert stage.target.in_use() == {stage.engine.image("v1"), stage.engine.image("crash")}
    assert "do-not" not in json.dumps(stage.said)
