"""What was made from ``target.create``: sound by Kubernetes' schema and our own preflight, and made anew when the keys change."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client

from tests.unit.created import MARKS, NEW, OLD, made, place
from worker.lint import lint
from worker.tools.kubernetes_target.create.bring import outdated
from worker.tools.kubernetes_target.create.served import Served
from worker.tools.kubernetes_target.release import REPLICAS, renew_patch

EVERYTHING = {
    "user": 7,
    "env": {"A": "b", "C": {"secret": "s", "key": "k"}, "D": {"config_map": "m", "key": "k"}},
    "pull_secrets": ["login"],
    "service": {"type": "NodePort", "node_port": 30080},
    "autoscale": {"max": 4},
}


@pytest.mark.parametrize("served", [OLD, NEW])
@pytest.mark.parametrize("create", [{}, EVERYTHING])
def test_every_field_is_one_that_kubernetes_knows(create: Any, served: Served) -> None:
    assert [said for manifest in made(create, served) for said in strange(manifest, _model(manifest))] == []


def test_a_field_that_kubernetes_does_not_know_would_be_seen() -> None:
    deployment = made({})[0]
    deployment["spec"]["template"]["spec"]["containers"][0]["livenessProbes"] = {}
    assert list(strange(deployment, "V1Deployment")) == ["V1Container.livenessProbes"]


def _model(manifest: Any) -> str:
    """The Python client's name of the type, or of the nearest newer one where it has dropped the old."""
    version = manifest["apiVersion"].rpartition("/")[2].replace("v1beta1", "v1")
    return f"{version.capitalize()}{manifest['kind']}"


def strange(value: Any, kind: str) -> Iterator[str]:
    """The keys that the schema of Kubernetes, as the Python client has it, does not know: an API server drops them without a word."""
    if kind.startswith("list["):
        for item in value:
            yield from strange(item, kind[5:-1])
    elif model := getattr(client, kind, None):
        names = {written: name for name, written in model.attribute_map.items()}
        yield from (f"{kind}.{key}" for key in value if key not in names)
        for key in names.keys() & value.keys():
            yield from strange(value[key], model.openapi_types[names[key]])


@pytest.mark.parametrize("served", [OLD, NEW])
@pytest.mark.parametrize("create", [{}, EVERYTHING, {"graceful_timeout": "10s", "pre_stop": "15s"}])
def test_preflight_finds_nothing_to_say_of_what_is_made(create: Any, served: Served) -> None:
    keys = place(create).create
    assert keys is not None
    assert list(lint(made(create, served)[0], "web", keys.graceful_timeout)) == []


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
