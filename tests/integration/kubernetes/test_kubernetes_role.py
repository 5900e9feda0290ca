"""``deploy/role.yaml``: the whole story passes with it, every verb of it is used, and each is named when it is taken away."""

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pipeline.errors import StepFailed, ToolError
from pipeline.model import Run, Status, StepResult
from tests.integration.kubernetes.accounts import account, rules_of, target_as, used
from tests.integration.kubernetes.app import CRASHING, GOOD, NEXT, App, Lines, run
from tests.unit import steps
from tests.waiting import wait_until
from worker.finding import Finding, Severity
from worker.steps.rollout import rollout
from worker.tools.kubernetes_target import KubernetesTarget
from worker.tools.kubernetes_target.permissions import NEEDED, Permission

pytestmark = pytest.mark.cluster

RULES = rules_of("role.yaml")
ALL, NAMED, OTHERS = "all", "named", "others"


def account_without(permission: Permission) -> str:
    return re.sub("[^a-z]+", "-", f"no-{permission.verb}-{permission.of}")


def rules_without(permission: Permission) -> list[Any]:
    kept = {permission.of: [verb for verb in verbs_on(permission.of) if verb != permission.verb]}
    return [{**rule, "verbs": kept.get(rule["resources"][0], rule["verbs"])} for rule in RULES if kept.get(rule["resources"][0], True)]


def verbs_on(resource: str) -> list[str]:
    return next(rule["verbs"] for rule in RULES if resource in rule["resources"])


def rules_for(name: str) -> list[Any]:
    """The rules that the comments of the file offer: narrowed to one Deployment and its Service."""
    names = {"deployments": [name], "services": [name], "services/proxy": [f"{name}:8080"]}
    return [{**rule, **({"resourceNames": names[rule["resources"][0]]} if rule["resources"][0] in names else {})} for rule in RULES]


@pytest.fixture(scope="module")
def app(namespace: str) -> Iterator[App]:
    """One app for all tests of this module."""
    made = App(f"iris-{uuid4().hex[:6]}", namespace)
    made.create_ready()
    yield made
    made.kubectl("delete", "deployment,service,serviceaccount,role,rolebinding", "-l", f"app={made.name}", "--wait=false")


@pytest.fixture(scope="module")
def targets(app: App) -> dict[str, KubernetesTarget]:
    """The app's target as each of the accounts, made at once; the API server takes a moment to know them all."""
    rules = {ALL: RULES, NAMED: rules_for(app.name), OTHERS: rules_for("rose")}
    rules |= {account_without(permission): rules_without(permission) for permission in NEEDED}
    manifests = [manifest for name in rules for manifest in account(app, name, rules[name])]
    app.apply({"apiVersion": "v1", "kind": "List", "items": manifests})
    with ThreadPoolExecutor(4) as pool:
        made = dict(zip(rules, pool.map(lambda name: target_as(app, name), rules), strict=True))
    lacking = {ALL: 0, NAMED: 0, OTHERS: 3}
    for name, target in made.items():
        wait_until(partial(known, target, lacking.get(name, 1)))
    return made


def known(target: KubernetesTarget, lacking: int) -> bool:
    return len(errors(target)) == lacking


def errors(target: KubernetesTarget) -> list[Finding]:
    return [finding for finding in target.preflight(NEXT, run(9)) if finding.severity is Severity.ERROR]


def test_the_role_is_enough_for_the_whole_story_and_every_verb_of_it_is_used(
    app: App, targets: dict[str, KubernetesTarget], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    target = targets[ALL]
    saved = target.snapshot()
    assert saved is not None
    assert errors(target) == []
    target.rollout(NEXT, run(1), 60, Lines())
    assert [target.request("/", body, 5).status for body in (None, b"{}")] == [200, 405]
    target.hold(NEXT, run(1), 0.5, Lines())
    with pytest.raises(StepFailed, match=r"boom: no model\.pkl"):
        target.rollout(CRASHING, run(2), 60, Lines())
    target.restore(saved, run(2), 60, Lines())
    assert GOOD in target.in_use()
    assert used(caplog) == set(NEEDED)


@pytest.mark.parametrize("permission", NEEDED, ids=account_without)
def test_a_verb_that_is_taken_away_is_named_before_anything_changes(
    permission: Permission, app: App, targets: dict[str, KubernetesTarget]
) -> None:
    resource = f"{permission.of}.{permission.group}" if permission.group else permission.of
    before = app.get()["spec"]
    with pytest.raises(ToolError, match=rf"add verb '{permission.verb}' on '{resource}'( \(name '[^']+'\))? to the Role") as caught:
        roll_out(targets[account_without(permission)])
    assert len(str(caught.value).splitlines()) == 1
    assert app.get()["spec"] == before


def roll_out(target: Any) -> None:
    tagged: Run = replace(run(9), steps=(StepResult("tag", Status.SUCCEEDED, 1.0, 2.0, {"image": NEXT}),))
    rollout(steps.context(Path(), "rollout", app=steps.app(), run=tagged, target=target))


def test_the_role_may_be_narrowed_to_the_names_of_the_app(targets: dict[str, KubernetesTarget]) -> None:
    target = targets[NAMED]
    assert errors(target) == []
    target.rollout(GOOD, run(3), 60, Lines())
    assert target.request("/", None, 5).status == 200


def test_a_role_for_other_names_is_told_with_the_names_that_lack(app: App, targets: dict[str, KubernetesTarget]) -> None:
    said = [finding.said for finding in errors(targets[OTHERS])]
    assert ["add verbs 'get' and 'list' and 'watch' and 'patch' on 'deployments.apps'" in line for line in said] == [True, False, False]
    assert [f"(name '{app.name}')" in line for line in said] == [True, True, False]
