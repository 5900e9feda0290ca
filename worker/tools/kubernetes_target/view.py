"""What is known of one Deployment now, kept up to date from a watch, and the loop that asks a judge about it. Changes nothing."""

import time
from collections.abc import Callable
from typing import Any

from pipeline.errors import ToolError
from worker.goal import Goal
from worker.memory import Memory, remember
from worker.observation import GONE, Observation
from worker.reading import read_deployment, read_pod, read_replica_set
from worker.tool import Log
from worker.tools.kubernetes_target.watch import Listed, Lost, News, Watch
from worker.verdict import Verdict

DEPLOYMENTS, REPLICA_SETS, PODS = "deployments", "replicasets", "pods"
READERS: dict[str, Callable[[Any], Any]] = {DEPLOYMENTS: read_deployment, REPLICA_SETS: read_replica_set, PODS: read_pod}
TICK = 0.5
"""Seconds after which a judge is asked again though nothing happened: some of its rules are about time."""

FIRST_SIGHT_SECONDS = 15.0

Judge = Callable[[Observation, Goal, Memory, float], Verdict]


class View:
    """The newest state of the three kinds a rollout is made of."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._known: dict[str, dict[str, Any]] = {kind: {} for kind in READERS}
        unseen = ToolError("kubernetes", "the API server did not answer in time", transient=True)
        self._blind: dict[str, ToolError] = dict.fromkeys(READERS, unseen)

    @property
    def blind(self) -> ToolError | None:
        """Why not all is in sight, if so: what is known may be old and nothing must be concluded from it."""
        return next(iter(self._blind.values()), None)

    @property
    def now(self) -> Observation:
        deployment = next(iter(self._known[DEPLOYMENTS].values()), GONE)
        return Observation(deployment, tuple(self._known[REPLICA_SETS].values()), tuple(self._known[PODS].values()))

    def open_eyes(self) -> None:
        """Wait until all three kinds are in sight; ToolError when one may not be seen or the server does not answer."""
        deadline = time.monotonic() + FIRST_SIGHT_SECONDS
        while self.blind:
            if time.monotonic() >= deadline:
                raise self.blind
            self.take(TICK)

    def take(self, seconds: float) -> None:
        """Take in the next piece of news, if one comes within ``seconds``; ToolError when it is one that waiting does not mend."""
        news = self._watch.next(seconds)
        if news is not None:
            self._fold(news)

    def _fold(self, news: News) -> None:
        if isinstance(news, Lost):
            if not news.error.transient:
                raise news.error
            self._blind[news.kind] = news.error
        elif isinstance(news, Listed):
            self._known[news.kind] = {raw["metadata"]["uid"]: READERS[news.kind](raw) for raw in news.objects}
            self._blind.pop(news.kind, None)
        elif news.gone:
            self._known[news.kind].pop(news.object["metadata"]["uid"], None)
        else:
            self._known[news.kind][news.object["metadata"]["uid"]] = READERS[news.kind](news.object)


def follow(view: View, goal: Goal, memory: Memory, judge: Judge, log: Log) -> Verdict:
    """Ask the judge after every event until it has a verdict.

    Returns:
        The first verdict that is not WAITING.

    Raises:
        ToolError: at the deadline the cluster was out of sight: unknown, not failed.
    """
    told = ""
    while True:
        now = time.monotonic()
        if view.blind is None:
            seen = view.now
            memory = remember(memory, seen, goal, now)
            verdict = judge(seen, goal, memory, now)
            if verdict.state.is_final:
                return verdict
            told = _tell(told, verdict, memory, log)
        elif now >= goal.deadline:
            raise view.blind
        view.take(TICK)


def _tell(told: str, verdict: Verdict, memory: Memory, log: Log) -> str:
    """Log how far it is and what is in the way, when it is not what was said last."""
    news = "; ".join(filter(None, [verdict.reason, *(trouble.reason for _, trouble in memory.since.values())]))
    if news and news != told:
        log(news)
    return news
