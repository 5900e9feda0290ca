"""The pod table: which states decide at once, which when they last, and which never."""

from dataclasses import replace

import pytest

from tests.unit.cluster_objects import Raw, ended, fails_at, how, pod, running, staged, unschedulable, waiting
from worker.verdict import State

NOT_FOUND = "rpc error: code = Unknown desc = Error response from daemon: manifest for iris:new not found: manifest unknown"
DENIED = "pull access denied for iris, repository does not exist or may require 'docker login': denied: requested access is denied"
NO_HOST = 'Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid on 10.0.0.2:53: no such host'
NAMED_DENIED = 'Get "https://registry.invalid/v2/acme/access-denied-model/manifests/1": dial tcp 10.0.0.2:443: i/o timeout'


@pytest.mark.parametrize(
    "container",
    [
        waiting("InvalidImageName", "couldn't parse image reference"),
        waiting("ErrImageNeverPull"),
        waiting("ErrImagePull", NOT_FOUND),
        waiting("ErrImagePull", DENIED),
        waiting("ImagePullBackOff", f'Back-off pulling image "iris:new": ErrImagePull: {NOT_FOUND}'),
        waiting("CreateContainerConfigError", 'configmap "iris" not found'),
        waiting("RunContainerError", 'exec: "/nope": no such file or directory', last=how(127, "ContainerCannotRun")),
        waiting(
            "RunContainerError", 'OCI runtime create failed: exec: "/serve": stat /serve: no such file or directory: unknown', last=how(0)
        ),
        waiting("CrashLoopBackOff", restarts=1, last=how(3)),
        ended(3, restarts=1),
        running(ready=False, restarts=2, last=how(3)),
    ],
)
def test_certain_failure_decides_at_first_sight(container: Raw) -> None:
    assert fails_at(staged(pod(container)), 0.0)


@pytest.mark.parametrize(
    "container",
    [
        waiting("ErrImagePull", NO_HOST),
        waiting("ErrImagePull", NAMED_DENIED),
        waiting("ImagePullBackOff", 'Back-off pulling image "denied"'),
        waiting("CreateContainerError", "context deadline exceeded"),
        running(ready=False, restarts=1, last=how(137, "OOMKilled")),
        running(ready=False, restarts=1, last=how(137)),
    ],
)
def test_unclear_failure_decides_after_ten_seconds(container: Raw) -> None:
    stage = staged(pod(container))
    assert [fails_at(stage, moment) for moment in (0.0, 9.9, 10.0)] == [False, False, True]


@pytest.mark.parametrize(
    "container",
    [
        waiting("ContainerCreating"),
        waiting("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
        running(ready=False),
        running(ready=False, restarts=1, last=how(1)),
        ended(1),
        running(ready=True, restarts=1, last=how(137, "OOMKilled")),
    ],
)
def test_harmless_state_leaves_the_decision_to_the_deadline(container: Raw) -> None:
    stage = staged(pod(container))
    assert [fails_at(stage, moment) for moment in (0.0, 299.9, 300.0)] == [False, False, True]


LOST = {"phase": "Running", "reason": "NodeLost", "message": "node node-1 is unresponsive"}


@pytest.mark.parametrize(
    "found",
    [
        unschedulable(),
        pod(phase="Failed", reason="Evicted", message="low on memory"),
        pod(running(ready=True), **LOST),
        pod(phase="Pending"),
        pod(waiting("ContainerCreating"), phase="Pending"),
        pod(waiting("PodInitializing"), phase="Pending", init=[waiting("PodInitializing")]),
        pod(waiting("CrashLoopBackOff", restarts=3, last=how(128, "ContainerCannotRun"))),
        pod(running(ready=False, restarts=1, last=how(137, "ContainerStatusUnknown"))),
    ],
)
def test_what_the_cluster_owes_a_pod_is_said_after_its_grace_and_never_blames_the_release(found: Raw) -> None:
    stage = staged(found)
    assert [stage.play(moment).state for moment in (0.0, 59.9, 60.0)] == [State.WAITING, State.WAITING, State.STARVED]


@pytest.mark.parametrize("found", [unschedulable(), pod(waiting("ContainerCreating"), phase="Pending")])
def test_release_that_never_ran_is_not_blamed_at_the_deadline_either(found: Raw) -> None:
    stage = staged()
    assert stage.play(290.0, pod=found).state is State.WAITING
    assert stage.play(300.0).state is State.STARVED


def test_lack_of_room_is_told_in_the_scheduler_s_words() -> None:
    assert staged(unschedulable()).play(60.0).reason == "capacity: pod iris-pod finds no node: 0/1 nodes: insufficient memory"


def test_fault_of_the_release_is_told_before_the_cluster_s() -> None:
    stage = staged(unschedulable())
    verdict = stage.play(60.0, pod=pod(waiting("InvalidImageName"), uid="second"))
    assert (verdict.state, verdict.reason) == (State.FAILED, "container web waits: InvalidImageName")


def test_evicted_pod_is_forgotten_when_another_has_taken_its_place() -> None:
    stage = staged(pod(phase="Failed", reason="Evicted"), pod(running(ready=False), uid="second"))
    assert [stage.play(moment).state for moment in (60.0, 300.0)] == [State.WAITING, State.FAILED]


def test_pod_that_runs_and_is_not_ready_is_to_blame_though_another_finds_no_room() -> None:
    stage = staged(unschedulable(), pod(running(ready=False), uid="second"))
    stage.goal = replace(stage.goal, grace=1000.0)
    assert stage.play(300.0).state is State.FAILED


def test_image_pulled_for_long_after_the_init_containers_is_not_the_release_s_fault() -> None:
    done = {**ended(0, "Completed"), "name": "fetch", "ready": True}
    stage = staged(pod(waiting("PodInitializing"), phase="Pending", init=[done]))
    assert stage.play(300.0).state is State.STARVED


def test_init_container_at_work_is_no_lack_of_the_cluster() -> None:
    init = {**running(ready=False), "name": "fetch"}
    stage = staged(pod(waiting("PodInitializing"), phase="Pending", init=[init]))
    assert stage.play(299.0).state is State.WAITING


PROBES = {"startupProbe": {"periodSeconds": 2, "failureThreshold": 30}, "readinessProbe": {"periodSeconds": 1, "failureThreshold": 3}}


@pytest.mark.parametrize(("probes", "states"), [(PROBES, [State.WAITING, State.FAILED]), ({}, [State.WAITING, State.WAITING])])
def test_container_that_is_not_ready_fails_when_its_startup_and_readiness_probes_are_used_up(probes: Raw, states: list[State]) -> None:
    """Plus ten seconds for the kubelet; without a startup probe only the deadline says how long a start may take."""
    late = {**pod(running(ready=False)), "spec": {"containers": [{"name": "web", **probes}]}}
    stage = staged(late)
    assert [stage.play(moment).state for moment in (72.9, 73.0)] == states


def test_grace_begins_anew_when_the_pod_found_a_node_in_between() -> None:
    stage = staged(unschedulable())
    stage.play(50.0, pod=pod(waiting("ContainerCreating")))
    stage.play(55.0, pod=unschedulable())
    assert not fails_at(stage, 70.0)


def test_first_crash_alone_does_not_decide_but_the_second_does() -> None:
    stage = staged(pod(running(ready=False)))
    assert not stage.play(1.0, pod=pod(ended(3))).state.is_final
    assert not stage.play(2.0, pod=pod(running(ready=False, restarts=1, last=how(3)))).state.is_final
    assert stage.play(3.0, pod=pod(ended(3, restarts=1))).reason == "container web crashed 2 times (exit code 3)"


def test_alternating_pull_errors_are_one_trouble_told_in_its_first_words() -> None:
    stage = staged(pod(waiting("ErrImagePull", NO_HOST)))
    stage.play(5.0, pod=pod(waiting("ImagePullBackOff", 'Back-off pulling image "iris:new"')))
    assert stage.play(10.0).reason == f"container web waits: ErrImagePull: {NO_HOST}"


def test_pull_error_that_becomes_clear_decides_at_once() -> None:
    stage = staged(pod(waiting("ImagePullBackOff", "Back-off pulling image")))
    assert stage.play(1.0, pod=pod(waiting("ErrImagePull", NOT_FOUND))).state is State.FAILED


def test_init_container_is_judged_like_the_others() -> None:
    init = {**waiting("CrashLoopBackOff", restarts=1, last=how(2)), "name": "fetch"}
    assert staged(pod(waiting("PodInitializing"), init=[init])).play(0.0).reason == "init container fetch keeps crashing (exit code 2)"


def test_init_container_that_has_done_its_work_again_is_no_crash() -> None:
    init = {**ended(0, "Completed", restarts=2), "name": "fetch"}
    assert not fails_at(staged(pod(running(ready=False), init=[init])), 0.0)


def test_restarts_from_before_the_rollout_do_not_count() -> None:
    stage = staged(pod(running(ready=False, restarts=7, last=how(1))))
    stage.start()
    assert not fails_at(stage, 1.0)
    assert stage.play(2.0, pod=pod(running(ready=False, restarts=9, last=how(1)))).state is State.FAILED


@pytest.mark.parametrize(("container", "previous"), [(ended(3, restarts=1), False), (running(restarts=2, last=how(3)), True)])
def test_log_asked_for_is_of_the_container_that_crashed(container: Raw, previous: bool) -> None:
    trouble = staged(pod(container)).play(0.0).trouble
    assert trouble is not None
    assert trouble.previous is previous
