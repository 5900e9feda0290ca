"""The verdict on a rollout, and the traps that were measured on real controllers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cluster_objects import (
    GOAL,
    NEW,
    OLD,
    Raw,
    Stage,
    complete,
    deployment,
    ended,
    fails_at,
    how,
    pod,
    replica_set,
    running,
    seen,
    staged,
    stalled,
    unschedulable,
    waiting,
)
from worker.memory import Memory
from worker.observation import RUN
from worker.pod_template import fingerprint
from worker.rollout import judge
from worker.verdict import State

BAD = waiting("InvalidImageName")
UP = replica_set(available=2)


@pytest.mark.parametrize(
    ("deployed", "state"),
    [
        (None, State.ABORTED),
        (complete(uid="another"), State.ABORTED),
        (complete(generation=1, annotations={RUN: "r1"}), State.WAITING),
        (complete(annotations={RUN: "r3"}), State.SUPERSEDED),
        (complete(spec={"template": OLD}), State.SUPERSEDED),
        (complete(spec={"paused": True}), State.BLOCKED),
        (complete(spec={"replicas": 0}, replicas=0, updatedReplicas=0, availableReplicas=0), State.BLOCKED),
        (complete(observedGeneration=1), State.WAITING),
        (complete(updatedReplicas=1), State.WAITING),
        (complete(replicas=3), State.WAITING),
        (complete(availableReplicas=1), State.WAITING),
        (complete(spec={"replicas": 3}), State.WAITING),
        (complete(), State.ROLLED_OUT),
    ],
)
def test_deployment_decides_when_no_pod_is_in_trouble(deployed: Raw | None, state: State) -> None:
    assert judge(seen(deployed, [UP]), GOAL, Memory(), 0.0).state is state


def test_counters_of_an_old_replica_set_do_not_make_a_release() -> None:
    assert judge(seen(complete(), [replica_set("old", OLD, available=2)]), GOAL, Memory(), 0.0).state is State.WAITING


def test_replicas_are_compared_with_the_live_wish_of_an_autoscaler() -> None:
    scaled = complete(spec={"replicas": 5}, generation=3, observedGeneration=3, replicas=5, updatedReplicas=5, availableReplicas=5)
    assert judge(seen(scaled, [replica_set(available=5)]), GOAL, Memory(), 0.0).state is State.ROLLED_OUT


def test_pods_of_the_old_replica_set_may_crash_without_harm() -> None:
    crashing = pod(waiting("CrashLoopBackOff", restarts=9, last=how(1)), uid="old-pod", owner="old")
    assert not fails_at(staged(crashing, sets=[replica_set("old", OLD)]), 0.0)


def test_pod_on_its_way_out_is_not_judged() -> None:
    assert not fails_at(staged(pod(BAD, deletionTimestamp="2026-01-01T00:00:00Z")), 0.0)


@pytest.mark.parametrize(("wanted", "state"), [(2, State.FAILED), (3, State.WAITING)])
def test_with_a_ready_pod_half_of_the_wanted_pods_must_be_fatal(wanted: int, state: State) -> None:
    stage = staged(pod(BAD), pod(running(), uid="fine", ready=True), deployed=deployment(spec={"replicas": wanted}))
    assert stage.play(0.0).state is state


def test_evicted_pod_does_not_fail_a_release_whose_replacement_is_ready() -> None:
    evicted = pod(uid="evicted", phase="Failed", reason="Evicted")
    stage = staged(evicted, pod(running(), uid="fine", ready=True), deployed=deployment(spec={"replicas": 1}))
    assert not fails_at(stage, 100.0)


def test_pods_that_cannot_be_created_are_told_after_ten_seconds_and_blame_no_release() -> None:
    stage = staged(sets=[])
    stage.play(0.0, set=replica_set(refused="exceeded quota"))
    assert stage.play(9.9).state is State.WAITING
    verdict = stage.play(10.0)
    assert (verdict.state, verdict.reason) == (State.STARVED, "no pod can be created: exceeded quota")


def test_refusal_of_an_old_replica_set_is_not_ours() -> None:
    failing = replica_set("old", OLD, refused="exceeded quota")
    stage = staged(sets=[failing], deployed=deployment(conditions=failing["status"]["conditions"]))
    assert not fails_at(stage, 100.0)


@pytest.mark.parametrize(("before", "state"), [("", State.FAILED), ("2026-01-01T00:00:10Z", State.WAITING)])
def test_exceeded_progress_deadline_counts_only_when_it_was_not_there_before_the_patch(before: str, state: State) -> None:
    goal = replace(GOAL, stalled=before)
    assert judge(seen(deployment(conditions=[stalled("2026-01-01T00:00:10Z")]), [UP]), goal, Memory(), 0.0).state is state


def test_stale_deadline_of_a_recreate_rollback_is_never_believed() -> None:
    """Observed, with the condition of the failed rollout still standing, for 10 to 20 ms: 8 of 8 rollbacks on real controllers."""
    at = "2026-01-01T00:00:10Z"
    stage = Stage(replace(GOAL, stalled=at))
    stage.play(0.0, set=replica_set(), deployment=deployment(conditions=[stalled(at)], replicas=0, updatedReplicas=0))
    assert stage.play(0.01).state is State.WAITING
    assert stage.play(0.02, set=UP, deployment=complete()).state is State.ROLLED_OUT


def test_controller_that_never_takes_up_the_change_is_not_the_release_s_fault() -> None:
    stage = staged(deployed=deployment(observedGeneration=1))
    assert stage.play(299.0).state is State.WAITING
    verdict = stage.play(300.0)
    assert (verdict.state, verdict.reason) == (State.STARVED, "the deployment controller did not take up the change in time")


def test_deadline_tells_who_is_not_ready() -> None:
    verdict = staged(pod(running(ready=False))).play(300.0)
    assert verdict.reason == "not ready in time: 2/2 updated, 0 ready, 0 available; container web of iris-pod runs but is not ready"


def test_flapping_readiness_ends_at_our_deadline_whatever_the_progress_condition_says() -> None:
    stage = staged(pod(running()))
    for second in range(0, 300, 3):
        assert not stage.play(second, pod=pod(running(ready=True), ready=True)).state.is_final
        assert not stage.play(second + 1.5, pod=pod(running(ready=False))).state.is_final
    assert fails_at(stage, 300.0)


def test_template_is_known_again_whatever_hash_the_controller_gave_it() -> None:
    labelled = {**NEW, "metadata": {"labels": {"app": "iris", "pod-template-hash": "abc"}}}
    assert fingerprint(labelled) == fingerprint(NEW)


GOOD = [
    {"deployment": complete(generation=1, observedGeneration=1, annotations={RUN: "r1"}, spec={"template": OLD})},
    {"deployment": deployment(observedGeneration=1, updatedReplicas=0, conditions=[stalled("2026-01-01T00:00:10Z")])},
    {"set": replica_set()},
    {"pod": unschedulable()},
    {"deployment": deployment(conditions=[stalled("2026-01-01T00:00:10Z")])},
    {"pod": pod(waiting("ContainerCreating"))},
    {"pod": pod(waiting("ErrImagePull", "registry: i/o timeout"))},
    {"pod": pod(waiting("ImagePullBackOff", "Back-off pulling image"))},
    {"pod": pod(running(ready=False))},
    {"pod": pod(ended(1))},
    {"pod": pod(running(ready=False, restarts=1, last=how(1)))},
    {"pod": pod(running(restarts=1, last=how(1)), ready=True)},
    {"pod": pod(running(), uid="second", ready=True)},
    {"set": UP},
    {"deployment": complete()},
]
EVENTS = st.lists(st.sampled_from(GOOD), max_size=30)


@given(EVENTS, st.permutations(GOOD))
def test_doubled_and_reordered_news_of_a_good_rollout_never_fail_it(doubled: list[dict[str, Raw]], shuffled: list[dict[str, Raw]]) -> None:
    stage = Stage(replace(GOAL, stalled="2026-01-01T00:00:10Z"))
    for number, event in enumerate([*doubled, *shuffled]):
        assert stage.play(number * 0.2, **event).state is not State.FAILED


@given(EVENTS)
def test_good_rollout_is_seen_as_such_once_all_news_are_in(doubled: list[dict[str, Raw]]) -> None:
    stage = Stage(replace(GOAL, stalled="2026-01-01T00:00:10Z"))
    verdicts = [stage.play(number * 0.2, **event) for number, event in enumerate([*doubled, *GOOD])]
    assert verdicts[-1].state is State.ROLLED_OUT
