"""The manifests that ``target.create`` stands for: all of them from the shortest block, and what each key changes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.created import MARKS, NEW, OLD, made, place
from worker.tools.kubernetes_target.create import manifests

GOLDEN = Path(__file__).parent / "created.yaml"
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}


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
