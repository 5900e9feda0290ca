"""Every scenario: the rows of the pod table, the traps that were measured on real controllers, and what others do meanwhile."""

from tests.scenarios.scenario import APP, Raw, Scenario
from worker.verdict import State

ROLLED_OUT, FAILED, STARVED = State.ROLLED_OUT, State.FAILED, State.STARVED
RECREATE = {"strategy": {"type": "Recreate"}}


def config(**data: str) -> Raw:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def from_config(name: str, key: str) -> Raw:
    return {"name": name, "valueFrom": {"configMapKeyRef": {"name": "settings", "key": key}}}


QUOTA = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "pods"}, "spec": {"hard": {"pods": "1"}}}
LIMIT = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "size"},
    "spec": {"limits": [{"type": "Container", "max": {"memory": "16Mi"}}]},
}
SMALL = {"resources": {"limits": {"memory": "64Mi"}, "requests": {"memory": "16Mi"}}}
LIVENESS = {"livenessProbe": {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 1, "periodSeconds": 1, "failureThreshold": 2}}
STARTUP = {"startupProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1, "failureThreshold": 2}}
ALERT = {"readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1, "failureThreshold": 1}}
ONE_A_NODE = {"ports": [{"containerPort": 80, "hostPort": 30999}]}
"""The pod that comes beside the old one finds no free port: nothing else on the cluster is in its way."""
INIT = {"initContainers": [{"name": "fetch", "image": "nginx:1", "command": ["sh", "-c", "echo fetching; exit $CODE"]}]}
FETCH = {"initContainers": [{**INIT["initContainers"][0], "env": [from_config("CODE", "code")]}]}
VOLUME = {"volumes": [{"name": "settings", "configMap": {"name": "settings", "items": [{"key": "code", "path": "code"}]}}]}
MOUNT = {"volumeMounts": [{"name": "settings", "mountPath": "/settings"}]}

BAD = (
    # a kubelet that is late goes on to ImagePullBackOff, which has no cause, before anybody has seen ErrImagePull
    Scenario("image-not-found", "missing", FAILED, "ErrImagePull|ImagePullBackOff"),
    Scenario("registry-away", "unreachable", FAILED, "ErrImagePull|ImagePullBackOff"),
    Scenario("image-name-invalid", "misspelt", FAILED, "InvalidImageName"),
    Scenario("image-never-pulled", "not-here", FAILED, "ErrImageNeverPull", container={"imagePullPolicy": "Never"}),
    Scenario(
        "config-key-missing",
        "better",
        FAILED,
        "CreateContainerConfigError.*couldn't find key rate",
        container={"env": [from_config("RATE", "rate")]},
        objects=[config(rate="1", code="0")],
        spoilt=[config(code="0")],
    ),
    Scenario("command-missing", "no-command", FAILED, "RunContainerError.*no such file"),
    Scenario("crash-at-start", "crash", FAILED, "exit code 3", "boom: no model.pkl"),
    Scenario("crash-loop", "crash-again", FAILED, "exit code 1", "boom: wrong shape"),
    Scenario("crash-after-5s", "crash-later", FAILED, "exit code 4", "boom: the feature store is gone", soak=15),
    Scenario("out-of-memory", "too-big", FAILED, "exit code 137", "loading all the data", container=SMALL),
    Scenario("readiness-never", "deaf", FAILED, "not ready in time.*runs but is not ready", "waiting for the feature store", deadline=20),
    Scenario("readiness-flapping", "flapping", FAILED, "did not stay available", soak=10, container=ALERT),
    Scenario(
        "readiness-flapping-slowly-believed",
        "flapping",
        FAILED,
        "not ready in time",
        deadline=20,
        container=ALERT,
        spec={"minReadySeconds": 5, "progressDeadlineSeconds": 15},
    ),
    Scenario("liveness-killing", "deaf", FAILED, "exit code 137", "waiting for the feature store", container=LIVENESS),
    Scenario("startup-never", "deaf", FAILED, "probes allow 5 s|exit code 137", "waiting for the feature store", container=STARTUP),
    Scenario("probe-on-wrong-port", "other-port", FAILED, "not ready in time", deadline=20),
    Scenario(
        "init-container-failing",
        "better",
        FAILED,
        "init container fetch .*exit code 2",
        "fetching",
        pod=FETCH,
        objects=[config(code="0")],
        spoilt=[config(code="2")],
    ),
    Scenario("two-failed-pushes", "missing", FAILED, "ErrImagePull|ImagePullBackOff", earlier=("crash",)),
    Scenario("progress-deadline", "deaf", FAILED, "progressDeadlineSeconds", spec={"progressDeadlineSeconds": 15}),
)
STARVING = (
    Scenario("unschedulable", "better", STARVED, "finds no node: .*free ports", deadline=8, container=ONE_A_NODE),
    Scenario("quota-denied", "better", STARVED, "no pod can be created: .*exceeded quota", spoilt=[QUOTA]),
    Scenario("admission-refused", "better", STARVED, "no pod can be created: .*maximum memory usage", container=SMALL, spoilt=[LIMIT]),
    Scenario(
        "mount-missing",
        "better",
        STARVED,
        "has not started: ContainerCreating",
        deadline=20,
        container=MOUNT,
        pod=VOLUME,
        objects=[config(code="0")],
        spoilt=[config(rate="0")],
    ),
)
FINE = (
    Scenario("good", "better", ROLLED_OUT, soak=2),
    Scenario("readiness-slow", "slow-start", ROLLED_OUT, soak=2),
    Scenario("smoke-prediction-wrong", "wrong-answer", ROLLED_OUT, soak=1, wrong='answer.label is "virginica", not "setosa"'),
    Scenario("smoke-too-slow", "slow-answer", ROLLED_OUT, soak=1, wrong="took 3.* s; verify.latency allows 2 s"),
    Scenario("recreated", "better", ROLLED_OUT, spec=RECREATE),
    Scenario("scaled-up-meanwhile", "better", ROLLED_OUT, meanwhile=f"scale deployment/{APP} --replicas=3"),
    Scenario("scaled-down-meanwhile", "better", ROLLED_OUT, spec={"replicas": 3}, meanwhile=f"scale deployment/{APP} --replicas=2"),
    Scenario("restored", "good", ROLLED_OUT, earlier=("missing",), restores=True),
    Scenario("restored-after-two-failed-pushes", "good", ROLLED_OUT, earlier=("missing", "crash"), restores=True),
    Scenario(
        "restored-after-a-deadline",
        "good",
        ROLLED_OUT,
        earlier=("idle",),
        restores=True,
        spec={**RECREATE, "progressDeadlineSeconds": 10},
    ),
)
OTHERS = (
    Scenario("scaled-to-zero", "missing", State.BLOCKED, "scaled to 0", meanwhile=f"scale deployment/{APP} --replicas=0"),
    Scenario("paused", "deaf", State.BLOCKED, "paused", meanwhile=f"rollout pause deployment/{APP}"),
    Scenario("replaced", "deaf", State.SUPERSEDED, "somebody else", meanwhile=f"set image deployment/{APP} {APP}=pushrail-test/good:1"),
    Scenario("deleted", "deaf", State.ABORTED, "deleted", meanwhile=f"delete deployment/{APP} --wait=false"),
)
SCENARIOS = (*BAD, *STARVING, *FINE, *OTHERS)
