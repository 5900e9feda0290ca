"""Two hands on one Deployment at one moment: the API server lets one of them win, and the right one."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import pytest

from pipeline.errors import Fenced, StepFailed
from tests.integration.kubernetes.app import CRASHING, DEAF, GOOD, NEXT, App, Lines, run
from tests.integration.kubernetes.scenes import Scene, sentence
from worker.tools.kubernetes_target import KubernetesTarget

pytestmark = pytest.mark.cluster


def overtaken(target: KubernetesTarget, patch: str, act: Callable[[], object]) -> list[Any]:
    """Let ``act`` happen once between the reading of the Deployment and the first patch; a list of the patches made."""
    make, made = getattr(target, patch), list[Any]()

    def slowly(*given: Any) -> Any:
        made.append(make(*given))
        if len(made) == 1:
            act()
        return made[-1]

    setattr(target, patch, slowly)
    return made


def touch(app: App) -> Callable[[], object]:
    return lambda: app.kubectl("annotate", f"deployment/{app.name}", "note=theirs")


def newer(app: App) -> Callable[[], object]:
    return lambda: app.target().rollout(NEXT, run(2), 60, Lines())


def rollout_that_is_overtaken_is_made_again_from_what_is_there_then(app: App) -> None:
    app.create_ready()
    target = app.target()
    made = overtaken(target, "_deploy", touch(app))
    assert target.rollout(NEXT, run(1), 60, Lines())["changed"] == "yes"
    assert len(made) == 2
    assert app.get()["metadata"]["annotations"]["note"] == "theirs"


def rollback_that_is_overtaken_is_made_again_from_what_is_there_then(app: App) -> None:
    app.create_ready()
    target = app.target()
    saved = target.snapshot()
    assert saved is not None
    target.rollout(NEXT, run(1), 60, Lines())
    made = overtaken(target, "_put_back", touch(app))
    assert target.restore(saved, run(1), 60, Lines())["changed"] == "yes"
    assert len(made) == 2
    assert (app.container()["image"], app.get()["metadata"]["annotations"]["note"]) == (GOOD, "theirs")


def rollout_loses_to_a_newer_attempt_that_patched_just_before(app: App) -> None:
    app.create_ready()
    target = app.target()
    overtaken(target, "_deploy", newer(app))
    with pytest.raises(Fenced):
        target.rollout(DEAF, run(1), 60, Lines())
    assert app.container()["image"] == NEXT


def rollback_loses_to_a_newer_attempt_that_patched_just_before(app: App) -> None:
    app.create_ready()
    target = app.target()
    saved = target.snapshot()
    assert saved is not None
    with pytest.raises(StepFailed):
        target.rollout(CRASHING, run(1), 60, Lines())
    overtaken(target, "_put_back", newer(app))
    with pytest.raises(Fenced):
        target.restore(saved, run(1), 60, Lines())
    assert app.container()["image"] == NEXT


def newer_attempt_during_the_rollout_fences_it(app: App) -> None:
    app.create_ready()
    with pytest.raises(Fenced):
        app.target().rollout(DEAF, run(1), 60, Lines("goes to", newer(app)))
    assert app.container()["image"] == NEXT


def newer_attempt_during_the_rollback_fences_it(app: App) -> None:
    app.create_ready()
    saved = app.target().snapshot()
    assert saved is not None
    app.target().rollout(NEXT, run(1), 60, Lines())
    with pytest.raises(Fenced):
        app.target().restore(saved, run(1), 60, Lines("goes back", newer(app)))
    assert app.container()["image"] == NEXT


def first_release_is_not_stopped_when_a_newer_attempt_patched_just_before(app: App) -> None:
    app.create_ready()
    target = app.target()
    with pytest.raises(StepFailed):
        target.rollout(CRASHING, run(1), 60, Lines())
    overtaken(target, "_stop", newer(app))
    with pytest.raises(Fenced):
        target.retire(run(1), Lines(), stop=True)
    assert app.get()["spec"]["replicas"] == 1


SCENES = [
    rollout_that_is_overtaken_is_made_again_from_what_is_there_then,
    rollback_that_is_overtaken_is_made_again_from_what_is_there_then,
    rollout_loses_to_a_newer_attempt_that_patched_just_before,
    rollback_loses_to_a_newer_attempt_that_patched_just_before,
    newer_attempt_during_the_rollout_fences_it,
    newer_attempt_during_the_rollback_fences_it,
    first_release_is_not_stopped_when_a_newer_attempt_patched_just_before,
]


@pytest.mark.parametrize("scene", SCENES, ids=sentence)
def test_scene(scene: Scene, outcomes: Mapping[Scene, Future[None]]) -> None:
    outcomes[scene].result()
