"""Traces recorded from a real cluster: what each comes to, for which reason and at what second."""

import re
from pathlib import Path

import pytest

from tests.scenarios.scenario import Scenario
from tests.scenarios.table import SCENARIOS
from tests.traces import trace
from tests.traces.replay import news_of, replay
from tests.traces.trace import Event, about

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


def test_what_is_written_is_read_again_and_only_changes_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "RECORDED", tmp_path)
    first, second = {"metadata": {"uid": "u"}, "status": {"phase": "Pending"}}, {"metadata": {"uid": "u"}, "status": {"phase": "Running"}}
    told = [Event(-0.1, "pods", "u", first), Event(0.0, "pods", "u", first), Event(1.0, "pods", "u", second), Event(2.0, "pods", "u", None)]
    trace.write("some", {"verdict": 1.0}, told)
    assert trace.read("some") == [told[0], *told[2:]]
    assert trace.about("some") == {"verdict": 1.0}
    assert (tmp_path / "some.jsonl").read_text().count("metadata") == 1
