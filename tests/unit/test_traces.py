"""Traces recorded from a real cluster: what each comes to, for which reason and at what second."""

import re

import pytest

from tests.scenarios.scenario import Scenario
from tests.scenarios.table import SCENARIOS
from tests.traces.replay import news_of, replay
from tests.traces.trace import about

named = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


@named
def test_trace_comes_to_its_verdict_for_its_reason_at_its_second(scenario: Scenario) -> None:
    verdict, seconds = replay(scenario, news_of(scenario.name))
    assert verdict.state is scenario.state
    assert re.search(scenario.reason, verdict.reason)
    assert round(seconds, 3) == about(scenario.name)["verdict"]


@named
def test_verdict_at_first_sight_falls_with_the_event_that_tells_it(scenario: Scenario) -> None:
    """Nothing waits for the next tick."""
    verdict, seconds = replay(scenario, news_of(scenario.name))
    told = {each.seconds for each in news_of(scenario.name)}
    assert seconds in told or verdict.trouble is None or verdict.trouble.patience > 0 or seconds >= scenario.deadline
