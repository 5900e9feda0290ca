"""``target.create`` on a real cluster: from an empty namespace to a release that answers, and what becomes of later changes."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from pipeline.errors import StepFailed, StepSkipped, ToolError
from tests.integration.kubernetes.app import GOOD, NEXT, App, Lines, kubectl, run
from tests.integration.kubernetes.test_kubernetes_restore import ask
from tests.waiting import wait_until
from worker.finding import Severity

pytestmark = pytest.mark.cluster

SMALL = {"port": 80, "cpus": 0.01, "memory": "64m", "replicas": 1, "readiness": "/", "liveness": "/", "pre_stop": "1s"}
SCALED = {**SMALL, "service": {"type": "NodePort"}, "autoscale": {"min": 1, "max": 3}}
KINDS = "deployment,service,poddisruptionbudget,horizontalpodautoscaler"


@pytest.fixture
def app(app: App) -> Iterator[App]:
    yield app
    app.kubectl("delete", KINDS, "-l", f"app.kubernetes.io/name={app.name}", "--wait=false")
    app.kubectl("delete", "hpa", f"{app.name}-by-hand", "--ignore-not-found", "--wait=false")


def released(app: App, create: Any, number: int = 1, image: str = GOOD) -> Lines:
    """Roll out without waiting for what comes of it; what keeps it from being begun is raised."""
    log = Lines()
    try:
        app.target(create=create).rollout(image, run(number), 0, log)
    except (StepFailed, ToolError):
        if not any(line.startswith((f"{image} goes to", f"{image} is already on")) for line in log.lines):
            raise
    return log


def get(app: App, kind: str) -> Any:
    return json.loads(app.kubectl("get", kind, app.name, "-o", "json"))


def objects(app: App) -> list[str]:
    return sorted(app.kubectl("get", KINDS, "-l", f"app.kubernetes.io/name={app.name}", "-o", "name").split())


def test_first_push_to_an_empty_namespace_goes_live_through_the_service_it_made(app: App) -> None:
    target = app.target(create=SCALED)
    assert (target.snapshot(), target.in_use()) == (None, frozenset())
    assert target.rollout(GOOD, run(1), 120, Lines()) == {"changed": "yes", "image": GOOD, "replicas": "1", "revision": "1"}
    assert target.hold(GOOD, run(1), 0.5, Lines()) == target.snapshot()
    assert target.request("/", None, 5).status == 200
    port = get(app, "service")["spec"]["ports"][0]["nodePort"]
    wait_until(lambda: ask(port) == 200)
    assert get(app, "poddisruptionbudget")["status"]["expectedPods"] == 1


def test_each_object_is_written_by_our_own_field_manager_in_a_version_this_server_serves(app: App) -> None:
    released(app, SCALED)
    groups = {group["name"]: group["versions"] for group in json.loads(kubectl("get", "--raw", "/apis"))["groups"]}
    served = {version["groupVersion"] for name in ("autoscaling", "policy", "apps") for version in groups[name]} | {"v1"}
    best = {
        "deployment": "apps/v1",
        "service": "v1",
        "horizontalpodautoscaler": "autoscaling/v2" if "autoscaling/v2" in served else "autoscaling/v1",
        "poddisruptionbudget": "policy/v1" if "policy/v1" in served else "policy/v1beta1",
    }
    written = {kind: _ours(app.whole(f"{kind}s", version)) for kind, version in best.items()}
    assert written == best


def _ours(found: Any) -> str:
    return str(next(entry["apiVersion"] for entry in found["metadata"]["managedFields"] if entry["manager"] == "pushrail"))


def test_changed_bounds_of_the_autoscaler_hold_from_the_next_rollout_on(app: App) -> None:
    released(app, SCALED)
    released(app, {**SCALED, "autoscale": {"min": 1, "max": 5, "cpu": 60}}, 2)
    spec = get(app, "horizontalpodautoscaler.v1.autoscaling")["spec"]
    assert (spec["maxReplicas"], spec["targetCPUUtilizationPercentage"]) == (5, 60)


def test_changed_service_keeps_its_address_and_goes_back_from_the_nodes(app: App) -> None:
    released(app, SCALED)
    before = get(app, "service")["spec"]
    released(app, {**SMALL, "service": {"port": 81}}, 2)
    spec = get(app, "service")["spec"]
    assert (spec["type"], spec["clusterIP"]) == ("ClusterIP", before["clusterIP"])
    assert spec["ports"] == [{"name": "http", "protocol": "TCP", "port": 81, "targetPort": "http"}]


def test_number_of_replicas_is_never_sent_again(app: App) -> None:
    released(app, SCALED)
    app.kubectl("scale", f"deployment/{app.name}", "--replicas=2")
    released(app, SCALED, 2, NEXT)
    released(app, {**SCALED, "replicas": 3, "env": {"A": "b"}}, 3, NEXT)
    assert app.get()["spec"]["replicas"] == 2


def test_keys_that_stayed_leave_what_was_edited_in_the_template(app: App) -> None:
    released(app, SMALL)
    app.kubectl("set", "env", f"deployment/{app.name}", "BY=hand")
    released(app, SMALL, 2, NEXT)
    assert (app.container()["image"], {"name": "BY", "value": "hand"} in app.container()["env"]) == (NEXT, True)


def test_keys_that_changed_come_with_the_next_release_and_go_back_with_it(app: App) -> None:
    released(app, SMALL)
    saved = json.dumps(app.get()["spec"]["template"])
    log = released(app, {**SMALL, "env": {"A": "b"}}, 2, NEXT)
    assert any("made anew" in line for line in log.lines)
    assert {"name": "A", "value": "b"} in app.container()["env"]
    with suppress(StepFailed, ToolError):
        app.target().restore(saved, run(2), 0, Lines())
    assert (app.container()["image"], app.container()["env"]) == (GOOD, [{"name": "PORT", "value": "80"}])
    released(app, {**SMALL, "env": {"A": "b"}}, 3, NEXT)
    assert {"name": "A", "value": "b"} in app.container()["env"]


def test_first_release_that_was_stopped_is_started_again_with_changed_keys(app: App) -> None:
    released(app, SMALL)
    app.target(create=SMALL).retire(run(1), Lines(), stop=True)
    assert app.get()["spec"]["replicas"] == 0
    released(app, {**SMALL, "memory": "128m"}, 2)
    assert app.get()["spec"]["replicas"] == 1
    assert app.container()["resources"]["limits"] == {"memory": "128Mi"}


def test_attempt_after_a_killed_one_takes_up_what_that_one_made(app: App) -> None:
    released(app, SMALL)
    before = app.get()["metadata"]
    log = released(app, SMALL)
    after = app.get()["metadata"]
    assert (after["uid"], after["generation"]) == (before["uid"], before["generation"])
    assert f"{GOOD} goes to deployment/{app.name} -n {app.namespace}" in log.lines


def test_field_that_somebody_else_has_set_is_named_with_who_it_was_and_nothing_is_changed(app: App) -> None:
    released(app, SCALED)
    app.kubectl("patch", "hpa", app.name, "-p", '{"spec": {"maxReplicas": 9}}')
    changed = {**SCALED, "service": {"type": "NodePort", "port": 81}, "env": {"A": "b"}}
    with pytest.raises(ToolError, match=r'field .spec.maxReplicas was set by "kubectl-patch"; let target.create say the same') as caught:
        app.target(create=changed).rollout(NEXT, run(2), 60, Lines())
    assert not caught.value.transient
    assert (get(app, "service")["spec"]["ports"][0]["port"], app.container()["image"]) == (80, GOOD)
    released(app, {**changed, "autoscale": {"min": 1, "max": 9}}, 3, NEXT)
    assert (get(app, "service")["spec"]["ports"][0]["port"], app.container()["image"]) == (81, NEXT)


def test_service_of_somebody_else_is_not_taken_and_nothing_is_made(app: App) -> None:
    app.kubectl("create", "service", "clusterip", app.name, "--tcp=80")
    with pytest.raises(ToolError, match=f"service/{app.name} is there already and target.create of app 'iris' did not make it"):
        app.target(create=SCALED).rollout(GOOD, run(1), 60, Lines())
    assert objects(app) == []


def test_deployment_that_was_not_made_from_the_keys_is_left_alone(app: App) -> None:
    app.create()
    with pytest.raises(ToolError, match=r"was not made from target\.create; take target\.create out, or delete the Deployment once"):
        app.target(create=SCALED).rollout(NEXT, run(1), 60, Lines())
    assert (app.get()["metadata"]["generation"], objects(app)) == (1, [])


def test_second_autoscaler_beside_somebody_else_s_is_refused(app: App) -> None:
    released(app, SMALL)
    app.kubectl("autoscale", f"deployment/{app.name}", f"--name={app.name}-by-hand", "--max=3")
    with pytest.raises(ToolError, match=f"horizontalpodautoscaler/{app.name}-by-hand .* scales the Deployment already"):
        app.target(create=SCALED).rollout(GOOD, run(2), 60, Lines())


def test_autoscaler_that_is_no_longer_asked_for_stays_and_how_to_delete_it_is_told(app: App) -> None:
    released(app, SCALED)
    log = released(app, SMALL, 2)
    assert any(f"kubectl -n {app.namespace} delete hpa {app.name}" in line for line in log.lines)
    assert get(app, "hpa")["spec"]["maxReplicas"] == 3


def test_namespace_that_is_not_there_is_told_with_the_command_that_makes_it(app: App) -> None:
    target = app.target(create=SCALED, namespace=f"{app.namespace}-not")
    with pytest.raises(
        ToolError, match=f"there is no namespace {app.namespace}-not; make it once: kubectl create namespace {app.namespace}-not"
    ):
        target.rollout(GOOD, run(1), 60, Lines())


def test_first_release_that_could_not_be_made_leaves_nothing_to_retire(app: App) -> None:
    with pytest.raises(StepSkipped, match=f"there is no deployment/{app.name} -n {app.namespace}: nothing was rolled out"):
        app.target(create=SCALED).retire(run(1), Lines(), stop=True)


def test_doctor_sees_what_is_in_the_way_of_a_first_release_before_there_is_one(app: App) -> None:
    assert all(finding.severity is Severity.GOOD for finding in app.target(create=SCALED).preflight(None, None))
    with pytest.raises(ToolError, match="there is no namespace"):
        list(app.target(create=SCALED, namespace=f"{app.namespace}-not").preflight(None, None))
    app.kubectl("create", "service", "clusterip", app.name, "--tcp=80")
    with pytest.raises(ToolError, match=r"or name another in target\.service"):
        list(app.target(create=SCALED).preflight(None, None))
    assert objects(app) == []
