"""Scenarios on a real cluster."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from pipeline.errors import StepFailed
from tests.integration.kubernetes.app import App, Lines, kubectl, run
from tests.scenarios.images import GOLDEN, reference
from tests.scenarios.scenario import APP, Scenario
from tests.waiting import wait_until
from worker import golden
from worker.tool import Log

EARLIER_SECONDS = 60
LATENCY = 2.0


@contextmanager
def staged(scenario: Scenario) -> Iterator[tuple[App, str]]:
    """The scenario just before its push, and the template of the good release; nobody waits for the end of its namespace."""
    app = App(APP, f"pushrail-test-{scenario.name[:30]}-{uuid4().hex[:6]}")
    kubectl("create", "namespace", app.namespace)
    try:
        app.apply({"apiVersion": "v1", "kind": "List", "items": scenario.manifests()})
        app.kubectl("wait", "--for=condition=Available", f"deployment/{APP}", "--timeout=120s")
        yield app, _prepared(app, scenario)
    finally:
        kubectl("delete", "namespace", app.namespace, "--wait=false")


def _prepared(app: App, scenario: Scenario) -> str:
    good = wait_until(app.target().snapshot)
    assert good is not None
    if scenario.spoilt:
        app.apply({"apiVersion": "v1", "kind": "List", "items": scenario.spoilt})
        wait_until(lambda: _counted(app))
    for number, image in enumerate(scenario.earlier, 1):
        _fail(app, number, image)
    return good


def _counted(app: App) -> bool:
    """A quota denies nothing before the controller has counted what there is."""
    quotas = json.loads(app.kubectl("get", "resourcequota", "-o", "json"))["items"]
    return all(quota.get("status", {}).get("used") for quota in quotas)


def _fail(app: App, number: int, image: str) -> None:
    try:
        app.target().rollout(reference(image), run(number), EARLIER_SECONDS, Lines())
    except StepFailed:
        return
    raise AssertionError(f"{image} was to fail")


def push(app: App, scenario: Scenario, good: str, log: Log) -> None:
    """The push, or what restores; raises what the target raises. ``log`` is told of it."""
    number, meanwhile = len(scenario.earlier) + 1, scenario.meanwhile.split()

    def told(line: str) -> None:
        log(line)
        if meanwhile and re.search(" (goes to|goes back to) ", line):
            app.kubectl(*meanwhile)

    target, image = app.target(), reference(scenario.image)
    if scenario.restores:
        target.restore(good, run(number), scenario.deadline, told)
        return
    target.rollout(image, run(number), scenario.deadline, told)
    if scenario.soak:
        target.hold(image, run(number), scenario.soak, told)
        golden.check(target, GOLDEN, LATENCY, told)
