"""What `kubectl rollout status` would have made of the same traces: counters and conditions alone, as its source has them."""

import pytest

from tests.scenarios.scenario import Scenario
from tests.scenarios.table import SCENARIOS
from tests.traces.kubectl_status import status
from tests.traces.trace import DEPLOYMENTS, read
from worker.verdict import State

WAITS, BELIEVES, CONDEMNS = "waits on for its progress deadline", "calls a bad release good", "calls a good release bad"

NO_LOOK_AT_PODS = (
    "image-not-found",
    "registry-away",
    "image-name-invalid",
    "image-never-pulled",
    "config-key-missing",
    "command-missing",
    "crash-at-start",
    "crash-loop",
    "out-of-memory",
    "liveness-killing",
    "startup-never",
    "init-container-failing",
    "two-failed-pushes",
    "unschedulable",
    "quota-denied",
    "admission-refused",
    "mount-missing",
)
NO_DEADLINE_OF_ITS_OWN = ("readiness-never", "probe-on-wrong-port", "readiness-flapping-slowly-believed", "paused")
NO_SOAK = ("crash-after-5s", "readiness-flapping")
NO_LOOK_AT_WHAT_IS_COUNTED = ("scaled-to-zero", "replaced")
OLD_CONDITION_BELIEVED = ("restored-after-a-deadline",)
MISTAKES = {
    **dict.fromkeys((*NO_LOOK_AT_PODS, *NO_DEADLINE_OF_ITS_OWN), WAITS),
    **dict.fromkeys((*NO_SOAK, *NO_LOOK_AT_WHAT_IS_COUNTED), BELIEVES),
    **dict.fromkeys(OLD_CONDITION_BELIEVED, CONDEMNS),
}


def mistake(name: str, right: State) -> str:
    """What kubectl gets wrong, in words, or the empty text."""
    said = word(name)
    if said is State.WAITING:
        return WAITS
    if (said is State.ROLLED_OUT) == (right is State.ROLLED_OUT):
        return ""
    return BELIEVES if said is State.ROLLED_OUT else CONDEMNS


def word(name: str) -> State:
    """The first thing kubectl says that is not "waiting"; a Deployment that is gone it reports as an error."""
    events = [event for event in read(name) if event.kind == DEPLOYMENTS and event.seconds >= 0]
    said = (status(event.object) if event.object else State.ABORTED for event in events)
    return next((state for state in said if state.is_final), State.WAITING)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_counters_and_conditions_alone_misjudge_the_traces_named_here_and_no_other(scenario: Scenario) -> None:
    assert mistake(scenario.name, scenario.state) == MISTAKES.get(scenario.name, "")
