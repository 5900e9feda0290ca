"""Marks and patches as the API server is to get them."""

import json
from typing import Any
from unittest.mock import ANY

import pytest

from pipeline.errors import ToolError
from tests.unit.cluster_objects import NEW, Raw
from tests.unit.steps import RUN
from worker.tools.kubernetes_target.release import (
    deploy_patch,
    digest,
    images_in,
    kept,
    marks,
    marks_of_restore,
    restore_patch,
    retire_patch,
    saved,
    selector_text,
)

DEPLOYED: Raw = {"metadata": {"uid": "u", "resourceVersion": "7"}, "spec": {"replicas": 2, "template": NEW}}


def test_deploy_patch_holds_only_the_image_the_marks_and_its_preconditions() -> None:
    assert deploy_patch(DEPLOYED, "web", "iris:2", {"team": "ml"}) == {
        "metadata": {
            "uid": "u",
            "resourceVersion": "7",
            "annotations": {"team": "ml", "pushrail.io/template": ANY, "pushrail.io/replicas": None, "pushrail.io/bad": None},
        },
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "iris:2"}]}}},
    }


def test_restore_patch_edits_annotations_key_by_key() -> None:
    deployed = {**DEPLOYED, "metadata": {**DEPLOYED["metadata"], "annotations": {"team": "ml", "a/b": "old"}}}
    assert restore_patch(deployed, NEW, {"a/b": None, "c~d": "new", "absent": None})[2:] == [
        {"op": "replace", "path": "/spec/template", "value": NEW},
        {"op": "remove", "path": "/metadata/annotations/a~1b"},
        {"op": "add", "path": "/metadata/annotations/c~0d", "value": "new"},
        {"op": "add", "path": "/metadata/annotations/pushrail.io~1template", "value": digest(NEW)},
    ]


def test_restore_patch_makes_the_annotations_when_there_are_none() -> None:
    assert {"op": "add", "path": "/metadata/annotations", "value": {}} in restore_patch(DEPLOYED, NEW, {"a": "b"})


def test_restore_does_not_claim_a_commit() -> None:
    assert marks("iris", RUN, "iris:2")["pushrail.io/commit"] == RUN.commit
    assert marks_of_restore("iris", RUN, "iris:1")["pushrail.io/commit"] is None


@pytest.mark.parametrize(
    ("replicas", "annotations", "sent"),
    [
        (2, {}, None),
        (0, {}, None),
        (0, {"pushrail.io/replicas": "3"}, 3),
        (2, {"pushrail.io/replicas": "3"}, None),
    ],
)
def test_replicas_are_sent_only_to_bring_back_what_was_stopped(replicas: int, annotations: dict[str, str], sent: int | None) -> None:
    deployed = {"metadata": {**DEPLOYED["metadata"], "annotations": annotations}, "spec": {"replicas": replicas, "template": NEW}}
    patch = deploy_patch(deployed, "web", "iris:2", {})
    assert patch["spec"].get("replicas") == sent
    assert patch["metadata"]["annotations"]["pushrail.io/replicas"] is None


BAD = {"pushrail.io/fence": "1", "pushrail.io/bad": RUN.id}


def test_stopping_remembers_how_many_there_were() -> None:
    assert retire_patch(DEPLOYED, RUN, stop=True) == {
        "metadata": {"uid": "u", "resourceVersion": "7", "annotations": {**BAD, "pushrail.io/replicas": "2"}},
        "spec": {"replicas": 0},
    }


def test_leaving_changes_a_mark_alone() -> None:
    assert retire_patch(DEPLOYED, RUN, stop=False) == {"metadata": {"uid": "u", "resourceVersion": "7", "annotations": BAD}}


def test_what_is_deployed_or_restored_is_not_bad_any_more() -> None:
    marked = {**DEPLOYED, "metadata": {**DEPLOYED["metadata"], "annotations": {"pushrail.io/bad": "r0"}}}
    assert deploy_patch(marked, "web", "iris:2", {})["metadata"]["annotations"]["pushrail.io/bad"] is None
    assert {"op": "remove", "path": "/metadata/annotations/pushrail.io~1bad"} in restore_patch(marked, NEW, {})


def test_stopping_again_keeps_what_is_remembered() -> None:
    stopped = {**DEPLOYED, "spec": {"replicas": 0, "template": NEW}}
    assert retire_patch(stopped, RUN, stop=True)["metadata"]["annotations"] == BAD


def test_digest_sent_is_that_of_the_template_with_the_new_image_in_our_container_alone() -> None:
    sidecar = {"name": "proxy", "image": "proxy:1"}
    before = {**NEW, "spec": {"containers": [sidecar, *NEW["spec"]["containers"]]}}
    after = {**NEW, "spec": {"containers": [sidecar, {"name": "web", "image": "iris:2"}]}}
    patch = deploy_patch({**DEPLOYED, "spec": {"template": before}}, "web", "iris:2", {})
    assert patch["metadata"]["annotations"]["pushrail.io/template"] == digest(after)


def test_saved_template_carries_nothing_a_controller_wrote() -> None:
    labelled = {**NEW, "metadata": {"creationTimestamp": None, "labels": {"app": "iris", "pod-template-hash": "abc"}}}
    assert json.loads(saved(labelled))["metadata"] == {"labels": {"app": "iris"}}


def test_what_was_kept_of_one_deployment_is_its_template() -> None:
    assert kept(saved(NEW))["spec"] == NEW["spec"]


def test_what_was_kept_of_several_deployments_is_refused_with_advice() -> None:
    with pytest.raises(ToolError, match=r"is of web and batch together; verify a release of this Deployment alone first"):
        kept('{"web": "…", "batch": "…"}')


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({"matchLabels": {"app": "iris", "tier": "web"}}, "app=iris,tier=web"),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}, "app in (a,b)"),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["a"]}]}, "app notin (a)"),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}, {"key": "old", "operator": "DoesNotExist"}]}, "app,!old"),
    ],
)
def test_selector_is_written_as_a_list_asks_for_it(selector: dict[str, Any], text: str) -> None:
    assert selector_text(selector) == text


def test_images_of_a_pod_are_found_under_every_name() -> None:
    status = {"containerStatuses": [{"image": "iris:2", "imageID": "docker-pullable://registry/iris@sha256:ab"}]}
    pod = {"spec": {"containers": [{"image": "iris:1"}], "initContainers": [{"image": "fetch:1"}]}, "status": status}
    assert set(images_in(pod)) == {"iris:1", "fetch:1", "iris:2", "registry/iris@sha256:ab"}
