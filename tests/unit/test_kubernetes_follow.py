"""What must not be concluded from old news, and when the outcome is unknown."""

from functools import partial

import pytest

from pipeline.errors import ToolError
from tests.unit.cluster_objects import Raw, complete, deployment, pod, running, stalled, waiting
from tests.unit.told import Told, changed, everything, goal, listed
from worker.memory import Memory
from worker.rollout import judge
from worker.soak import judge_soak
from worker.tools.kubernetes_target.follow import LAST_LOOK_SECONDS, Judge, follow
from worker.tools.kubernetes_target.news import Lost
from worker.verdict import State, Verdict

DOWN = ToolError("kubernetes", "the API server cannot be reached", transient=True)
UNCLEAR, SECONDS_UNCLEAR = waiting("ImagePullBackOff", "back-off"), 10.0


def outcome(told: Told, deadline: float = 30.0, by: Judge = judge) -> Verdict:
    view = told.view
    view.open_eyes()
    return follow(view, goal(deadline), Memory(), by, lambda _: None, told.clock)


def same(deployed: Raw, *pods: Raw) -> Told:
    """A server that says the same whenever it is asked."""
    return Told(everything(deployed, *pods), lambda now: everything(deployed, *pods, asked=now))


@pytest.mark.parametrize(
    "told",
    [
        same(deployment(), pod(waiting("InvalidImageName"))),
        same(deployment(), pod(waiting("CrashLoopBackOff", restarts=2))),
        same(deployment(conditions=[stalled("2026-01-01T00:00:00Z")])),
        same(complete()),
    ],
    ids=["image", "crash", "stalled", "complete"],
)
def test_what_is_seen_is_believed_at_once(told: Told) -> None:
    assert outcome(told).state.is_final
    assert (told.now, told.looks) == (0.0, [])


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        (same(deployment(), pod(running(ready=False))), 30.0),
        (same(deployment(observedGeneration=1)), 30.0),
        (same(deployment(), pod(UNCLEAR)), 10.0),
    ],
    ids=["never ready", "controller absent", "unclear pull"],
)
def test_failure_by_time_alone_is_looked_at_again_once_and_stands(told: Told, moment: float) -> None:
    assert outcome(told).state in (State.FAILED, State.STARVED)
    assert told.looks == [moment]


def test_release_that_came_up_unseen_is_not_condemned_at_the_deadline() -> None:
    told = Told(everything(deployment(), pod(running(ready=False))), lambda now: everything(complete(), asked=now))
    assert outcome(told).state is State.ROLLED_OUT


def test_pull_that_went_through_unseen_is_not_condemned_and_the_rollout_goes_on() -> None:
    told = Told(everything(deployment(), pod(UNCLEAR)), lambda now: everything(deployment(), pod(running(ready=False)), asked=now))
    assert "not ready in time" in outcome(told).reason
    assert told.looks == [SECONDS_UNCLEAR, 30.0]


def test_lists_from_before_the_last_look_do_not_count() -> None:
    late = partial(everything, deployment(), pod(running(ready=False)))
    told = Told(late(), lambda now: [*late(asked=now)[:2], *late(asked=now - 1)[2:]])
    with pytest.raises(ToolError, match="unknown"):
        outcome(told)


@pytest.mark.parametrize("by", [judge, partial(judge_soak, replicas=2)], ids=["rollout", "soak"])
def test_server_that_does_not_answer_the_last_look_leaves_the_outcome_unknown(by: Judge) -> None:
    told = Told(everything(deployment(availableReplicas=2, observedGeneration=2, updatedReplicas=1), pod(running(ready=False))))
    with pytest.raises(ToolError, match=r"how it went is unknown.*did not answer in time") as caught:
        outcome(told, by=by)
    assert caught.value.transient
    assert told.now == 30.0 + LAST_LOOK_SECONDS


def test_out_of_sight_at_the_end_is_unknown_not_failed_and_names_the_cause() -> None:
    told = Told([*everything(deployment(), pod(running(ready=False))), Lost("pods", DOWN)])
    with pytest.raises(ToolError, match=r"how it went is unknown.*cannot be reached") as caught:
        outcome(told)
    assert caught.value.transient


def test_verdict_comes_when_sight_is_back() -> None:
    told = Told([*everything(deployment()), Lost("deployments", DOWN), listed("deployments", complete())])
    assert outcome(told).state is State.ROLLED_OUT


def test_progress_is_told_once_with_what_is_in_the_way_and_that_it_is_unknown_meanwhile() -> None:
    lines: list[str] = []
    slow = pod(waiting("ErrImagePull", "i/o timeout"))
    up = pod(running(), ready=True)
    told = Told([*everything(deployment(), slow), changed("pods", slow), changed("pods", up), Lost("pods", DOWN), Lost("pods", DOWN)])
    told.news += [*everything(deployment(), up), changed("deployments", complete())]
    view = told.view
    view.open_eyes()
    follow(view, goal(30.0), Memory(), judge, lines.append, told.clock)
    assert lines == [
        "2/2 updated, 0 ready, 0 available; container web waits: ErrImagePull: i/o timeout",
        "2/2 updated, 1 ready, 0 available",
        "unknown: the API server cannot be reached",
        "2/2 updated, 1 ready, 0 available",
    ]
