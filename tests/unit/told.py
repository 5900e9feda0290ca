"""A watch that tells what it is given, on a clock of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from tests.unit.cluster_objects import GOAL, Raw, replica_set
from worker.goal import Goal
from worker.reading import read_deployment, read_pod, read_replica_set
from worker.tools.kubernetes_target.news import Changed, Listed, News
from worker.tools.kubernetes_target.view import View
from worker.tools.kubernetes_target.watch import Watch

READERS = {"deployments": read_deployment, "replicasets": read_replica_set, "pods": read_pod}


@dataclass
class Told:
    """``news`` come one after the other, then time passes; ``again`` is what a new look at that moment brings."""

    news: list[News]
    again: Callable[[float], Sequence[News]] = lambda now: ()
    now: float = 0.0
    looks: list[float] = field(default_factory=list)

    def next(self, seconds: float) -> News | None:
        if self.news:
            return self.news.pop(0)
        self.now += seconds
        return None

    def look_again(self) -> None:
        self.looks.append(self.now)
        self.news += self.again(self.now)

    @property
    def view(self) -> View:
        """One that has taken in nothing yet."""
        return View(cast(Watch, self))

    def clock(self) -> float:
        return self.now


def listed(kind: str, *raws: Raw, asked: float = 0.0) -> Listed:
    return Listed(kind, {raw["metadata"]["uid"]: READERS[kind](raw) for raw in raws}, asked)


def changed(kind: str, raw: Raw) -> Changed:
    return Changed(kind, raw["metadata"]["uid"], READERS[kind](raw))


def everything(deployed: Raw, *pods: Raw, asked: float = 0.0) -> list[News]:
    """All three kinds, listed."""
    return [
        listed("deployments", deployed, asked=asked),
        listed("replicasets", replica_set(available=2), asked=asked),
        listed("pods", *pods, asked=asked),
    ]


def goal(deadline: float) -> Goal:
    return Goal(GOAL.uid, GOAL.generation, GOAL.template, GOAL.run, deadline)
