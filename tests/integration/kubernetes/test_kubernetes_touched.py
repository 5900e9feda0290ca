"""Rollouts and rollbacks of a Deployment that others scale, pause, change or delete meanwhile."""

from collections.abc import Mapping
from concurrent.futures import Future

import pytest

from pipeline.errors import StepSkipped, ToolError
from pipeline.model import Run, Status, StepResult
from tests.integration.kubernetes.app import DEAF, GOOD, NEXT, App, Lines, run
from tests.integration.kubernetes.scenes import Scene, sentence

pytestmark = pytest.mark.cluster
SETTING = '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"1"}]}]}}}}'
TRIED = run(1).with_result(StepResult("rollout", Status.ERRORED, 0.0))


def during_a_rollout(app: App, *command: str, image: str = NEXT, word: str = "goes to") -> Mapping[str, str]:
    """Somebody says this to kubectl right after the patch."""
    return app.target().rollout(image, run(1), 60, Lines(word, lambda: app.kubectl(*command)))


def restored(app: App, saved: str | None, attempt: Run = TRIED) -> Mapping[str, str]:
    assert saved is not None
    return app.target().restore(saved, attempt, 60, Lines())


def scaled_up_during_the_rollout_it_goes_on_to_the_number_wanted_now(app: App) -> None:
    app.create_ready()
    assert during_a_rollout(app, "scale", f"deployment/{app.name}", "--replicas=3")["replicas"] == "3"
    assert app.get()["status"]["updatedReplicas"] == 3


def scaled_down_during_the_rollout_it_goes_on_to_the_number_wanted_now(app: App) -> None:
    app.create_ready(replicas=3)
    assert during_a_rollout(app, "patch", f"deployment/{app.name}", "-p", '{"spec":{"replicas":1}}')["replicas"] == "1"
    assert app.get()["spec"]["replicas"] == 1


def scaled_to_0_during_the_rollout_nothing_is_verified_and_the_number_stays_theirs(app: App) -> None:
    app.create_ready()
    saved = app.target().snapshot()
    with pytest.raises(ToolError, match="scaled to 0"):
        during_a_rollout(app, "scale", f"deployment/{app.name}", "--replicas=0", image=DEAF)
    with pytest.raises(ToolError, match="scaled to 0"):
        restored(app, saved)
    assert (app.container()["image"], app.get()["spec"]["replicas"]) == (GOOD, 0)


def scaled_while_it_is_held_it_still_holds(app: App) -> None:
    app.create_ready(replicas=2)
    app.target().rollout(NEXT, run(1), 60, Lines())
    log = Lines("holding", lambda: app.kubectl("scale", f"deployment/{app.name}", "--replicas=1"))
    app.target().hold(NEXT, run(1), 2, log)
    log = Lines("holding", lambda: app.kubectl("scale", f"deployment/{app.name}", "--replicas=2"))
    app.target().hold(NEXT, run(1), 2, log)


def paused_during_the_rollout_it_is_blocked_and_what_was_good_comes_with_the_resume(app: App) -> None:
    app.create_ready()
    saved, pods = app.target().snapshot(), app.pods()
    with pytest.raises(ToolError, match="is paused"):
        during_a_rollout(app, "rollout", "pause", f"deployment/{app.name}", image=DEAF)
    with pytest.raises(ToolError, match="is paused"):
        restored(app, saved)
    app.kubectl("rollout", "resume", f"deployment/{app.name}")
    app.kubectl("rollout", "status", f"deployment/{app.name}", "--timeout=60s")
    assert (app.container()["image"], app.pods()) == (GOOD, pods)


def image_changed_by_a_person_during_the_rollout_supersedes_it(app: App) -> None:
    app.create_ready()
    with pytest.raises(ToolError, match="somebody else changed the Deployment"):
        during_a_rollout(app, "set", "image", f"deployment/{app.name}", f"web={GOOD}", image=DEAF)


def setting_changed_by_a_person_during_the_rollout_stays_and_is_not_rolled_back(app: App) -> None:
    app.create_ready()
    saved = app.target().snapshot()
    with pytest.raises(ToolError, match="somebody else changed the Deployment"):
        during_a_rollout(app, "patch", f"deployment/{app.name}", "-p", SETTING, image=DEAF)
    with pytest.raises(StepSkipped, match="is not as this run left it"):
        restored(app, saved)
    assert app.container()["env"] == [{"name": "A", "value": "1"}]


def annotations_and_labels_of_others_disturb_nothing_and_stay(app: App) -> None:
    app.create_ready()
    saved = app.target().snapshot()
    during_a_rollout(app, "annotate", f"deployment/{app.name}", "note=theirs")
    app.kubectl("label", f"deployment/{app.name}", "note=theirs")
    app.target().hold(NEXT, run(1), 0.5, Lines())
    restored(app, saved)
    metadata = app.get()["metadata"]
    assert (metadata["annotations"]["note"], metadata["labels"]["note"]) == ("theirs", "theirs")


def setting_changed_between_rollout_and_hold_is_neither_verified_nor_undone(app: App) -> None:
    app.create_ready()
    saved = app.target().snapshot()
    app.target().rollout(NEXT, run(1), 60, Lines())
    app.kubectl("patch", f"deployment/{app.name}", "-p", SETTING)
    with pytest.raises(ToolError, match="somebody else has changed"):
        app.target().hold(NEXT, run(1), 1, Lines())
    with pytest.raises(StepSkipped, match="is not as this run left it"):
        restored(app, saved)
    assert app.container()["env"] == [{"name": "A", "value": "1"}]


def deleted_during_the_rollout_aborts_it(app: App) -> None:
    app.create_ready()
    with pytest.raises(ToolError, match="was deleted"):
        during_a_rollout(app, "delete", f"deployment/{app.name}", "--wait=false", image=DEAF)


def made_anew_during_the_rollout_aborts_it_and_the_new_one_is_left_alone(app: App) -> None:
    app.create_ready()
    saved, uid = app.target().snapshot(), app.get()["metadata"]["uid"]

    def anew() -> None:
        app.kubectl("delete", f"deployment/{app.name}")
        app.create(image=NEXT)

    with pytest.raises(ToolError, match="was deleted"):
        app.target().rollout(DEAF, run(1), 60, Lines("goes to", anew))
    with pytest.raises(StepSkipped):
        restored(app, saved)
    assert app.get()["metadata"]["uid"] != uid
    assert app.container()["image"] == NEXT


SCENES = [
    scaled_up_during_the_rollout_it_goes_on_to_the_number_wanted_now,
    scaled_down_during_the_rollout_it_goes_on_to_the_number_wanted_now,
    scaled_to_0_during_the_rollout_nothing_is_verified_and_the_number_stays_theirs,
    scaled_while_it_is_held_it_still_holds,
    paused_during_the_rollout_it_is_blocked_and_what_was_good_comes_with_the_resume,
    image_changed_by_a_person_during_the_rollout_supersedes_it,
    setting_changed_by_a_person_during_the_rollout_stays_and_is_not_rolled_back,
    annotations_and_labels_of_others_disturb_nothing_and_stay,
    setting_changed_between_rollout_and_hold_is_neither_verified_nor_undone,
    deleted_during_the_rollout_aborts_it,
    made_anew_during_the_rollout_aborts_it_and_the_new_one_is_left_alone,
]


@pytest.mark.parametrize("scene", SCENES, ids=sentence)
def test_scene(scene: Scene, outcomes: Mapping[Scene, Future[None]]) -> None:
    outcomes[scene].result()
