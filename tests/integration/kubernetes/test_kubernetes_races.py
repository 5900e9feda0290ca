"""Two hands on one Deployment at one moment: the API server lets one of them win, and the right one."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.errors import Fenced, StepFailed
from tests.integration.kubernetes.app import CRASHING, DEAF, GOOD, NEXT, App, Lines, run
from tests.integration.kubernetes.scenes import Scene, sentence

pytestmark = pytest.mark.cluster


@dataclass
class Overtaken:
    """Changes of which one is made slowly: ``act`` happens between its first reading of the Deployment and its first patch."""

    changes: Any
    slow: str
    act: Callable[[], object]
    made: int = 0

    def __getattr__(self, name: str) -> Any:
        return self._slowly if name == self.slow else getattr(self.changes, name)

    def _slowly(self, *given: Any) -> Any:
        patch = getattr(self.changes, self.slow)(*given)
        self.made += 1
        if self.made == 1:
            self.act()
        return patch


def overtaken(target: Any, slow: str, act: Callable[[], object]) -> Overtaken:
    target._changes = Overtaken(target._changes, slow, act)
    return target._changes


def touch(app: App) -> Callable[[], object]:
    return lambda: app.kubectl("annotate", f"deployment/{app.name}", "note=theirs")


def newer(app: App) -> Callable[[], object]:
    return lambda: app.target().rollout(NEXT, run(2), 60, Lines())


def rollout_that_is_overtaken_is_made_again_from_what_is_there_then(app: App) -> None:
    app.create_ready()
    target = app.target()
    changes = overtaken(target, "deploy", touch(app))
    assert target.rollout(NEXT, run(1), 60, Lines())["changed"] == "yes"
    assert changes.made == 2
    assert app.get()["metadata"]["annotations"]["note"] == "theirs"


def rollback_that_is_overtaken_is_made_again_from_what_is_there_then(app: App) -> None:
    app.create_ready()
    target = app.target()
    saved = target.snapshot()
    assert saved is not None
    target.rollout(NEXT, run(1), 60, Lines())
    changes = overtaken(target, "put_back", touch(app))
    assert target.restore(saved, run(1), 60, Lines())["changed"] == "yes"
    assert changes.made == 2
    assert (app.container()["image"], app.get()["metadata"]["annotations"]["note"]) == (GOOD, "theirs")


def rollout_loses_to_a_newer_attempt_that_patched_just_before(app: App) -> None:
    app.create_ready()
    target = app.target()
    overtaken(target, "deploy", newer(app))
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
    overtaken(target, "put_back", newer(app))
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
    overtaken(target, "retire", newer(app))
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
