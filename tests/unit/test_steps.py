"""What each step asks of its tools and says of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StepFailed, StepRejected, StepSkipped, TagTaken, ToolError
from pipeline.model import Status
from pipeline.release import Release
from tests.unit.steps import LIVE, RUN, Script, after, app, context
from worker import labels
from worker.steps import STEPS
from worker.steps.build import build
from worker.steps.evaluate import evaluate
from worker.steps.prune import prune
from worker.steps.pull import pull
from worker.steps.retrain import retrain
from worker.steps.rollout import rollout
from worker.steps.tag import tag
from worker.steps.verify import verify
from worker.tool import Answer, StoredImage

TRAIN = {"command": ["python", "train.py"], "inputs": ["train.py"], "output": "model"}
GATED = app(train=TRAIN, evaluate={"command": ["python", "evaluate.py"], "require": {"accuracy": {"min": 0.9, "no_worse_than_live": 0.01}}})
TIP = "b" * 40
IMAGE = StoredImage("sha256:1", {}, ("iris:git",), 1.0, 1000)


def test_there_is_a_step_for_every_name_the_file_may_hold() -> None:
    assert set(STEPS) == {"pull", "retrain", "evaluate", "build", "tag", "prune", "rollout", "verify", "rollback"}


def test_pull_builds_where_the_branch_is_now(tmp_path: Path) -> None:
    source = Script({"tip": TIP, "subject": "Newest"})
    assert pull(context(tmp_path, "pull", app=app(), source=source)) == {"commit": TIP, "message": "Newest"}
    assert ("export", TIP, tmp_path) in source.asked


def test_pull_of_a_pinned_run_does_not_ask_where_the_branch_is(tmp_path: Path) -> None:
    source = Script({"subject": "Then"})
    outputs = pull(context(tmp_path, "pull", app=app(), run=replace(RUN, pinned=True), source=source))
    assert outputs["commit"] == RUN.commit
    assert "tip" not in source.verbs()


def test_pull_stays_with_the_commit_an_earlier_attempt_settled_on(tmp_path: Path) -> None:
    run = after(("pull", Status.RUNNING, {"commit": "d" * 40}))
    assert pull(context(tmp_path, "pull", app=app(), run=run, source=Script({"subject": "s"})))["commit"] == "d" * 40


@pytest.mark.parametrize(
    ("described", "images", "said"),
    [(app(), Script(), "no train"), (app(train=TRAIN), Script({"environment": None}), "no stage named environment")],
)
def test_retrain_of_an_app_that_does_not_train_is_skipped_and_says_why(tmp_path: Path, described: Any, images: Script, said: str) -> None:
    with pytest.raises(StepSkipped, match=said):
        retrain(context(tmp_path, "retrain", app=described, images=images))


def trained(tmp_path: Path, images: Script, code: str = "1", environment: str = "env") -> dict[str, str]:
    (tmp_path / "train.py").write_text(code)
    (tmp_path / "model").mkdir(exist_ok=True)
    images.answers = {"environment": environment, **images.answers}
    return dict(retrain(context(tmp_path, "retrain", app=app(train=TRAIN), images=images)))


def test_retrain_brings_the_model_folder_back(tmp_path: Path) -> None:
    images = Script()
    outputs = trained(tmp_path, images)
    assert images.verbs() == ["environment", "find", "run"]
    assert set(outputs) == {"environment", "key", "model"}


def test_what_decides_a_training_is_its_key(tmp_path: Path) -> None:
    keys = {trained(tmp_path, Script(), code, environment)["key"] for code, environment in (("1", "e"), ("2", "e"), ("1", "f"))}
    assert len(keys) == 3


def test_an_input_that_names_no_file_fails_instead_of_going_unseen(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("1")
    described = app(train={**TRAIN, "inputs": ["train.py", "dta/**"]})
    with pytest.raises(StepFailed, match=r"dta/\*\* names no file"):
        retrain(context(tmp_path, "retrain", app=described, images=Script({"environment": "env"})))


def test_retrain_takes_the_model_of_an_image_trained_from_the_same(tmp_path: Path) -> None:
    images = Script({"find": lambda label, value: IMAGE if label == labels.TRAIN else None})
    with pytest.raises(StepSkipped, match="nothing that decides the model changed") as signal:
        trained(tmp_path, images)
    assert images.verbs() == ["environment", "find", "extract"]
    assert set(signal.value.outputs) == {"environment", "key", "model"}


def judging(candidate: Any, live: Any = None) -> Callable[..., None]:
    def run(environment: str, command: Any, workspace: Path, *, variables: dict[str, str], **_: Any) -> None:
        said = candidate if variables["PUSHRAIL_MODEL_DIR"] == "model" else live
        if isinstance(said, Exception):
            raise said
        (workspace / variables["PUSHRAIL_METRICS"]).write_text(said if isinstance(said, str) else json.dumps(said))

    return run


def judged(tmp_path: Path, candidate: Any, live: Any = None, *, baseline: Release | None = None) -> dict[str, str]:
    run = after(("retrain", Status.SUCCEEDED, {"environment": "env", "model": "m"}))
    images = Script({"run": judging(candidate, live), "extract": lambda image, path, folder: folder.mkdir(parents=True)})
    try:
        return dict(evaluate(context(tmp_path, "evaluate", app=GATED, run=run, images=images, live=baseline)))
    finally:
        assert not (tmp_path / ".pushrail").exists()


def test_evaluate_without_a_live_model_asks_only_the_bounds(tmp_path: Path) -> None:
    assert judged(tmp_path, {"accuracy": 0.95}) == {"accuracy": "0.95"}


def test_evaluate_judges_the_live_model_with_the_same_code(tmp_path: Path) -> None:
    assert judged(tmp_path, {"accuracy": 0.95}, {"accuracy": 0.94}, baseline=LIVE) == {"accuracy": "0.95", "live accuracy": "0.94"}


def test_evaluate_rejects_a_model_worse_than_the_live_one(tmp_path: Path) -> None:
    with pytest.raises(StepRejected, match="worse than the live"):
        judged(tmp_path, {"accuracy": 0.95}, {"accuracy": 0.99}, baseline=LIVE)


def test_a_live_model_that_cannot_be_judged_leaves_the_bounds(tmp_path: Path) -> None:
    assert judged(tmp_path, {"accuracy": 0.95}, StepFailed("another format"), baseline=LIVE) == {"accuracy": "0.95"}


@pytest.mark.parametrize("force", [True, False])
def test_a_live_model_that_is_gone_is_no_way_around_the_comparison_but_by_force(tmp_path: Path, force: bool) -> None:
    run = replace(after(("retrain", Status.SUCCEEDED, {"environment": "env", "model": "m"})), force=force)
    images = Script({"run": judging({"accuracy": 0.95}), "extract": ToolError("docker", "no such image")})
    given = context(tmp_path, "evaluate", app=GATED, run=run, images=images, live=LIVE)
    if force:
        assert evaluate(given) == {"accuracy": "0.95"}
    else:
        with pytest.raises(ToolError, match=r"cannot be read .* no such image; a run with force"):
            evaluate(given)


@pytest.mark.parametrize("written", ["{", "[1]", '{"accuracy": "high"}', "3"])
def test_metrics_in_no_known_form_fail_and_say_so(tmp_path: Path, written: str) -> None:
    with pytest.raises(StepFailed, match="PUSHRAIL_METRICS"):
        judged(tmp_path, written)


@pytest.mark.parametrize("written", ['{"accuracy": NaN}', '{"accuracy": null}', "{}"])
def test_a_metric_that_is_no_number_is_rejected(tmp_path: Path, written: str) -> None:
    with pytest.raises(StepRejected, match="missing or not a number"):
        judged(tmp_path, written)


def test_evaluate_is_skipped_when_nothing_was_trained(tmp_path: Path) -> None:
    with pytest.raises(StepSkipped, match="no candidate model"):
        evaluate(context(tmp_path, "evaluate", app=GATED))


def test_build_labels_the_image_with_what_it_was_made_from(tmp_path: Path) -> None:
    images = Script({"build": IMAGE})
    run = after(("retrain", Status.SUCCEEDED, {"environment": "env", "key": "k"}))
    outputs = build(context(tmp_path, "build", app=app(), run=run, images=images))
    assert outputs["reused"] == "no"
    assert images.asked[-1][2] == {labels.CONTENT: outputs["content"], labels.TRAIN: "k"}


def test_build_finds_the_image_of_the_same_content(tmp_path: Path) -> None:
    images = Script({"find": IMAGE})
    assert build(context(tmp_path, "build", app=app(), images=images))["reused"] == "yes"
    assert images.verbs() == ["find"]


def test_tag_names_the_commit_that_was_built(tmp_path: Path) -> None:
    images = Script({"tag": "repo@sha256:2"})
    run = after(("pull", Status.SUCCEEDED, {"commit": TIP}), ("build", Status.SUCCEEDED, {"image": "sha256:1"}))
    assert tag(context(tmp_path, "tag", app=app(), run=run, images=images)) == {"tag": f"git-{'b' * 12}", "image": "repo@sha256:2"}


def test_tag_of_a_commit_that_came_to_other_content_says_its_content_too(tmp_path: Path) -> None:
    def only_new(image: str, name: str, log: Any) -> str:
        if name == f"git-{'b' * 12}":
            raise TagTaken("registry", "stands for other content")
        return "repo@sha256:2"

    run = after(("pull", Status.SUCCEEDED, {"commit": TIP}), ("build", Status.SUCCEEDED, {"image": "sha256:1", "content": "c" * 64}))
    outputs = tag(context(tmp_path, "tag", app=app(), run=run, images=Script({"tag": only_new})))
    assert outputs == {"tag": f"git-{'b' * 12}-cccccccc", "image": "repo@sha256:2"}


def test_prune_spares_live_used_and_own_images_and_counts_bytes(tmp_path: Path) -> None:
    stored = [replace(IMAGE, id=name, tags=()) for name in ("sha256:live", "used", "own", "old")]
    images = Script({"stored": lambda: [image for image in stored if ("remove", image.id) not in images.asked], "remove": 500})
    target = Script({"in_use": frozenset({"used"})})
    run = after(("build", Status.SUCCEEDED, {"image": "own"}))
    outputs = prune(context(tmp_path, "prune", app=app(), run=run, images=images, target=target, live=LIVE))
    assert [asked for asked in images.asked if asked[0] == "remove"] == [("remove", "old")]
    assert outputs == {"removed": "1", "freed_bytes": "500"}


def test_prune_of_an_app_that_is_only_built_asks_no_target(tmp_path: Path) -> None:
    target, images = Script(), Script({"stored": []})
    prune(context(tmp_path, "prune", app=app(steps=["pull", "build", "prune"]), images=images, target=target))
    assert target.asked == []


def test_rollout_hands_over_the_tagged_image(tmp_path: Path) -> None:
    target = Script({"rollout": {"changed": "yes"}})
    run = after(("tag", Status.SUCCEEDED, {"image": "repo@sha256:2"}))
    assert rollout(context(tmp_path, "rollout", app=app(), run=run, target=target, live=LIVE)) == {"changed": "yes"}
    assert [asked[1] for asked in target.asked] == ["repo@sha256:2", "repo@sha256:2"]


def first_rollout(tmp_path: Path, snapshot: str | None, **outputs: str) -> tuple[Script, list[Release], list[Any]]:
    target, adopted, saved = Script({"rollout": {}, "snapshot": snapshot}), [], []
    run = after(("tag", Status.SUCCEEDED, {"image": "repo@sha256:2"}), ("rollout", Status.RUNNING, outputs))
    given = context(tmp_path, "rollout", app=app(), run=run, target=target)
    rollout(replace(given, adopt=adopted.append, save=saved.append))
    return target, adopted, saved


def test_the_first_rollout_keeps_what_served_before_it_changes_anything(tmp_path: Path) -> None:
    target, adopted, saved = first_rollout(tmp_path, "by hand")
    assert [release.template for release in adopted] == ["by hand"]
    assert saved == [{"before": "kept"}, {"image": "repo@sha256:2"}]
    assert target.verbs() == ["preflight", "snapshot", "rollout"]


def test_an_attempt_that_takes_over_the_first_rollout_does_not_keep_what_it_put_there_itself(tmp_path: Path) -> None:
    target, adopted, _ = first_rollout(tmp_path, "our own bad release", before="nothing")
    assert adopted == []
    assert target.verbs() == ["preflight", "rollout"]


BUILT = after(
    ("build", Status.SUCCEEDED, {"image": "sha256:1", "content": "c" * 64}), ("tag", Status.SUCCEEDED, {"image": "repo@sha256:2"})
)


def verified(tmp_path: Path, target: Script) -> tuple[dict[str, str], list[Release]]:
    releases: list[Release] = []
    given = context(tmp_path, "verify", app=app(train=TRAIN), run=BUILT, target=target)
    return dict(verify(replace(given, verified=releases.append))), releases


def golden(tmp_path: Path, answer: Any) -> tuple[dict[str, str], list[Release]]:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "golden.json").write_text(json.dumps([{"path": "/p", "request": {}, "response": {"x": 1}}]))
    return verified(tmp_path, Script({"hold": "template", "request": Answer(200, json.dumps(answer).encode(), 0.1)}))


def test_verify_asks_the_golden_predictions(tmp_path: Path) -> None:
    assert golden(tmp_path, {"x": 1})[0] == {"golden": "as at evaluation"}


def test_verify_hands_over_the_very_template_it_held(tmp_path: Path) -> None:
    _, [release] = golden(tmp_path, {"x": 1})
    assert (release.template, release.image, release.image_id, json.loads(release.golden)[0]["path"]) == (
        "template",
        "repo@sha256:2",
        "sha256:1",
        "/p",
    )


def test_verify_fails_when_the_service_answers_otherwise(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match=r"answer\.x is 2"):
        golden(tmp_path, {"x": 2})


def test_verify_without_golden_predictions_only_soaks(tmp_path: Path) -> None:
    target = Script({"hold": "template"})
    assert verified(tmp_path, target)[0] == {"golden": "none"}
    assert target.verbs() == ["hold"]
