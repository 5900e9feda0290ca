"""What is not touched, and what is said of it."""

import pytest

from pipeline.errors import Fenced, StepSkipped, ToolError
from tests.unit.cluster_objects import NEW, OLD, Raw
from tests.unit.steps import RUN
from worker.tools.kubernetes_target.guard import check_left, check_managers, check_movable, check_owner
from worker.tools.kubernetes_target.release import digest


def deployed(made_from: Raw = NEW, /, spec: Raw | None = None, **annotations: str) -> Raw:
    marks = {f"pushrail.io/{key}": value for key, value in annotations.items()}
    return {"metadata": {"name": "iris", "namespace": "ml", "annotations": marks}, "spec": {"template": made_from, **(spec or {})}}


@pytest.mark.parametrize("fence", ["", "0", "1", "by hand"])
def test_fence_that_is_not_newer_is_no_obstacle(fence: str) -> None:
    check_owner(deployed(fence=fence), "iris", RUN)


def test_newer_fence_refuses_and_says_how_to_get_out_after_a_reset() -> None:
    with pytest.raises(Fenced, match=r"after a reset of Redis, remove annotation pushrail.io/fence"):
        check_owner(deployed(fence="2"), "iris", RUN)


def test_what_this_run_left_is_its_to_undo() -> None:
    check_left(deployed(run=RUN.id, template=digest(NEW)), RUN)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(deployed(), id="never released by us"),
        pytest.param(deployed(run="r0", template=digest(NEW)), id="another run wrote it"),
        pytest.param(deployed(OLD, run=RUN.id, template=digest(NEW)), id="somebody changed the template since"),
    ],
)
def test_what_this_run_did_not_leave_is_left_alone(found: Raw) -> None:
    with pytest.raises(StepSkipped, match=r"deployment/iris -n ml is not as this run left it"):
        check_left(found, RUN)


@pytest.mark.parametrize(
    ("spec", "advice"),
    [({"paused": True}, "kubectl rollout resume deployment/iris -n ml"), ({"replicas": 0}, "scaled to 0 replicas.*scale it up")],
)
def test_deployment_that_cannot_move_is_refused_with_advice(spec: Raw, advice: str) -> None:
    with pytest.raises(ToolError, match=advice):
        check_movable(deployed(spec=spec))


@pytest.mark.parametrize("found", [deployed(), deployed(spec={"replicas": 0}, replicas="2")])
def test_deployment_that_runs_or_that_we_stopped_ourselves_can_move(found: Raw) -> None:
    check_movable(found)


HELM = {"metadata": {"name": "iris", "namespace": "ml", "annotations": {"meta.helm.sh/release-name": "iris"}}}


def test_deployment_that_a_tool_manages_is_refused_with_advice() -> None:
    with pytest.raises(ToolError, match=r"Helm manages it \(meta.helm.sh/release-name: iris\).*set co_managed: true in target"):
        check_managers(HELM, co_managed=False)


@pytest.mark.parametrize(("found", "co_managed"), [(HELM, True), (deployed(), True), (deployed(), False)])
def test_deployment_that_no_tool_manages_or_with_the_operator_s_word_is_not_refused(found: Raw, co_managed: bool) -> None:
    check_managers(found, co_managed)
