"""Plays a trace to the judges as the target does: after every event, and twice a second when there is none."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from tests.scenarios.scenario import Scenario
from tests.traces.trace import DEPLOYMENTS, KINDS, PODS, REPLICA_SETS, Event, read
from worker.goal import Goal, goal_of
from worker.memory import Memory, begin, remember
from worker.observation import GONE, Deployment, Observation
from worker.reading import read_deployment, read_pod, read_replica_set
from worker.rollout import judge
from worker.soak import judge_soak
from worker.verdict import State, Verdict

TICK = 0.5
READERS: dict[str, Any] = {DEPLOYMENTS: read_deployment, REPLICA_SETS: read_replica_set, PODS: read_pod}


@dataclass(frozen=True, slots=True)
class News:
    """An event as it is read; ``value`` is None when the object is gone."""

    seconds: float
    kind: str
    uid: str
    value: Any


@dataclass
class World:
    """The newest of everything."""

    known: dict[str, dict[str, Any]] = field(default_factory=lambda: {kind: {} for kind in KINDS})

    def fold(self, news: News) -> None:
        self.known[news.kind].pop(news.uid, None)
        if news.value is not None:
            self.known[news.kind][news.uid] = news.value

    @property
    def now(self) -> Observation:
        deployment = next(iter(self.known[DEPLOYMENTS].values()), GONE)
        return Observation(deployment, tuple(self.known[REPLICA_SETS].values()), tuple(self.known[PODS].values()))


@lru_cache
def news_of(name: str) -> Sequence[News]:
    """A recorded trace as it is read."""
    return [as_read(event) for event in read(name)]


def as_read(event: Event) -> News:
    return News(event.seconds, event.kind, event.uid, event.object and READERS[event.kind](event.object))


def patched(news: Iterable[News], scenario: Scenario) -> Deployment:
    """The Deployment as the patch of this scenario returned it."""
    run = f"r{len(scenario.earlier) + 1}"
    found: Deployment = next(each.value for each in news if each.kind == DEPLOYMENTS and each.value and each.value.run == run)
    return found


def replay(scenario: Scenario, news: Sequence[News], goal: Goal | None = None) -> tuple[Verdict, float]:
    """The final verdict, of the soak too when the scenario has one, and the second since the patch at which it fell."""
    world, goal = World(), goal or goal_of(patched(news, scenario), f"r{len(scenario.earlier) + 1}", scenario.deadline)
    for each in news:
        if each.seconds < 0:
            world.fold(each)
    later = [each for each in news if each.seconds >= 0]
    verdict, seconds = _watched(world, begin(world.now), goal, later)
    if verdict.state is not State.ROLLED_OUT or not scenario.soak:
        return verdict, seconds
    return _held(world, replace(goal, deadline=seconds + scenario.soak), [each for each in later if each.seconds > seconds], seconds)


def _watched(world: World, memory: Memory, goal: Goal, news: Sequence[News]) -> tuple[Verdict, float]:
    for now in _moments(world, news, 0.0):
        memory = remember(memory, world.now, goal, now)
        verdict = judge(world.now, goal, memory, now)
        if verdict.state.is_final:
            return verdict, now
    raise AssertionError("every rollout has an end")


def _held(world: World, goal: Goal, news: Sequence[News], began: float) -> tuple[Verdict, float]:
    memory, replicas = begin(world.now), world.now.deployment.wanted
    for now in _moments(world, news, began):
        verdict = judge_soak(world.now, goal, memory, now, replicas=replicas)
        if verdict.state.is_final:
            return verdict, now
    raise AssertionError("every soak has an end")


def _moments(world: World, news: Sequence[News], now: float) -> Iterator[float]:
    """Every moment to judge at, with the world as it is then; for ever."""
    for each in news:
        while now + TICK < each.seconds:
            now += TICK
            yield now
        world.fold(each)
        now = each.seconds
        yield now
    while True:
        now += TICK
        yield now
