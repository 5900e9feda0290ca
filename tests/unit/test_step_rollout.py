"""What goes out, what is kept of what served before, and what is verified."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StepFailed
from pipeline.model import Status
from pipeline.release import Release
from tests.unit.steps import LIVE, TRAIN, Script, after, app, context
from worker.steps.rollout import rollout
from worker.steps.verify import verify
from worker.tool import Answer


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
