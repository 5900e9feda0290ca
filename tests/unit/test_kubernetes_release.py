"""Marks and patches as the API server is to get them."""

import json
from typing import Any

import pytest

from pipeline.errors import Fenced
from tests.unit.cluster_objects import NEW, Raw
from tests.unit.steps import RUN
from worker.tools.kubernetes_target.release import (
    check_owner,
    deploy_patch,
    images_in,
    marks,
    marks_of_restore,
    restore_patch,
    saved,
    selector_text,
)

DEPLOYED: Raw = {"metadata": {"uid": "u", "resourceVersion": "7"}, "spec": {"replicas": 2, "template": NEW}}


def annotated(**annotations: str) -> Raw:
    return {"metadata": {"annotations": {f"pushrail.io/{key}": value for key, value in annotations.items()}}}


def test_deploy_patch_holds_only_the_image_the_marks_and_its_preconditions() -> None:
    assert deploy_patch(DEPLOYED, "web", "iris:2", {"team": "ml"}) == {
        "metadata": {"uid": "u", "resourceVersion": "7", "annotations": {"team": "ml"}},
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "iris:2"}]}}},
    }


def test_restore_patch_edits_annotations_key_by_key() -> None:
    deployed = {**DEPLOYED, "metadata": {**DEPLOYED["metadata"], "annotations": {"team": "ml", "a/b": "old"}}}
    assert restore_patch(deployed, NEW, {"a/b": None, "c~d": "new", "absent": None})[2:] == [
        {"op": "replace", "path": "/spec/template", "value": NEW},
        {"op": "remove", "path": "/metadata/annotations/a~1b"},
        {"op": "add", "path": "/metadata/annotations/c~0d", "value": "new"},
    ]


def test_restore_patch_makes_the_annotations_when_there_are_none() -> None:
    assert {"op": "add", "path": "/metadata/annotations", "value": {}} in restore_patch(DEPLOYED, NEW, {"a": "b"})


def test_restore_does_not_claim_a_commit() -> None:
    assert marks("iris", RUN, "iris:2")["pushrail.io/commit"] == RUN.commit
    assert marks_of_restore("iris", RUN, "iris:1")["pushrail.io/commit"] is None


@pytest.mark.parametrize("fence", ["", "0", "1", "by hand"])
def test_fence_that_is_not_newer_is_no_obstacle(fence: str) -> None:
    check_owner(annotated(fence=fence), "iris", RUN)


def test_newer_fence_refuses_and_says_how_to_get_out_after_a_reset() -> None:
    with pytest.raises(Fenced, match=r"after a reset of Redis, remove annotation pushrail.io/fence"):
        check_owner(annotated(fence="2"), "iris", RUN)


def test_saved_template_carries_nothing_a_controller_wrote() -> None:
    labelled = {**NEW, "metadata": {"creationTimestamp": None, "labels": {"app": "iris", "pod-template-hash": "abc"}}}
    assert json.loads(saved(labelled))["metadata"] == {"labels": {"app": "iris"}}


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
