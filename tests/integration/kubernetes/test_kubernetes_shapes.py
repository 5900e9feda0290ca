"""Deployments of other shapes: several containers, several Deployments, other tools that manage them, a first release with none before."""

import json
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import pytest

from pipeline.errors import StepFailed, StepSkipped, ToolError
from tests.integration.kubernetes.app import CRASHING, DEAF, GOOD, NEXT, App, Lines, run
from tests.integration.kubernetes.scenes import Scene, sentence
from tests.waiting import wait_until
from worker.tools.target_group import TargetGroup

pytestmark = pytest.mark.cluster


def beside(manifest: Any, sidecar: str = DEAF, init: str = DEAF) -> None:
    """Put a sidecar and an init container into the pod template."""
    pod, common = manifest["spec"]["template"]["spec"], {"imagePullPolicy": "IfNotPresent"}
    pod["containers"].append({"name": "proxy", "image": sidecar, **common})
    pod["initContainers"] = [{"name": "fetch", "image": init, **({"command": ["true"]} if init == DEAF else {}), **common}]


def only_the_app_s_own_container_gets_the_image(app: App) -> None:
    app.create_ready(edit=beside)
    before = app.get()["spec"]["template"]["spec"]
    app.target().rollout(NEXT, run(1), 60, Lines())
    after = app.get()["spec"]["template"]["spec"]
    assert [found["image"] for found in after["containers"]] == [NEXT, DEAF]
    assert (after["containers"][1], after["initContainers"]) == (before["containers"][1], before["initContainers"])


def sidecar_that_fails_is_named_with_its_last_words(app: App) -> None:
    app.create(edit=lambda manifest: beside(manifest, sidecar=CRASHING))
    with pytest.raises(StepFailed, match=r"container proxy(?s:.*)boom: no model.pkl"):
        app.target().rollout(NEXT, run(1), 60, Lines())


def init_container_that_fails_is_named_with_its_last_words(app: App) -> None:
    app.create(edit=lambda manifest: beside(manifest, init=CRASHING))
    with pytest.raises(StepFailed, match=r"container fetch(?s:.*)boom: no model.pkl"):
        app.target().rollout(NEXT, run(1), 60, Lines())


def deployment_of_a_helm_release_is_refused_before_anything_changes_unless_the_operator_knows(app: App) -> None:
    app.create_ready(edit=lambda manifest: manifest["metadata"]["annotations"].update({"meta.helm.sh/release-name": "iris"}))
    before = app.get()["metadata"]["resourceVersion"]
    with pytest.raises(ToolError, match=r"Helm manages it .*set co_managed: true in target"):
        app.target().rollout(NEXT, run(1), 60, Lines())
    assert app.get()["metadata"]["resourceVersion"] == before
    knowing = app.target(co_managed=True)
    assert any(finding.said.startswith("Helm manages it") for finding in knowing.preflight(NEXT, run(1)))
    assert knowing.rollout(NEXT, run(1), 60, Lines())["changed"] == "yes"


def deployment_that_argo_cd_applied_is_known_by_its_field_manager(app: App) -> None:
    app.create_ready()
    applied = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": app.name}}
    spec = {"template": {"spec": {"containers": [{"name": "web", "image": GOOD}]}}}
    words = ("apply", "--server-side", "--force-conflicts", "--validate=false", "--field-manager=argocd-controller", "-f", "-")
    app.kubectl(*words, given={**applied, "spec": spec})
    with pytest.raises(ToolError, match=r"Argo CD manages it \(it wrote the pod template as argocd-controller\)"):
        app.target().rollout(NEXT, run(1), 60, Lines())
    assert app.container()["image"] == GOOD


def recreate(manifest: Any) -> None:
    manifest["spec"]["strategy"] = {"type": "Recreate"}


def recreate_strategy_is_rolled_out_and_back_like_any_other(app: App) -> None:
    app.create_ready(edit=recreate)
    target = app.target()
    assert target.rollout(NEXT, run(1), 60, Lines())["changed"] == "yes"
    saved = target.hold(NEXT, run(1), 0.5, Lines())
    with pytest.raises(StepFailed, match=r"boom: no model\.pkl"):
        target.rollout(CRASHING, run(2), 60, Lines())
    target.restore(saved, run(2), 60, Lines())
    assert target.snapshot() == saved


def patient(manifest: Any) -> None:
    """A batch worker that gets along with every image."""
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container["command"] = ["sleep", "1000"]
    del container["readinessProbe"]


def two(web: App) -> tuple[App, TargetGroup]:
    """A batch worker beside it, changed first."""
    batch = App(f"{web.name}-batch", web.namespace)
    web.create()
    batch.create_ready(edit=patient)
    web.create_ready()
    web.kubectl("label", f"deployment/{batch.name}", f"service/{batch.name}", f"app={web.name}", "--overwrite")
    return batch, TargetGroup({batch.name: batch.target(), web.name: web.target()})


def two_deployments_of_one_image_are_rolled_out_and_held_together(app: App) -> None:
    batch, both = two(app)
    outputs = both.rollout(NEXT, run(1), 60, Lines())
    assert (outputs["changed"], outputs["image"]) == ("yes", NEXT)
    assert (app.container()["image"], batch.container()["image"]) == (NEXT, NEXT)
    assert set(json.loads(both.hold(NEXT, run(1), 1, Lines()))) == {app.name, batch.name}


def when_one_of_two_deployments_is_bad_both_are_restored(app: App) -> None:
    batch, both = two(app)
    saved = both.snapshot()
    assert saved is not None
    with pytest.raises(StepFailed):
        both.rollout(CRASHING, run(1), 60, Lines())
    assert (app.container()["image"], batch.container()["image"]) == (CRASHING, CRASHING)
    assert both.restore(saved, run(1), 60, Lines())["changed"] == "yes"
    assert (app.container()["image"], batch.container()["image"]) == (GOOD, GOOD)
    assert both.snapshot() == saved


def first_release_that_fails_is_left_or_stopped_and_the_next_one_brings_the_replicas_back(app: App) -> None:
    app.create(image=DEAF, replicas=2)
    target = app.target()
    with pytest.raises(StepFailed):
        target.rollout(CRASHING, run(1), 60, Lines())
    assert target.retire(run(1), Lines(), stop=False) == {"image": CRASHING, "replicas": "2"}
    assert target.retire(run(1), Lines(), stop=True) == {"image": CRASHING, "replicas": "0"}
    assert target.retire(run(1, fence=2), Lines(), stop=True)["replicas"] == "0"
    wait_until(lambda: not app.pods())
    assert target.snapshot() is None
    assert target.rollout(GOOD, run(3), 60, Lines())["replicas"] == "2"
    assert "pushrail.io/replicas" not in app.get()["metadata"]["annotations"]


def first_release_that_was_left_is_nothing_to_go_back_to(app: App) -> None:
    app.create_ready()
    target = app.target()
    target.rollout(NEXT, run(1), 60, Lines())
    target.retire(run(1), Lines(), stop=False)
    assert target.snapshot() is None
    target.rollout(GOOD, run(2), 60, Lines())
    assert target.snapshot() is not None


def first_release_that_somebody_has_changed_since_is_not_stopped(app: App) -> None:
    app.create(image=DEAF)
    with pytest.raises(StepFailed):
        app.target().rollout(CRASHING, run(1), 60, Lines())
    app.kubectl("set", "image", f"deployment/{app.name}", f"web={GOOD}")
    with pytest.raises(StepSkipped):
        app.target().retire(run(1), Lines(), stop=True)
    assert app.get()["spec"]["replicas"] == 1


SCENES = [
    only_the_app_s_own_container_gets_the_image,
    sidecar_that_fails_is_named_with_its_last_words,
    init_container_that_fails_is_named_with_its_last_words,
    deployment_of_a_helm_release_is_refused_before_anything_changes_unless_the_operator_knows,
    deployment_that_argo_cd_applied_is_known_by_its_field_manager,
    recreate_strategy_is_rolled_out_and_back_like_any_other,
    two_deployments_of_one_image_are_rolled_out_and_held_together,
    when_one_of_two_deployments_is_bad_both_are_restored,
    first_release_that_fails_is_left_or_stopped_and_the_next_one_brings_the_replicas_back,
    first_release_that_was_left_is_nothing_to_go_back_to,
    first_release_that_somebody_has_changed_since_is_not_stopped,
]


@pytest.mark.parametrize("scene", SCENES, ids=sentence)
def test_scene(scene: Scene, outcomes: Mapping[Scene, Future[None]]) -> None:
    outcomes[scene].result()
