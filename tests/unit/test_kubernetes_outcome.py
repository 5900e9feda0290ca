"""What is made of a pod whose grace is over, and what is raised in the end."""

from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any, cast

import pytest

from pipeline.errors import StepFailed, ToolError
from tests.unit.cluster_objects import GOAL, Raw, complete, deployment, ended, pod, running, unschedulable
from tests.unit.told import Told, changed, everything
from worker.memory import Memory
from worker.soak import judge_soak
from worker.tools.kubernetes_target.deployment import KubernetesDeployment
from worker.tools.kubernetes_target.outcome import CAUSE_SECONDS, conclude, held, watched
from worker.trouble import CRASH, Trouble
from worker.verdict import State, Verdict

ENDED = pod(ended(3))
CRASHED = Trouble("uid", "iris-pod", "web", CRASH, 0.0, "container web crashed", previous=True)


@dataclass
class Known:
    """A Deployment of which this much is known; ``logs`` by whether they are of the container before."""

    reasons: list[str] = field(default_factory=list)
    logs: dict[bool, list[str]] = field(default_factory=dict)
    told: Told | None = None

    def __str__(self) -> str:
        return "deployment/iris -n ml"

    def events(self, pod: str) -> list[Raw]:
        if self.told:
            self.told.news.append(changed("deployments", complete()))
        return [{"reason": reason, "message": f"{reason}: of {pod}"} for reason in self.reasons]

    def log_lines(self, pod: str, container: str, lines: int, *, previous: bool) -> list[str]:
        return self.logs.get(previous, [])


def known(**what: Any) -> KubernetesDeployment:
    return cast(KubernetesDeployment, Known(**what))


@pytest.mark.parametrize(("reason", "state"), [("TriggeredScaleUp", State.ROLLED_OUT), ("NotTriggerScaleUp", State.STARVED)])
def test_pod_that_is_seen_to_has_longer_than_its_grace(reason: str, state: State) -> None:
    told = Told(everything(deployment(), unschedulable()), lambda _: everything(deployment(), unschedulable(), asked=monotonic()))
    view = told.view
    view.open_eyes()
    goal = replace(GOAL, deadline=monotonic() + 60, grace=0.0)
    assert watched(known(reasons=[reason], told=told), view, goal, Memory(), lambda _: None).state is state


LAPSED = deployment(availableReplicas=1)


@pytest.mark.parametrize(("later", "told_as"), [([ENDED], "; container web ended (exit code 3)"), ([], "")])
def test_lapse_in_a_soak_waits_a_moment_for_its_cause(later: list[Raw], told_as: str) -> None:
    told = Told([*everything(LAPSED, pod(running(ready=False))), *(changed("pods", found) for found in later)])
    view = told.view
    view.open_eyes()
    verdict = held(view, GOAL, Memory(), partial(judge_soak, replicas=2), lambda _: None, told.clock)
    assert verdict.reason == f"did not stay available: 2/2 updated, 0 ready, 1 available{told_as}"
    assert told.now == pytest.approx(0.0 if later else CAUSE_SECONDS, abs=CAUSE_SECONDS / 5)


@pytest.mark.parametrize("logs", [{True: ["boom"], False: ["loading"]}, {True: [], False: ["boom"]}])
def test_bad_release_is_raised_with_its_events_and_the_log_there_is(logs: dict[bool, list[str]]) -> None:
    with pytest.raises(StepFailed, match=r"^container web crashed\nUnhealthy: Unhealthy: of iris-pod\nboom$"):
        conclude(known(reasons=["Unhealthy"], logs=logs), Verdict(State.FAILED, CRASHED.reason, CRASHED), lambda _: None)


def test_cluster_s_own_fault_is_an_error_that_another_try_now_does_not_mend() -> None:
    with pytest.raises(ToolError, match="deployment/iris -n ml: no pod can be created") as caught:
        conclude(known(), Verdict(State.STARVED, "no pod can be created"), lambda _: None)
    assert not caught.value.transient
