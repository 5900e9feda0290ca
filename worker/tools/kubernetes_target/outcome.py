"""From a change that was made to what came of it: followed to its verdict, and told with what the cluster still knows of a bad pod."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pipeline.errors import StepFailed, ToolError
from worker.goal import Goal
from worker.memory import Memory
from worker.rollout import judge
from worker.tool import Log
from worker.tools.kubernetes_target.deployment import KubernetesDeployment
from worker.tools.kubernetes_target.events import at_work, causes
from worker.tools.kubernetes_target.follow import Judge, follow
from worker.tools.kubernetes_target.view import View
from worker.trouble import CRASH, Trouble
from worker.verdict import State, Verdict

LOG_LINES = 50
CAUSE_SECONDS = 2.0
"""Within which a kubelet says how a container ended; its readiness probe often fails a moment earlier."""


def watched(deployment: KubernetesDeployment, view: View, goal: Goal, memory: Memory, log: Log) -> Verdict:
    """Follow a rollout to its end. A pod that is still being seen to when its grace is over has until the deadline."""
    verdict = follow(view, goal, memory, judge, log)
    pod = verdict.trouble.pod_name if verdict.trouble else ""
    if verdict.state is not State.STARVED or not pod or time.monotonic() >= goal.deadline or not at_work(deployment.events(pod)):
        return verdict
    log(f"waiting on for pod {pod}: its image is being pulled or a node is added for it")
    return follow(view, replace(goal, grace=math.inf), memory, judge, log)


def held(view: View, goal: Goal, memory: Memory, soak: Judge, log: Log, clock: Callable[[], float] = time.monotonic) -> Verdict:
    """Follow a soak to its end. A lapse waits a moment for its cause."""
    verdict = follow(view, goal, memory, soak, log, clock)
    ends = clock() + CAUSE_SECONDS
    while verdict.state is State.FAILED and not _is_crash(verdict) and clock() < ends:
        view.take(CAUSE_SECONDS / 10)
        later = soak(view.now, goal, memory, clock())
        if _is_crash(later):
            return replace(later, reason=f"{verdict.reason}; {later.reason}")
    return verdict


def _is_crash(verdict: Verdict) -> bool:
    return verdict.trouble is not None and verdict.trouble.sort == CRASH


def conclude(deployment: KubernetesDeployment, verdict: Verdict, log: Log) -> None:
    """Return when it is rolled out.

    Raises:
        StepFailed: the release is bad.
        ToolError: something else kept it from being rolled out.
    """
    log(f"{verdict.state}: {verdict.reason}")
    if verdict.state is State.ROLLED_OUT:
        return
    said = "\n".join([verdict.reason, *_last_words(deployment, verdict.trouble, log)])
    raise StepFailed(said) if verdict.state is State.FAILED else ToolError("kubernetes", f"{deployment}: {said}")


def _last_words(deployment: KubernetesDeployment, trouble: Trouble | None, log: Log) -> list[str]:
    """Causes that the pod's status does not tell, and the end of its log."""
    if trouble is None or not trouble.pod_name:
        return []
    lines = causes(deployment.events(trouble.pod_name), trouble.reason)
    if trouble.container:
        read = partial(deployment.log_lines, trouble.pod_name, trouble.container, LOG_LINES)
        lines += read(previous=trouble.previous) or read(previous=not trouble.previous)  # it may have been started anew meanwhile
    for line in lines:
        log(line)
    return lines
