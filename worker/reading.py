"""From the raw JSON of the API server to observations. Pure."""

from collections.abc import Iterator

from worker.observation import RUN, Container, Deployment, Ending, Pod, Raw, ReplicaSet
from worker.pod_template import fingerprint


def read_deployment(raw: Raw) -> Deployment:
    metadata, spec, status = raw["metadata"], raw["spec"], raw.get("status", {})
    return Deployment(
        uid=metadata["uid"],
        generation=metadata["generation"],
        observed=status.get("observedGeneration", 0),
        run=(metadata.get("annotations") or {}).get(RUN, ""),
        paused=spec.get("paused", False),
        template=fingerprint(spec["template"]),
        wanted=spec.get("replicas", 1),
        replicas=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        available=status.get("availableReplicas", 0),
        stalled=_condition(status, "Progressing", "ProgressDeadlineExceeded").get("lastUpdateTime", ""),
        refused=_condition(status, "ReplicaFailure", "FailedCreate").get("message", ""),
        drain=spec["template"]["spec"].get("terminationGracePeriodSeconds", 0),
    )


def read_replica_set(raw: Raw) -> ReplicaSet:
    status = raw.get("status", {})
    return ReplicaSet(
        uid=raw["metadata"]["uid"],
        owner=_owner(raw),
        template=fingerprint(raw["spec"]["template"]),
        available=status.get("availableReplicas", 0),
        refused=_condition(status, "ReplicaFailure", "FailedCreate").get("message", ""),
    )


def read_pod(raw: Raw) -> Pod:
    metadata, status = raw["metadata"], raw.get("status", {})
    return Pod(
        uid=metadata["uid"],
        name=metadata["name"],
        owner=_owner(raw),
        deleting="deletionTimestamp" in metadata,
        ready=any(found["type"] == "Ready" and found["status"] == "True" for found in status.get("conditions", ())),
        phase=status.get("phase", ""),
        reason=status.get("reason", ""),
        message=status.get("message", ""),
        unschedulable=_condition(status, "PodScheduled", "Unschedulable").get("message", ""),
        containers=tuple(_containers(raw)),
    )


def _containers(pod: Raw) -> Iterator[Container]:
    status, budgets = pod.get("status", {}), {found["name"]: _budget(found) for found in pod.get("spec", {}).get("containers", ())}
    for key, init in (("initContainerStatuses", True), ("containerStatuses", False)):
        for found in status.get(key) or ():
            state, waiting = found.get("state", {}), found.get("state", {}).get("waiting", {})
            yield Container(
                name=found["name"],
                init=init,
                ready=found.get("ready", False),
                restarts=found.get("restartCount", 0),
                waiting=waiting.get("reason", ""),
                message=waiting.get("message", ""),
                ended=_ending(state),
                last=_ending(found.get("lastState", {})),
                budget=budgets.get(found["name"], 0.0),
            )


def _budget(container: Raw) -> float:
    startup, readiness = container.get("startupProbe"), container.get("readinessProbe")
    return float(_patience(startup) + _patience(readiness)) if startup and readiness else 0.0


def _patience(probe: Raw) -> int:
    """Seconds; the API server has written the defaults into every pod, all but that of the delay."""
    return int(probe.get("initialDelaySeconds", 0) + probe["periodSeconds"] * probe["failureThreshold"])


def _ending(state: Raw) -> Ending | None:
    ended = state.get("terminated")
    return Ending(ended.get("reason", ""), ended["exitCode"]) if ended else None


def _condition(status: Raw, kind: str, reason: str) -> Raw:
    matching = (found for found in status.get("conditions") or () if (found["type"], found.get("reason")) == (kind, reason))
    return next(matching, {})


def _owner(raw: Raw) -> str:
    owners = raw["metadata"].get("ownerReferences") or ()
    return next((owner["uid"] for owner in owners if owner.get("controller")), "")
