"""What is known from news, and what must not be concluded while some of it is out of sight."""

from time import monotonic
from typing import cast

import pytest

from pipeline.errors import ToolError
from tests.unit.cluster_objects import GOAL, Raw, complete, deployment, pod, replica_set, running, waiting
from worker.goal import Goal
from worker.memory import Memory
from worker.observation import GONE
from worker.rollout import judge
from worker.tools.kubernetes_target.view import View, follow
from worker.tools.kubernetes_target.watch import Changed, Listed, Lost, News, Watch
from worker.verdict import State

DOWN = ToolError("kubernetes", "the API server cannot be reached", transient=True)
FORBIDDEN = ToolError("kubernetes", "not permitted")


class Told:
    """A watch that tells what it was given."""

    def __init__(self, *news: News) -> None:
        self.news = list(news)

    def next(self, seconds: float) -> News | None:
        return self.news.pop(0) if self.news else None


def view(*news: News) -> View:
    """A view that has taken in all of it."""
    made = View(cast(Watch, Told(*news)))
    for _ in news:
        made.take(0)
    return made


def listed(deployed: Raw, *pods: Raw) -> tuple[News, ...]:
    return Listed("deployments", (deployed,)), Listed("replicasets", (replica_set(available=2),)), Listed("pods", pods)


def goal(seconds: float) -> Goal:
    return Goal(GOAL.uid, GOAL.generation, GOAL.template, GOAL.run, monotonic() + seconds)


def test_list_replaces_all_that_was_known() -> None:
    made = view(*listed(complete(), pod(uid="one"), pod(uid="two")), Listed("pods", (pod(uid="three"),)))
    assert [found.uid for found in made.now.pods] == ["three"]


def test_change_adds_and_takes_away() -> None:
    made = view(
        *listed(complete(), pod(uid="one")), Changed("pods", pod(uid="two"), gone=False), Changed("pods", pod(uid="one"), gone=True)
    )
    assert [found.uid for found in made.now.pods] == ["two"]


def test_deployment_that_is_listed_no_more_is_gone() -> None:
    assert view(*listed(complete()), Listed("deployments", ())).now.deployment == GONE


def test_view_is_blind_until_all_is_listed_and_after_a_loss() -> None:
    made = view(*listed(complete())[:2])
    assert made.blind
    made = view(*listed(complete()))
    assert made.blind is None
    assert view(*listed(complete()), Lost("pods", DOWN)).blind is DOWN


def test_out_of_sight_at_the_deadline_is_unknown_not_failed() -> None:
    blind = view(*listed(deployment(), pod(waiting("InvalidImageName"))), Lost("pods", DOWN))
    with pytest.raises(ToolError) as caught:
        follow(blind, goal(0), Memory(), judge, print)
    assert caught.value.transient


def test_verdict_comes_when_sight_is_back() -> None:
    back = View(cast(Watch, Told(*listed(deployment()), Lost("deployments", DOWN), Listed("deployments", (complete(),)))))
    assert follow(back, goal(5), Memory(), judge, print).state is State.ROLLED_OUT


def test_missing_permission_is_not_waited_for() -> None:
    with pytest.raises(ToolError, match="not permitted"):
        view(Lost("pods", FORBIDDEN))


def test_progress_is_told_once_with_what_is_in_the_way() -> None:
    lines: list[str] = []
    slow = waiting("ErrImagePull", "i/o timeout")
    news = [
        *listed(deployment(), pod(slow)),
        Changed("pods", pod(slow), gone=False),
        Changed("pods", pod(running(), ready=True), gone=False),
    ]
    follow(View(cast(Watch, Told(*news, Changed("deployments", complete(), gone=False)))), goal(5), Memory(), judge, lines.append)
    assert lines == [
        "2/2 updated, 0 ready, 0 available; container web waits: ErrImagePull: i/o timeout",
        "2/2 updated, 1 ready, 0 available",
    ]
