"""The loop that asks a judge what to make of a view, and the one place that knows which verdicts may rest on old news."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

from pipeline.errors import ToolError
from worker.goal import Goal
from worker.memory import Memory, remember
from worker.observation import Observation
from worker.tool import Log
from worker.tools.kubernetes_target.view import UNSEEN, View
from worker.verdict import Verdict

LAST_LOOK_SECONDS = 10.0
"""Seconds past the deadline for a last look; within those the runner grants a step."""

Judge = Callable[[Observation, Goal, Memory, float], Verdict]


def follow(view: View, goal: Goal, memory: Memory, judge: Judge, log: Log, clock: Callable[[], float] = time.monotonic) -> Verdict:
    """Ask the judge after all that is seen until it has a verdict.

    What is seen is believed. What is concluded because nothing happened for a time counts only when all has been listed anew since and
    says the same: an API server that has fallen silent looks just like a release that does not come up.

    Args:
        clock: that of the goal's deadline.

    Returns:
        The first verdict that is not WAITING.

    Raises:
        ToolError: the cluster is out of sight at the end: unknown, not failed. Transient.
    """
    told, due = "", math.inf
    while (now := clock()) < goal.deadline + LAST_LOOK_SECONDS:
        if view.blind:
            told = _tell(told, f"unknown: {view.blind.reason}", log)
        else:
            seen = view.now
            memory = remember(memory, seen, goal, now)
            verdict = judge(seen, goal, memory, now)
            if not verdict.state.is_final:
                told, due = _tell(told, _progress(verdict, memory), log), math.inf
            elif view.listed_since(due) or not _by_time_alone(seen, goal, memory, judge):
                return verdict
            elif due == math.inf:
                due = now
                view.look_again()
        view.take()
    raise ToolError("kubernetes", f"how it went is unknown: {(view.blind or UNSEEN).reason}", transient=True)


def _by_time_alone(seen: Observation, goal: Goal, memory: Memory, judge: Judge) -> bool:
    """Whether the same sight would be no verdict yet, had it been the first and the deadline far."""
    early = goal.deadline - 1.0
    return not judge(seen, goal, remember(replace(memory, since={}), seen, goal, early), early).state.is_final


def _progress(verdict: Verdict, memory: Memory) -> str:
    """How far it is and what is in the way."""
    return "; ".join(filter(None, [verdict.reason, *(trouble.reason for _, trouble in memory.since.values())]))


def _tell(told: str, news: str, log: Log) -> str:
    """Log it, when it is not what was said last."""
    if news and news != told:
        log(news)
    return news
