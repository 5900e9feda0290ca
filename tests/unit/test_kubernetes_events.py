"""What is taken from the Events of a pod."""

import pytest

from tests.unit.cluster_objects import Raw
from worker.tools.kubernetes_target.events import at_work, causes

LATER = "2026-01-01T00:00:09Z"


def event(reason: str, message: str = "", at: str = "2026-01-01T00:00:00Z") -> Raw:
    return {"reason": reason, "message": message, "lastTimestamp": at}


def test_causes_are_the_last_warning_of_each_kind_that_a_status_does_not_tell() -> None:
    early, later = event("FailedMount", 'configmap "a" not found'), event("FailedMount", 'volume: configmap "b" not found', LATER)
    found = causes([later, early, event("BackOff", "restarting"), event("Unhealthy", "probe failed: refused\n")], "")
    assert found == ['FailedMount: volume: configmap "b" not found', "Unhealthy: probe failed: refused"]


PULL = event("Failed", 'Failed to pull image "iris:new": rpc error: not found')


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("waits: ImagePullBackOff: Back-off pulling image", ['Failed: Failed to pull image "iris:new": rpc error: not found']),
        ("waits: ErrImagePull: rpc error: not found", []),
    ],
)
def test_why_an_image_was_not_pulled_is_told_once(said: str, expected: list[str]) -> None:
    assert causes([PULL, event("Failed", "Error: ErrImagePull", LATER)], said) == expected


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [(["Scheduled", "Pulling"], True), (["FailedScheduling", "TriggeredScaleUp"], True), (["Scheduled", "FailedMount"], False), ([], True)],
)
def test_pod_is_seen_to_while_its_image_is_pulled_or_a_node_is_added(reasons: list[str], expected: bool) -> None:
    assert at_work([event(reason) for reason in reasons]) is expected
