"""A trace: what watches told of one Deployment, its ReplicaSets and its pods, cut to what is read, as one line of JSON for each change.

A line is ``[seconds since the patch, kind, uid, parts]``; of ``metadata``, ``spec`` and ``status`` only those are written that differ from
the object's last line, and null stands for an object that is gone.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.observation import RUN

RECORDED = Path(__file__).parent / "recorded"
DEPLOYMENTS, REPLICA_SETS, PODS = KINDS = ("deployments", "replicasets", "pods")

_OWNERS = {"ownerReferences": [{"uid": ..., "controller": ...}]}
_TEMPLATE = {"metadata": {"labels": ...}, "spec": {"containers": [{"name": ..., "image": ...}], "terminationGracePeriodSeconds": ...}}
_CONDITIONS = [dict.fromkeys(("type", "status", "reason", "message", "lastUpdateTime"), ...)]
_ENDING = {"exitCode": ..., "reason": ...}
_CONTAINERS = [
    {
        "name": ...,
        "ready": ...,
        "restartCount": ...,
        "state": {"waiting": ..., "running": ..., "terminated": _ENDING},
        "lastState": {"terminated": _ENDING},
    }
]
_PROBE = dict.fromkeys(("initialDelaySeconds", "periodSeconds", "failureThreshold"), ...)
_COUNTERS = dict.fromkeys(
    ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas"), ...
)
_SHAPES: Mapping[str, Any] = {
    DEPLOYMENTS: {
        "metadata": {"uid": ..., "generation": ..., "annotations": {RUN: ...}},
        "spec": {"replicas": ..., "paused": ..., "template": _TEMPLATE},
        "status": {**_COUNTERS, "conditions": _CONDITIONS},
    },
    REPLICA_SETS: {
        "metadata": {"uid": ..., **_OWNERS},
        "spec": {"replicas": ..., "template": _TEMPLATE},
        "status": {**_COUNTERS, "conditions": _CONDITIONS},
    },
    PODS: {
        "metadata": {"uid": ..., "name": ..., "deletionTimestamp": ..., **_OWNERS},
        "spec": {"containers": [{"name": ..., "startupProbe": _PROBE, "readinessProbe": _PROBE}]},
        "status": {
            **dict.fromkeys(("phase", "reason", "message"), ...),
            "conditions": [dict.fromkeys(("type", "status", "reason", "message"), ...)],
            "initContainerStatuses": _CONTAINERS,
            "containerStatuses": _CONTAINERS,
        },
    },
}


@dataclass(frozen=True, slots=True)
class Event:
    """``object`` is None when it is gone."""

    seconds: float
    kind: str
    uid: str
    object: Mapping[str, Any] | None


def cut(kind: str, raw: Mapping[str, Any]) -> Any:
    """An object without all that nobody reads."""
    return _cut(raw, _SHAPES[kind])


def _cut(value: Any, shape: Any) -> Any:
    if isinstance(shape, dict) and isinstance(value, dict):
        return {key: _cut(value[key], kept) for key, kept in shape.items() if key in value}
    if isinstance(shape, list) and isinstance(value, list):
        return [_cut(entry, shape[0]) for entry in value]
    return value


def write(name: str, about: Mapping[str, Any], events: Iterable[Event]) -> None:
    lines = [json.dumps(about), *(json.dumps(line, separators=(",", ":")) for line in _lines(events))]
    (RECORDED / f"{name}.jsonl").write_text("\n".join(lines) + "\n")


def _lines(events: Iterable[Event]) -> Iterator[list[Any]]:
    known: dict[str, Mapping[str, Any]] = {}
    for event in events:
        before, now = known.get(event.uid, {}), event.object
        parts = None if now is None else {key: part for key, part in now.items() if before.get(key) != part}
        if now is not None:
            known[event.uid] = now
        if parts != {}:
            yield [round(event.seconds, 3), event.kind, event.uid, parts]


def about(name: str) -> Mapping[str, Any]:
    """What the recorder noted: the version of Kubernetes, and the second at which the verdict falls."""
    with (RECORDED / f"{name}.jsonl").open() as lines:
        noted: Mapping[str, Any] = json.loads(next(lines))
    return noted


def read(name: str) -> list[Event]:
    """The events of a recorded trace, in the order they came."""
    known: dict[str, Mapping[str, Any]] = {}
    _, *lines = map(json.loads, (RECORDED / f"{name}.jsonl").read_text().splitlines())
    for line in lines:
        if line[3] is not None:
            known[line[2]] = line[3] = {**known.get(line[2], {}), **line[3]}
    return [Event(*line) for line in lines]
