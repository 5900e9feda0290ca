"""Releases bad in every way we know and clusters without room, for real: what is said, and that the good release is back."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from pipeline.errors import StepFailed, ToolError
from tests.scenarios import images
from tests.scenarios.scenario import Scenario
from tests.scenarios.story import Story, tell
from tests.scenarios.table import BAD, FINE, STARVING
from worker.verdict import State

pytestmark = pytest.mark.cluster

AT_A_TIME = 6
ONLY_AS_TRACES = ("registry-away", "two-failed-pushes", "readiness-flapping-slowly-believed", "startup-never", "progress-deadline")
FAILING = [scenario for scenario in BAD if scenario.name not in ONLY_AS_TRACES]
WRONG = [scenario for scenario in FINE if scenario.wrong]
STAYING = [scenario for scenario in FINE if scenario.soak and not scenario.wrong]
LONGEST_FIRST = sorted((*FAILING, *STARVING, *WRONG, *STAYING), key=lambda scenario: scenario.deadline % 60 + scenario.soak, reverse=True)


@pytest.fixture(scope="module")
def stories() -> Iterator[Mapping[str, "Future[Story]"]]:
    """All of them at work side by side, each in a namespace of its own."""
    images.make()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {scenario.name: pool.submit(tell, scenario) for scenario in LONGEST_FIRST}


def each(*scenarios: Scenario) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scenario", scenarios, ids=lambda scenario: scenario.name)


@each(*FAILING)
def test_bad_release_fails_with_its_reason_and_the_good_one_is_back(stories: Mapping[str, "Future[Story]"], scenario: Scenario) -> None:
    story = stories[scenario.name].result()
    assert isinstance(story.error, StepFailed), story.lines
    assert re.search(f"({scenario.reason})(?s:.*)({scenario.told})", str(story.error)), story.lines
    assert story.image == images.reference("good")


@each(*STARVING)
def test_cluster_without_room_is_an_error_that_blames_no_release(stories: Mapping[str, "Future[Story]"], scenario: Scenario) -> None:
    story = stories[scenario.name].result()
    assert isinstance(story.error, ToolError), story.lines
    assert not story.error.transient
    assert re.search(f"({scenario.reason})(?s:.*)({scenario.told})", str(story.error)), story.lines
    assert story.image == images.reference("good")


@each(*WRONG)
def test_release_that_answers_wrongly_or_late_fails_its_verification(stories: Mapping[str, "Future[Story]"], scenario: Scenario) -> None:
    story = stories[scenario.name].result()
    assert isinstance(story.error, StepFailed), story.lines
    assert re.search(scenario.wrong, str(story.error))
    assert story.image == images.reference("good")


@each(*STAYING)
def test_good_release_stays(stories: Mapping[str, "Future[Story]"], scenario: Scenario) -> None:
    story = stories[scenario.name].result()
    assert story.error is None
    assert story.image == images.reference(scenario.image)
    assert scenario.state is State.ROLLED_OUT
