"""``deploy/role-create.yaml``: what ``target.create`` takes beside the Role of every release."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.kubernetes.accounts import account, rules_of, target_as, used
from tests.integration.kubernetes.app import GOOD, App, Lines, run
from tests.waiting import wait_until
from worker.finding import Finding, Severity
from worker.tools.kubernetes_target import KubernetesTarget
from worker.tools.kubernetes_target.permissions import CREATING, NEEDED

pytestmark = pytest.mark.cluster

KEYS = {"port": 80, "cpus": 0.01, "memory": "64m", "replicas": 1, "readiness": "/", "liveness": "/", "pre_stop": "1s"}
CREATE: dict[str, Any] = {**KEYS, "autoscale": {"min": 1, "max": 2}}
MADE = "deployment,service,poddisruptionbudget,horizontalpodautoscaler"


@pytest.fixture
def app(app: App) -> Iterator[App]:
    yield app
    app.kubectl("delete", MADE, "-l", f"app.kubernetes.io/name={app.name}", "--wait=false")
    app.kubectl("delete", "serviceaccount,role,rolebinding", "-l", f"app={app.name}", "--wait=false")


def target_with(app: App, rules: list[Any]) -> KubernetesTarget:
    app.apply({"apiVersion": "v1", "kind": "List", "items": account(app, app.name, rules)})
    return target_as(app, app.name, create=CREATE)


def errors(target: KubernetesTarget) -> list[Finding]:
    return [finding for finding in target.preflight(GOOD, run(1)) if finding.severity is Severity.ERROR]


def test_both_roles_are_enough_for_a_first_release_and_every_verb_of_the_second_is_used(app: App, caplog: pytest.LogCaptureFixture) -> None:
    target = target_with(app, rules_of("role.yaml") + rules_of("role-create.yaml"))
    wait_until(lambda: errors(target) == [])
    assert app.kubectl("get", MADE, "-l", f"app.kubernetes.io/name={app.name}", "-o", "name") == ""
    assert [finding.said for finding in target.preflight(GOOD, run(1))] == [
        f"deployment/{app.name} -n {app.namespace} will be made by the first rollout; all that is needed there is permitted"
    ]
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    target.rollout(GOOD, run(1), 120, Lines())
    implied = {permission for permission in CREATING if permission.verb == "create" and permission.resource != "deployments"}
    assert used(caplog) - set(NEEDED) == set(CREATING) - implied  # to apply what is not there is a patch, and takes create as well
    assert errors(target) == []


def test_what_create_takes_is_named_when_only_the_first_role_is_there(app: App) -> None:
    target = target_with(app, rules_of("role.yaml"))
    wait_until(lambda: len(errors(target)) == 4)
    lacking = "\n".join(finding.said for finding in errors(target))
    assert "add verb 'create' on 'deployments.apps'" in lacking
    assert "add verbs 'create' and 'patch' on 'services'" in lacking
    assert "add verbs 'get' and 'create' and 'patch' on 'poddisruptionbudgets.policy'" in lacking
    assert "add verbs 'list' and 'get' and 'create' and 'patch' on 'horizontalpodautoscalers.autoscaling'" in lacking
