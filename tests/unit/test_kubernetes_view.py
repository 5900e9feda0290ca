"""What is known from news."""

import pytest

from pipeline.errors import ToolError
from tests.unit.cluster_objects import complete, pod, running, waiting
from tests.unit.told import Told, changed, everything, listed
from worker.observation import GONE
from worker.tools.kubernetes_target.news import Changed, Lost, News
from worker.tools.kubernetes_target.view import View

DOWN = ToolError("kubernetes", "the API server cannot be reached", transient=True)
FORBIDDEN = ToolError("kubernetes", "not permitted")


def view(*news: News) -> View:
    """A view that has taken in all of it."""
    told = Told(list(news))
    made = told.view
    for _ in news:
        made.take(0)
    return made


def test_list_replaces_all_that_was_known() -> None:
    made = view(*everything(complete(), pod(uid="one"), pod(uid="two")), listed("pods", pod(uid="three")))
    assert [found.uid for found in made.now.pods] == ["three"]


def test_change_adds_and_takes_away() -> None:
    made = view(*everything(complete(), pod(uid="one")), changed("pods", pod(uid="two")), Changed("pods", "one", None))
    assert [found.uid for found in made.now.pods] == ["two"]


def test_deployment_that_is_listed_no_more_is_gone() -> None:
    assert view(*everything(complete()), listed("deployments")).now.deployment == GONE


def test_view_is_blind_until_all_is_listed_and_after_a_loss() -> None:
    assert view(*everything(complete())[:2]).blind
    assert view(*everything(complete())).blind is None
    assert view(*everything(complete()), Lost("pods", DOWN)).blind is DOWN


def test_missing_permission_is_not_waited_for() -> None:
    with pytest.raises(ToolError, match="not permitted"):
        view(Lost("pods", FORBIDDEN))


def test_queued_news_are_taken_at_once_but_never_two_states_of_one_object() -> None:
    two_states = [changed("pods", pod(waiting("ErrImagePull"))), changed("pods", pod(running(), ready=True))]
    made = Told([*everything(complete()), changed("pods", pod(uid="other")), *two_states]).view
    made.open_eyes()
    made.take()
    assert [found.uid for found in made.now.pods if not found.ready] == ["other", "pod"]
    made.take()
    assert [found.uid for found in made.now.pods if found.ready] == ["pod"]


def test_all_is_listed_since_a_moment_only_when_the_oldest_list_is() -> None:
    made = view(*everything(complete(), asked=3.0), listed("pods", asked=7.0))
    assert made.listed_since(3.0)
    assert not made.listed_since(3.1)
