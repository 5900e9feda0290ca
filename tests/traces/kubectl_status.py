"""What ``kubectl rollout status`` makes of a Deployment: the rules of its ``DeploymentStatusViewer`` (rollout_status.go), and no more."""

from typing import Any

from worker.verdict import State


def status(deployment: Any) -> State:
    """Its word on a Deployment as the API server gives it."""
    found = deployment.get("status", {})
    if found.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return State.WAITING
    if any(
        condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded"
        for condition in found.get("conditions", ())
    ):
        return State.FAILED
    updated = found.get("updatedReplicas", 0)
    if updated < deployment["spec"]["replicas"] or found.get("replicas", 0) > updated or found.get("availableReplicas", 0) < updated:
        return State.WAITING
    return State.ROLLED_OUT
