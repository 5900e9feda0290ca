"""Which template may be put over which."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import Fenced, StepSkipped, ToolError
from pipeline.model import Status
from pipeline.spec import KubernetesTarget
from tests.unit.cluster_objects import NEW, OLD, Raw
from tests.unit.steps import RUN, after
from worker.tools.kubernetes_target.changes import Changes
from worker.tools.kubernetes_target.release import digest

PLACE = KubernetesTarget.model_validate({"kind": "kubernetes", "context": "c", "deployment": "iris", "container": "web"})
TRIED = after(("rollout", Status.FAILED, {}))
LEFT = {"pushrail.io/run": RUN.id, "pushrail.io/template": digest(NEW)}
HELM = {"meta.helm.sh/release-name": "iris"}


def deployed(annotations: Raw, **spec: Any) -> Raw:
    metadata = {"name": "iris", "namespace": "ml", "uid": "u", "resourceVersion": "7", "annotations": annotations}
    return {"metadata": metadata, "spec": {"replicas": 1, "template": NEW, **spec}}


def put_back(found: Raw, run: Any = TRIED, **place: Any) -> Any:
    return Changes("iris", PLACE.model_copy(update=place)).put_back(OLD, "iris:old", run, found)


@pytest.mark.parametrize("found", [deployed(LEFT), deployed(LEFT, paused=True), deployed({**LEFT, **HELM}), deployed(LEFT, replicas=0)])
def test_what_this_run_left_gives_way_whatever_has_befallen_it(found: Raw) -> None:
    assert {"op": "replace", "path": "/spec/template", "value": OLD} in put_back(found)


@pytest.mark.parametrize("found", [deployed({}), deployed(LEFT, template=OLD), deployed({**LEFT, "pushrail.io/run": "r0"})])
def test_what_it_did_not_leave_so_stays(found: Raw) -> None:
    with pytest.raises(StepSkipped):
        put_back(found)


def test_what_a_newer_attempt_left_fences_it() -> None:
    with pytest.raises(Fenced):
        put_back(deployed({**LEFT, "pushrail.io/fence": "9"}))


def test_rollback_that_a_person_asked_for_may_undo_what_others_left() -> None:
    assert {"op": "replace", "path": "/spec/template", "value": OLD} in put_back(deployed({"pushrail.io/run": "r0"}), replace(RUN, id="r9"))


@pytest.mark.parametrize(
    ("found", "advice"),
    [
        (deployed({}, paused=True), "kubectl rollout resume"),
        (deployed({}, replicas=0), "scale it up"),
        (deployed(HELM), "Helm manages it"),
    ],
)
def test_rollback_that_a_person_asked_for_is_refused_where_a_rollout_would_be(found: Raw, advice: str) -> None:
    with pytest.raises(ToolError, match=advice):
        put_back(found, RUN)


def test_rollback_that_a_person_asked_for_goes_by_the_operator_s_word_on_other_tools() -> None:
    assert put_back(deployed(HELM), RUN, co_managed=True)
