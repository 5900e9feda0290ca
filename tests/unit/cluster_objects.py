"""Raw objects as the API server and the kubelet write them, cut to what matters, and a stage that plays them to the judge."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.goal import Goal
from worker.memory import Memory, begin, remember
from worker.observation import GONE, RUN, Observation
from worker.pod_template import fingerprint
from worker.reading import read_deployment, read_pod, read_replica_set
from worker.rollout import judge
from worker.verdict import State, Verdict

Raw = dict[str, Any]


def template(image: str) -> Raw:
    return {"metadata": {"creationTimestamp": None, "labels": {"app": "iris"}}, "spec": {"containers": [{"name": "web", "image": image}]}}


OLD, NEW = template("iris:old"), template("iris:new")
GOAL = Goal("deployment", 2, fingerprint(NEW), "r2", deadline=300.0)


def deployment(*, spec: Raw | None = None, conditions: Iterable[Raw] = (), annotations: Raw | None = None, **changed: Any) -> Raw:
    """The Deployment of run r2, two wanted and none up yet; ``changed`` overrides counters, ``generation`` and ``uid``."""
    counters = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 0, "observedGeneration": 2}
    status = {key: changed.get(key, value) for key, value in counters.items()}
    return {
        "metadata": {
            "uid": changed.get("uid", "deployment"),
            "generation": changed.get("generation", 2),
            "annotations": annotations or {RUN: "r2"},
        },
        "spec": {"replicas": 2, "template": NEW, **(spec or {})},
        "status": {**status, "conditions": list(conditions)},
    }


def complete(**changed: Any) -> Raw:
    return deployment(**{"availableReplicas": 2, **changed})


def stalled(at: str) -> Raw:
    return {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "lastUpdateTime": at}


def replica_set(uid: str = "new", made_from: Raw = NEW, available: int = 0, refused: str = "") -> Raw:
    labels = {**made_from["metadata"]["labels"], "pod-template-hash": uid}
    conditions = [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refused}] if refused else []
    return {
        "metadata": {"uid": uid, "ownerReferences": [{"uid": "deployment", "controller": True}]},
        "spec": {"template": {**made_from, "metadata": {"creationTimestamp": None, "labels": labels}}},
        "status": {"availableReplicas": available, "conditions": conditions},
    }


def pod(*containers: Raw, uid: str = "pod", owner: str = "new", ready: bool = False, init: Iterable[Raw] = (), **changed: Any) -> Raw:
    """A pod of the new ReplicaSet; ``changed`` overrides its status, ``deletionTimestamp`` its metadata."""
    deleted = {"deletionTimestamp": changed.pop("deletionTimestamp")} if "deletionTimestamp" in changed else {}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}, *changed.pop("conditions", ())]
    return {
        "metadata": {"uid": uid, "name": f"iris-{uid}", "ownerReferences": [{"uid": owner, "controller": True}], **deleted},
        "status": {
            "phase": "Running",
            "conditions": conditions,
            "initContainerStatuses": list(init),
            "containerStatuses": list(containers),
            **changed,
        },
    }


def waiting(reason: str, message: str = "", restarts: int = 0, last: Raw | None = None) -> Raw:
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    return {"name": "web", "ready": False, "restartCount": restarts, "state": state, "lastState": last or {}}


def running(ready: bool = True, restarts: int = 0, last: Raw | None = None) -> Raw:
    return {"name": "web", "ready": ready, "restartCount": restarts, "state": {"running": {}}, "lastState": last or {}}


def ended(code: int = 1, reason: str = "Error", restarts: int = 0) -> Raw:
    return {"name": "web", "ready": False, "restartCount": restarts, "state": how(code, reason), "lastState": {}}


def how(code: int, reason: str = "Error") -> Raw:
    return {"terminated": {"exitCode": code, "reason": reason}}


def unschedulable(uid: str = "pod") -> Raw:
    said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: insufficient memory"}
    return pod(uid=uid, phase="Pending", conditions=[said])


def seen(deployed: Raw | None, sets: Iterable[Raw] = (), pods: Iterable[Raw] = ()) -> Observation:
    found = read_deployment(deployed) if deployed else GONE
    return Observation(found, tuple(map(read_replica_set, sets)), tuple(map(read_pod, pods)))


@dataclass
class Stage:
    """Plays single objects, newest by kind and uid, to the judge."""

    goal: Goal = GOAL
    memory: Memory = field(default_factory=Memory)
    objects: dict[str, dict[str, Raw]] = field(default_factory=lambda: {"deployment": {}, "set": {}, "pod": {}})

    def start(self) -> None:
        """From here on, what has been played counts as from before the rollout."""
        self.memory = begin(self._seen())

    def play(self, now: float, **objects: Raw) -> Verdict:
        for kind, raw in objects.items():
            self.objects[kind][raw["metadata"]["uid"]] = raw
        self.memory = remember(self.memory, self._seen(), self.goal, now)
        return judge(self._seen(), self.goal, self.memory, now)

    def _seen(self) -> Observation:
        deployed = next(iter(self.objects["deployment"].values()), None)
        return seen(deployed, self.objects["set"].values(), self.objects["pod"].values())


def staged(*pods: Raw, sets: Iterable[Raw] = (), deployed: Mapping[str, Any] | None = None) -> Stage:
    """A rollout under way, with these pods as the first thing seen at second 0."""
    stage = Stage()
    stage.objects["deployment"] = {"deployment": dict(deployed or deployment())}
    stage.objects["set"] = {found["metadata"]["uid"]: found for found in (*sets, replica_set())}
    stage.objects["pod"] = {found["metadata"]["uid"]: found for found in pods}
    stage.play(0.0)
    return stage


def fails_at(stage: Stage, moment: float) -> bool:
    return stage.play(moment).state is State.FAILED
