"""Traces as a watch may deliver them: three kinds with delays of their own, events twice, events lost until the next list.

What each kind tells keeps its order. What holds all the same: a good release is never called bad, a bad one never good, and the cluster's
fault never the release's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenarios.scenario import Scenario
from tests.scenarios.table import BAD, FINE, STARVING
from tests.traces.replay import News, news_of, patched, replay
from tests.traces.trace import KINDS
from worker.goal import goal_of
from worker.verdict import State

LIST_EVERY = 15.0
DELAYS = st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.3, 1.0])
FATES = st.sampled_from(["told", "told", "told", "twice", "lost"])
PATIENT = 60.0


@st.composite
def disturbed(draw: st.DrawFn, scenario: Scenario, fates: st.SearchStrategy[str] = FATES) -> Sequence[News]:
    """The scenario's news, each kind in its order; what is lost is made up for by a list that tells the newest of everything."""
    news = news_of(scenario.name)
    told = [each for kind in KINDS for each in _delivered(draw, [each for each in news if each.kind == kind], fates)]
    return sorted(told, key=lambda each: each.seconds)


def _delivered(draw: st.DrawFn, news: Sequence[News], fates: st.SearchStrategy[str]) -> Iterator[News]:
    now = -1.0
    newest: dict[str, News] = {}
    for each in news:
        newest[each.uid] = each
        if each.seconds < 0:
            yield each
            continue
        now, fate = max(now, each.seconds + draw(DELAYS)), draw(fates)
        if fate != "lost":
            yield replace(each, seconds=now)
        if fate == "twice":
            yield replace(each, seconds=now)
    listed = max(now, LIST_EVERY)
    yield from (replace(each, seconds=listed) for each in newest.values())


def verdict_of(scenario: Scenario, news: Sequence[News]) -> State:
    """With the goal of the patch itself, and patience enough for all delays together."""
    goal = goal_of(patched(news_of(scenario.name), scenario), f"r{len(scenario.earlier) + 1}", PATIENT)
    return replay(scenario, news, goal)[0].state


@settings(max_examples=100)
@given(data=st.data(), scenario=st.sampled_from(FINE))
def test_good_release_is_never_called_bad_and_ends_well(scenario: Scenario, data: st.DataObject) -> None:
    assert verdict_of(scenario, data.draw(disturbed(scenario))) is State.ROLLED_OUT


@settings(max_examples=100)
@given(data=st.data(), scenario=st.sampled_from(BAD))
def test_bad_release_is_called_bad_however_late_or_often_the_news_come(scenario: Scenario, data: st.DataObject) -> None:
    assert verdict_of(scenario, data.draw(disturbed(scenario, st.sampled_from(["told", "twice"])))) is State.FAILED


@settings(max_examples=100)
@given(data=st.data(), scenario=st.sampled_from([scenario for scenario in BAD if not scenario.soak]))
def test_bad_release_is_never_called_good_whatever_is_lost(scenario: Scenario, data: st.DataObject) -> None:
    """But for what only a soak shows: a container that was down between two lists alone, nobody has seen."""
    assert verdict_of(scenario, data.draw(disturbed(scenario))) in (State.FAILED, State.STARVED)


@settings(max_examples=100)
@given(data=st.data(), scenario=st.sampled_from(STARVING))
def test_release_the_cluster_could_not_run_is_never_blamed(scenario: Scenario, data: st.DataObject) -> None:
    assert verdict_of(scenario, data.draw(disturbed(scenario))) is State.STARVED
