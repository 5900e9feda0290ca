"""The pod table: which states decide at once, which when they last, and which never."""

import pytest

from tests.unit.cluster_objects import Raw, ended, fails_at, how, pod, running, staged, unschedulable, waiting
from worker.rollout import State

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
        waiting("CreateContainerConfigError", 'configmap "iris" not found'),
        waiting("RunContainerError", 'exec: "/nope": no such file or directory', last=how(127, "ContainerCannotRun")),
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
        waiting("ImagePullBackOff", "Back-off pulling image"),
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
        waiting("RunContainerError", "device is busy", last=how(128, "ContainerCannotRun")),
    ],
)
def test_harmless_state_leaves_the_decision_to_the_deadline(container: Raw) -> None:
    stage = staged(pod(container))
    assert [fails_at(stage, moment) for moment in (0.0, 299.9, 300.0)] == [False, False, True]


@pytest.mark.parametrize("found", [unschedulable(), pod(phase="Failed", reason="Evicted", message="low on memory")])
def test_lack_of_room_decides_after_its_grace(found: Raw) -> None:
    stage = staged(found)
    assert [fails_at(stage, moment) for moment in (59.9, 60.0)] == [False, True]


def test_lack_of_room_is_told_apart_from_a_bad_release() -> None:
    assert staged(unschedulable()).play(60.0).reason == "capacity: pod iris-pod finds no node: 0/1 nodes: insufficient memory"


def test_grace_begins_anew_when_the_pod_found_a_node_in_between() -> None:
    stage = staged(unschedulable())
    stage.play(50.0, pod=pod(waiting("ContainerCreating")))
    stage.play(55.0, pod=unschedulable())
    assert not fails_at(stage, 70.0)


def test_node_that_cannot_start_containers_has_the_grace_of_capacity() -> None:
    stage = staged(pod(waiting("CrashLoopBackOff", restarts=3, last=how(128, "ContainerCannotRun"))))
    assert [fails_at(stage, moment) for moment in (59.9, 60.0)] == [False, True]


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
