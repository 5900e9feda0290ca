"""Rollouts on a real cluster, with pods that really start, crash and fail to pull."""

import os
from time import monotonic

import pytest

from pipeline.errors import Fenced, StepFailed, ToolError
from tests.integration.kubernetes.app import CRASHING, DEAF, GOOD, NEXT, App, Lines, run
from worker.tools.kubernetes_target.release import digest

pytestmark = pytest.mark.cluster


def test_good_image_is_rolled_out_and_marked(app: App) -> None:
    app.create_ready(replicas=2)
    log = Lines()
    outputs = app.target().rollout(NEXT, run(1), 60, log)
    assert outputs == {"changed": "yes", "image": NEXT, "replicas": "2", "revision": "2"}
    assert log.lines[-1] == "rolled_out: 2/2 updated, 2 ready, 2 available"
    marks = app.get()["metadata"]["annotations"]
    assert {key: value for key, value in marks.items() if "pushrail" in key or key == "team"} == {
        "team": "ml",
        "pushrail.io/app": "iris",
        "pushrail.io/run": "r1",
        "pushrail.io/commit": f"{1:040x}",
        "pushrail.io/fence": "1",
        "pushrail.io/image": NEXT,
        "pushrail.io/template": digest(app.get()["spec"]["template"]),
    }
    assert app.container()["image"] == NEXT


def test_same_image_restarts_nothing(app: App) -> None:
    app.create_ready()
    pods = app.pods()
    assert app.target().rollout(GOOD, run(1), 60, Lines())["changed"] == "no"
    assert app.pods() == pods


def test_missing_image_fails_in_seconds_with_the_registry_s_words(app: App) -> None:
    app.create_ready()
    began = monotonic()
    with pytest.raises(StepFailed, match=r"ErrImagePull.*not found"):
        app.target().rollout(f"{os.environ['TEST_REGISTRY']}/nowhere:1", run(1), 60, Lines())
    assert monotonic() - began < 10


def test_crash_at_start_fails_at_the_second_crash_with_the_last_lines_of_its_log(app: App) -> None:
    app.create_ready()
    log = Lines()
    with pytest.raises(StepFailed, match=r"exit code 3(?s:.*)loading the model\nboom: no model.pkl"):
        app.target().rollout(CRASHING, run(1), 60, log)
    assert log.lines[-2:] == ["loading the model", "boom: no model.pkl"]


def test_readiness_that_never_comes_fails_at_the_deadline(app: App) -> None:
    app.create_ready()
    began = monotonic()
    with pytest.raises(StepFailed, match=r"not ready in time: 1/1 updated, 0 ready.*container web of .* runs but is not ready"):
        app.target().rollout(DEAF, run(1), 4, Lines())
    assert 4 <= monotonic() - began < 6


def test_attempt_after_a_killed_one_only_watches(app: App) -> None:
    app.create_ready()
    with pytest.raises((StepFailed, ToolError)):
        app.target().rollout(NEXT, run(1), 0, Lines())
    template = app.get()["spec"]["template"]
    assert app.target().rollout(NEXT, run(1, fence=2), 60, Lines())["changed"] == "yes"
    assert app.get()["spec"]["template"] == template
    assert app.get()["metadata"]["annotations"]["pushrail.io/fence"] == "2"


def test_stale_attempt_is_refused_and_changes_nothing(app: App) -> None:
    app.create_ready()
    app.target().rollout(GOOD, run(2), 60, Lines())
    with pytest.raises(Fenced):
        app.target().rollout(NEXT, run(1), 60, Lines())
    assert app.container()["image"] == GOOD


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (("rollout", "pause", "deployment/{}"), "is paused; run: kubectl rollout resume"),
        (("scale", "deployment/{}", "--replicas=0"), "is scaled to 0 replicas"),
        (("annotate", "deployment/{}", "pushrail.io/app=another"), "belongs to app 'another'"),
    ],
)
def test_deployment_in_no_state_for_it_is_refused_with_advice(app: App, command: tuple[str, ...], advice: str) -> None:
    app.create()
    app.kubectl(*(word.format(app.name) for word in command))
    with pytest.raises(ToolError, match=advice):
        app.target().rollout(NEXT, run(1), 60, Lines())
    assert app.container()["image"] == GOOD


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"deployment": "nobody"}, "there is no deployment/nobody"),
        ({"container": "sidecar"}, r"no container 'sidecar'; set target.container to one of \['web'\]"),
        ({"context": "nowhere"}, "context 'nowhere' cannot be used"),
    ],
)
def test_wrong_place_is_refused_with_advice(app: App, settings: dict[str, str], advice: str) -> None:
    app.create()
    with pytest.raises(ToolError, match=advice):
        app.target(**settings).rollout(NEXT, run(1), 60, Lines())


def test_steady_release_is_held(app: App) -> None:
    app.create_ready()
    app.target().rollout(GOOD, run(1), 60, Lines())
    assert app.target().hold(GOOD, run(1), 1, Lines()) == app.target().snapshot()


def test_pod_lost_while_held_fails_the_soak(app: App) -> None:
    app.create_ready()
    app.target().rollout(GOOD, run(1), 60, Lines())
    log = Lines("holding", lambda: app.kubectl("delete", "pod", "-l", f"app={app.name}", "--wait=false"))
    with pytest.raises(StepFailed, match="did not stay available"):
        app.target().hold(GOOD, run(1), 30, log)
