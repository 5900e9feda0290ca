"""What is told of a Deployment before a rollout: the rules and the numbers of each."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from worker.finding import Severity
from worker.lint import lint, lint_pull

TEMPLATE = Path(__file__).parents[2] / "app_template/k8s/deployment.yaml"

READY: dict[str, Any] = {"httpGet": {"path": "/readyz", "port": "http"}}
ALIVE: dict[str, Any] = {"httpGet": {"path": "/livez", "port": "http"}}
WEB: dict[str, Any] = {
    "name": "web",
    "ports": [{"name": "http", "containerPort": 8080}],
    "readinessProbe": READY,
    "startupProbe": ALIVE,
    "livenessProbe": ALIVE,
    "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
}
SPEC: dict[str, Any] = {
    "minReadySeconds": 5,
    "progressDeadlineSeconds": 120,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
}


def deployment(*, spec: Any = None, pod: Any = None, without: str = "", **web: Any) -> Any:
    """One that nothing is wrong with, but for what is changed in its spec, its pod's spec or its container, or missing there."""
    container = {key: value for key, value in {**WEB, **web}.items() if key != without}
    inside = {"terminationGracePeriodSeconds": 40, "containers": [{"name": "sidecar"}, container], **(pod or {})}
    changed = {key: value for key, value in {**SPEC, **(spec or {})}.items() if key != without}
    return deepcopy({"spec": {**changed, "template": {"spec": inside}}})


def said(found: Any) -> list[str]:
    return [finding.said for finding in lint(found, "web")]


def rolling(gone: Any, more: Any) -> Any:
    return {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": gone, "maxSurge": more}}}


def test_nothing_is_said_of_a_deployment_that_drains_and_probes_well() -> None:
    assert said(deployment()) == []


def test_nothing_is_said_of_the_manifest_we_give_away() -> None:
    assert said(yaml.safe_load(TEMPLATE.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (deployment(spec={"strategy": {"type": "Recreate"}}), "strategy Recreate ends every pod"),
        (deployment(spec=rolling("25%", "25%")), "maxUnavailable is 25% and maxSurge 25%"),
        (deployment(spec=rolling(1, 1)), "maxUnavailable is 1 and maxSurge 1"),
        (deployment(spec=rolling(1, "0%")), "maxUnavailable is 1 and maxSurge 0%"),
        (deployment(without="strategy"), "maxUnavailable is 25% and maxSurge 25%"),
        (deployment(spec={"minReadySeconds": 0}), "minReadySeconds is 0"),
        (deployment(without="minReadySeconds"), "minReadySeconds is 0"),
        (deployment(spec={"progressDeadlineSeconds": 5}), "progressDeadlineSeconds is 5, not more than minReadySeconds 5"),
        (deployment(without="progressDeadlineSeconds", spec={"minReadySeconds": 600}), "progressDeadlineSeconds is 600"),
        (deployment(without="readinessProbe"), "there is no readinessProbe"),
        (deployment(livenessProbe=READY), "livenessProbe asks what readinessProbe asks"),
        (deployment(livenessProbe={"httpGet": {"path": "/readyz", "port": 8080}, "periodSeconds": 9}), "livenessProbe asks what readiness"),
        (deployment(readinessProbe={"tcpSocket": {"port": 80}}, livenessProbe={"tcpSocket": {"port": 80}}), "livenessProbe asks what"),
        (deployment(without="startupProbe"), "takes more than 30 s to load"),
        (deployment(without="startupProbe", livenessProbe={**ALIVE, "initialDelaySeconds": 20, "failureThreshold": 4}), "more than 60 s"),
        (deployment(without="lifecycle"), "there is no preStop"),
        (deployment(lifecycle={"preStop": {"exec": {"command": ["sleep", "2"]}}}), "preStop waits 2 s"),
        (deployment(pod={"terminationGracePeriodSeconds": 39}), "is 39, less than preStop 5 + graceful timeout 30 + 5"),
        (deployment(pod={"terminationGracePeriodSeconds": None}), "is 30, less than preStop 5 + graceful timeout 30 + 5"),
        (deployment(args=["--graceful-timeout", "60"]), "is 40, less than preStop 5 + graceful timeout 60 + 5"),
        (deployment(command=["/bin/sh", "-c", "gunicorn server:app"]), "which keeps SIGTERM to itself"),
        (deployment(command=["bash"], args=["-c", "gunicorn server:app"]), "which keeps SIGTERM to itself"),
    ],
)
def test_what_costs_requests_or_lets_a_bad_release_pass_is_told_with_how_to_mend_it(found: Any, wrong: str) -> None:
    (line,) = said(found)
    assert wrong in line
    assert "; " in line


@pytest.mark.parametrize(
    "found",
    [
        deployment(spec=rolling("0%", "10%")),
        deployment(readinessProbe={"httpGet": {"path": "/", "port": 1}}, livenessProbe={"httpGet": {"port": 2}}),
        deployment(readinessProbe={"httpGet": {"path": "/", "port": 1}}, livenessProbe={"tcpSocket": {"port": 1}}),
        deployment(without="livenessProbe"),
        deployment(lifecycle={"preStop": {"httpGet": {"path": "/drain", "port": 80}}}),
        deployment(pod={"terminationGracePeriodSeconds": 25}, args=["--graceful-timeout=15"]),
        deployment(command=["sh", "-c", "python warm.py && exec gunicorn server:app"]),
        deployment(command=["gunicorn", "-c", "gunicorn.conf.py", "server:app"]),
        deployment(command=["sh", "start.sh"]),
    ],
)
def test_what_is_as_good_in_another_way_is_not_told(found: Any) -> None:
    assert said(found) == []


def test_all_that_is_wrong_is_told_as_a_warning() -> None:
    found = list(lint({"spec": {"template": {"spec": {"containers": [{"name": "web"}]}}}}, "web"))
    assert [finding.severity for finding in found] == [Severity.WARNING] * 5


def pulls(rule: str | None, image: str) -> list[tuple[Severity, str]]:
    found = deployment(**({"imagePullPolicy": rule} if rule else {}))
    return [(finding.severity, finding.said.split(",")[0]) for finding in lint_pull(found, "web", image)]


PUSHED, KEPT = "registry.example.com/iris@sha256:1", "iris:git-1"


@pytest.mark.parametrize(
    ("rule", "image"), [("Always", PUSHED), ("IfNotPresent", PUSHED), (None, KEPT), ("IfNotPresent", KEPT), ("Never", KEPT)]
)
def test_a_rule_for_pulling_that_fits_where_the_image_is_is_not_told(rule: str | None, image: str) -> None:
    assert pulls(rule, image) == []


def test_an_image_that_is_in_no_registry_is_never_pulled() -> None:
    assert pulls("Always", KEPT) == [(Severity.ERROR, "imagePullPolicy Always")]


def test_an_image_in_a_registry_that_nobody_pulls_is_told() -> None:
    assert pulls("Never", PUSHED) == [(Severity.WARNING, "imagePullPolicy Never")]
