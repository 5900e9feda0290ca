"""The manifests that ``target.create`` stands for: all of them from the shortest block, and what each key changes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.spec import KubernetesTarget
from worker.tools.kubernetes_target.create import manifests
from worker.tools.kubernetes_target.create.bring import outdated
from worker.tools.kubernetes_target.create.served import Served
from worker.tools.kubernetes_target.release import REPLICAS, renew_patch

OLD, NEW = Served("v1", "v1beta1", sleep=False), Served("v2", "v1", sleep=True)
MARKS = {"pushrail.io/app": "iris", "pushrail.io/run": "r1"}
GOLDEN = Path(__file__).parent / "created.yaml"
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}


def place(create: Any) -> KubernetesTarget:
    return KubernetesTarget.model_validate(
        {"kind": "kubernetes", "context": "prod", "namespace": "ml", "deployment": "iris", "container": "web", "create": create}
    )


def made(create: Any, served: Served = OLD) -> list[Any]:
    """Everything, the Deployment first."""
    where = place(create)
    assert where.create is not None
    deployment = manifests.deployment(where, where.create, "iris:1", MARKS, served)
    return [deployment, *manifests.around(where, where.create, MARKS, served)]


def at(found: Any, path: str) -> Any:
    """What lies at a dotted path; None where there is nothing."""
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, list) else (found or {}).get(part)
    return found


def test_a_port_is_enough_for_what_a_team_would_write() -> None:
    assert made({"port": 8000}) == list(yaml.safe_load_all(GOLDEN.read_text()))


@pytest.mark.parametrize(
    ("create", "path", "value"),
    [
        ({"replicas": 3}, "spec.replicas", 3),
        ({"autoscale": {"max": 9}}, "spec.replicas", 2),
        ({"autoscale": {"min": 4, "max": 9}}, "spec.replicas", 4),
        ({"autoscale": {"min": 1, "max": 1}}, "spec.replicas", 1),
        ({"start": "10m"}, "spec.progressDeadlineSeconds", 905),
        ({"pre_stop": "15s", "graceful_timeout": "1m"}, "spec.template.spec.terminationGracePeriodSeconds", 80),
        ({"pre_stop": "1500ms", "graceful_timeout": "0s"}, "spec.template.spec.terminationGracePeriodSeconds", 7),
        ({}, "spec.template.spec.imagePullSecrets", None),
        ({"pull_secrets": ["a", "b"]}, "spec.template.spec.imagePullSecrets", [{"name": "a"}, {"name": "b"}]),
        ({}, "spec.template.spec.securityContext.runAsNonRoot", None),
        ({"user": 7}, "spec.template.spec.securityContext.runAsNonRoot", True),
        ({"user": 7}, "spec.template.spec.securityContext.runAsUser", 7),
        ({"user": 7}, "spec.template.spec.securityContext.runAsGroup", 7),
    ],
)
def test_each_key_of_the_pod_has_its_place(create: Any, path: str, value: Any) -> None:
    assert at(made(create)[0], path) == value


@pytest.mark.parametrize(
    ("create", "path", "value"),
    [
        ({}, "ports.0.containerPort", 8080),
        ({"cpus": 1.5}, "resources.requests.cpu", "1500m"),
        ({"cpus": 1.5}, "resources.limits.cpu", None),
        ({"memory": "512m"}, "resources.requests.memory", "512Mi"),
        ({"memory": "512m"}, "resources.limits.memory", "512Mi"),
        ({"readiness": "/health"}, "readinessProbe.httpGet.path", "/health"),
        ({"liveness": "/health"}, "livenessProbe.httpGet.path", "/health"),
        ({"liveness": "/health"}, "startupProbe.httpGet.path", "/health"),
        ({"liveness": None}, "livenessProbe", None),
        ({"liveness": None}, "startupProbe", None),
        ({"liveness": None}, "readinessProbe.httpGet.path", "/readyz"),
        ({"start": "1500ms"}, "startupProbe.failureThreshold", 2),
        ({"pre_stop": "0s"}, "lifecycle", None),
        ({"user": 7}, "securityContext", {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}),
        ({"env": {"A": "b"}}, "env.1", {"name": "A", "value": "b"}),
        (
            {"env": {"A": {"secret": "s", "key": "k"}}},
            "env.1",
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        ),
        (
            {"env": {"A": {"config_map": "m", "key": "k"}}},
            "env.1",
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}},
        ),
    ],
)
def test_each_key_of_the_container_has_its_place(create: Any, path: str, value: Any) -> None:
    assert at(made(create)[0]["spec"]["template"]["spec"]["containers"][0], path) == value


@pytest.mark.parametrize(
    ("service", "path", "value"),
    [
        ({"type": "LoadBalancer"}, "type", "LoadBalancer"),
        ({"port": 8080}, "ports.0.port", 8080),
        ({"type": "NodePort"}, "ports.0.nodePort", None),
        ({"type": "NodePort", "node_port": 30080}, "ports.0.nodePort", 30080),
    ],
)
def test_each_key_of_the_service_has_its_place(service: Any, path: str, value: Any) -> None:
    assert at(made({"service": service})[1]["spec"], path) == value


def test_a_named_service_is_the_one_that_is_made() -> None:
    where = place({}).model_copy(update={"service": "iris-internal"})
    assert where.create is not None
    assert manifests.around(where, where.create, MARKS, OLD)[0]["metadata"]["name"] == "iris-internal"


def test_new_clusters_get_the_new_versions_and_a_sleep_that_needs_no_program_in_the_image() -> None:
    deployment, _, budget, scaler = made({"autoscale": {"max": 4}}, NEW)
    assert (budget["apiVersion"], scaler["apiVersion"]) == ("policy/v1", "autoscaling/v2")
    assert at(deployment, "spec.template.spec.containers.0.lifecycle.preStop") == {"sleep": {"seconds": 5}}
    assert (scaler["spec"]["metrics"], "targetCPUUtilizationPercentage" in scaler["spec"]) == ([CPU], False)


def test_old_clusters_get_an_autoscaler_in_the_old_words() -> None:
    scaler = made({"autoscale": {"min": 3, "max": 4, "cpu": 60}})[3]
    assert (scaler["apiVersion"], scaler["kind"]) == ("autoscaling/v1", "HorizontalPodAutoscaler")
    assert scaler["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "iris"},
        "minReplicas": 3,
        "maxReplicas": 4,
        "targetCPUUtilizationPercentage": 60,
    }


def there(create: Any) -> Any:
    """The Deployment as it is on the server, made from other keys perhaps."""
    found = made(create)[0]
    return {**found, "metadata": {**found["metadata"], "uid": "u", "resourceVersion": "7"}}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"port": 8000}, {"port": 8000}),
        ({}, {"port": 8080, "liveness": "/livez", "start": "120s"}),  # what is the default anyway
        ({}, {"replicas": 5, "service": {"port": 81}, "autoscale": {"max": 4}}),  # not of the pod
    ],
)
def test_template_is_up_to_date_while_the_keys_say_the_same_of_the_pod(before: Any, now: Any) -> None:
    assert not outdated(there(before), made(now)[0])


@pytest.mark.parametrize("now", [{"port": 8001}, {"env": {"A": "b"}}, {"start": "10m"}, {"user": 7}, {"pull_secrets": ["a"]}])
def test_template_is_outdated_when_a_key_of_the_pod_has_changed(now: Any) -> None:
    assert outdated(there({}), made(now)[0])


def test_outdated_template_is_replaced_whole_and_guarded() -> None:
    wanted = made({"start": "10m"})[0]
    patch = renew_patch(there({}), wanted, MARKS)
    assert patch[:3] == [
        {"op": "test", "path": "/metadata/uid", "value": "u"},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
        {"op": "replace", "path": "/spec/template", "value": wanted["spec"]["template"]},
    ]
    assert patch[-1] == {"op": "add", "path": "/spec/progressDeadlineSeconds", "value": 905}


def test_first_release_that_was_stopped_comes_back_with_changed_keys_too() -> None:
    found = there({})
    stopped = {**found, "metadata": {**found["metadata"], "annotations": {REPLICAS: "3"}}, "spec": {**found["spec"], "replicas": 0}}
    patch = renew_patch(stopped, made({"memory": "2g"})[0], MARKS)
    assert patch[-1] == {"op": "add", "path": "/spec/replicas", "value": 3}
    assert {"op": "remove", "path": "/metadata/annotations/pushrail.io~1replicas"} in patch
