"""What rollout, rollback, verify and prune make of the history: a bad content is refused, a rollback brings one release back."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StepRejected, StepSkipped, ToolError
from pipeline.model import Run, Status, StepResult, Trigger
from pipeline.release import BadRelease, Release, Withdrawn
from tests.unit.steps import RUN, Script, app, context
from worker.runner import Around, run_steps
from worker.step import StepContext
from worker.steps.prune import prune
from worker.steps.rollback import rollback
from worker.steps.rollout import rollout
from worker.steps.verify import verify
from worker.tool import Answer, StoredImage

CONTENT = "b" * 64
BAD = BadRelease(CONTENT, "r0", "c" * 40, "rollout: never ready", 1.0)
TAGGED = StepResult("tag", Status.SUCCEEDED, 1.0, 2.0, {"image": "repo@sha256:2"})
GOLDEN = json.dumps([{"path": "/p", "request": {}, "response": {"x": 1}}])


def release(run: str, content: str = "a" * 64, **changed: Any) -> Release:
    made = Release("iris", run, "d" * 40, f"repo@sha256:{run}", f"sha256:{run}", f"template of {run}", "", 1.0, content, "Add tenure")
    return replace(made, **changed)


def rolled_out(tmp_path: Path, run: Run = RUN, **known: Any) -> Script:
    target = Script({"rollout": {"changed": "yes"}})
    run = replace(run, steps=(TAGGED, *run.steps))
    rollout(context(tmp_path, "rollout", app=app(), run=run, target=target, **{"live": release("r9"), "bad": BAD, **known}))
    return target


def test_a_content_that_proved_bad_is_refused_and_told_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(StepRejected, match=r"bad in run r0 \(rollout: never ready\); push a change, or .* replay run r1 with force"):
        rolled_out(tmp_path)


@pytest.mark.parametrize(
    ("run", "known"),
    [
        (replace(RUN, force=True), {}),
        (RUN, {"bad": replace(BAD, run="r1")}),
        (RUN, {"live": release("r9", CONTENT)}),
        (RUN, {"bad": None}),
    ],
    ids=["by force", "a second attempt of the same run", "it is live", "nothing is known of it"],
)
def test_what_may_go_out_goes_out(tmp_path: Path, run: Run, known: Mapping[str, Any]) -> None:
    assert rolled_out(tmp_path, run, **known).verbs() == ["preflight", "rollout"]


def refused(run: Run) -> tuple[Run, Script]:
    """The run through rollout and rollback, with a content that proved bad."""
    described, target = app(steps=["pull", "build", "tag", "rollout", "verify", "rollback"]), Script({"restore": {}})

    def make(now: Run, entry: Any, save: Any) -> StepContext:
        made = context(Path(), entry.name, run=now, app=described, target=target, live=release("r9"), bad=BAD)
        return replace(made, save=save)

    steps = {"rollout": rollout, "verify": verify, "rollback": rollback}
    entries = tuple(entry for entry in described.steps if entry.name in steps)
    return run_steps(run, entries, steps, Around(make, lambda run: None, lambda line: None, lambda: 5.0, lambda seconds: None)), target


def test_a_refused_release_ends_rejected_and_touches_nothing() -> None:
    run, target = refused(replace(RUN, steps=(TAGGED,)))
    assert (run.status, target.verbs()) == (Status.REJECTED, [])
    assert run.result("rollback") is not None
    assert run.outputs("rollout") == {}


def test_what_an_earlier_attempt_had_put_out_is_undone_though_this_one_is_refused() -> None:
    begun = StepResult("rollout", Status.RUNNING, 1.0, None, {"image": "repo@sha256:1"})
    run, target = refused(replace(RUN, steps=(TAGGED, begun)))
    assert (run.status, target.verbs()) == (Status.ROLLED_BACK, ["restore"])


BACK = replace(RUN, trigger=Trigger.ROLLBACK, restores="r3", requested_by="ada", message="wrong prices")
HISTORY = [release("r5", CONTENT), release("r4"), release("r3", golden=GOLDEN, revision="7", metrics={"accuracy": "0.9"})]


def restored(tmp_path: Path, images: Script, releases: list[Release] = HISTORY, run: Run = BACK) -> tuple[dict[str, str], Script]:
    target = Script({"restore": {"revision": "9"}, "request": Answer(200, b'{"x": 1}', 0.1)})
    given = context(tmp_path, "rollback", app=app(), run=run, images=images, target=target, live=HISTORY[0], releases=releases)
    return dict(rollback(given)), target


def test_a_rollback_that_was_asked_for_restores_that_release_and_asks_its_golden_predictions(tmp_path: Path) -> None:
    outputs, target = restored(tmp_path, Script({"has": True}))
    assert [asked[:2] for asked in target.asked] == [("restore", "template of r3"), ("request", "/p")]
    assert outputs == {"revision": "9", "restored": "repo@sha256:r3", "commit": "d" * 40}


def test_a_rollback_to_an_image_that_is_gone_changes_nothing_and_says_what_builds_it_again(tmp_path: Path) -> None:
    gone = [*HISTORY[:2], replace(HISTORY[2], built_by="r2")]
    images = Script({"has": False})
    with pytest.raises(ToolError, match="is gone, so nothing was changed; replay run r2 to build it again"):
        restored(tmp_path, images, gone)
    assert images.asked == [("has", "repo@sha256:r3")]


def test_a_registry_that_is_away_keeps_nobody_from_going_back(tmp_path: Path) -> None:
    _, target = restored(tmp_path, Script({"has": ToolError("registry", "away", transient=True)}))
    assert target.verbs() == ["restore", "request"]


def test_a_rollback_to_a_release_that_left_the_history_while_it_waited_says_so(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="the release of run r3 is not kept any more"):
        restored(tmp_path, Script({"has": True}), HISTORY[:2])


def verified(tmp_path: Path, run: Run, **known: Any) -> Release:
    kept: list[Release] = []
    target = Script({"hold": "held", "request": Answer(200, b'{"x": 1}', 0.1)})
    verify(replace(context(tmp_path, "verify", app=app(), run=run, target=target, **known), verified=kept.append))
    assert target.asked[0][:2] == ("hold", kept[0].image)
    return kept[0]


def test_verify_of_a_rollback_holds_what_was_restored_and_enters_it_as_its_own(tmp_path: Path) -> None:
    run = BACK.with_result(StepResult("rollback", Status.SUCCEEDED, 1.0, 2.0, {"revision": "9"}))
    old = replace(HISTORY[2], withdrawn=Withdrawn("r4", "eve", "no", 1.0))
    found = verified(tmp_path, run, releases=[*HISTORY[:2], old])
    wanted = {"run": "r1", "built_by": "r3", "requested_by": "ada", "revision": "9", "template": "held", "withdrawn": None}
    assert found == replace(old, **wanted)  # type: ignore[arg-type]


def test_verify_tells_the_history_what_it_wants_to_know(tmp_path: Path) -> None:
    outputs = {
        "pull": {"commit": "e" * 40, "message": "Add tenure"},
        "retrain": {"model": "m"},
        "evaluate": {"accuracy": "0.9", "live accuracy": "0.8"},
        "build": {"image": "sha256:2", "content": CONTENT},
        "tag": {"image": "repo@sha256:2"},
        "rollout": {"revision": "4"},
    }
    steps = tuple(StepResult(name, Status.SUCCEEDED, 1.0, 2.0, said) for name, said in outputs.items())
    found = verified(tmp_path, replace(RUN, requested_by="ada", steps=steps))
    assert (found.run, found.commit, found.content, found.message, found.model) == ("r1", "e" * 40, CONTENT, "Add tenure", "m")
    assert (found.metrics, found.revision, found.requested_by, found.origin) == ({"accuracy": "0.9"}, "4", "ada", "r1")


def test_prune_keeps_the_newest_releases_however_many_bad_images_came_after_them(tmp_path: Path) -> None:
    stored = [StoredImage(f"sha256:{name}", {}, (f"iris:{name}",), float(n), 1) for n, name in enumerate(("r3", "r4", "r5", "x", "y"))]
    images = Script({"stored": lambda: stored, "remove": 1})
    described = app(image={"engine": "local", "keep": 2})
    target = Script({"in_use": frozenset()})
    prune(context(tmp_path, "prune", app=described, images=images, target=target, live=HISTORY[0], releases=HISTORY))
    assert [asked[1] for asked in images.asked if asked[0] == "remove"] == ["sha256:r3"]


def test_nothing_is_rolled_back_after_a_failure_before_the_rollout(tmp_path: Path) -> None:
    with pytest.raises(StepSkipped, match="nothing was rolled out"):
        rollback(context(tmp_path, "rollback", app=app(), live=HISTORY[0], releases=HISTORY))
