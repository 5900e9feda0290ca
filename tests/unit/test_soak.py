"""Whether a complete release stays so."""

import pytest

from tests.unit.cluster_objects import GOAL, Raw, complete, deployment, ended, how, pod, replica_set, running, seen
from worker.memory import begin
from worker.soak import judge_soak
from worker.verdict import State

UP = replica_set(available=2)
STEADY = pod(running(restarts=1, last=how(1)), ready=True)


def soaked(after: Raw, now: float, deployed: Raw | None = None) -> State:
    memory = begin(seen(complete(), [UP], [STEADY]))
    return judge_soak(seen(deployed or complete(), [UP], [after]), GOAL, memory, now, replicas=2).state


@pytest.mark.parametrize(("now", "state"), [(299.0, State.WAITING), (300.0, State.ROLLED_OUT)])
def test_steady_release_is_held_to_the_end(now: float, state: State) -> None:
    assert soaked(STEADY, now) is state


@pytest.mark.parametrize(
    "after",
    [
        pod(running(restarts=2, last=how(1)), ready=True),
        pod(ended(0, "Completed", restarts=1)),
        pod(running(restarts=1, last=how(1)), uid="its-replacement", ready=True),
    ],
)
def test_one_new_restart_fails_the_soak(after: Raw) -> None:
    assert soaked(after, 1.0) is State.FAILED


def test_missing_replica_fails_the_soak() -> None:
    assert soaked(STEADY, 1.0, deployment(availableReplicas=1)) is State.FAILED


@pytest.mark.parametrize("wanted", [1, 5])
def test_autoscaling_during_the_soak_breaks_nothing(wanted: int) -> None:
    available = min(wanted, 2)
    scaled = deployment(spec={"replicas": wanted}, generation=3, availableReplicas=available)
    assert soaked(STEADY, 1.0, scaled) is State.WAITING
