"""What pull, build, tag and prune ask of their tools and say of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.errors import TagTaken
from pipeline.model import Status
from tests.unit.steps import IMAGE, LIVE, RUN, Script, after, app, context
from worker import labels
from worker.steps import STEPS
from worker.steps.build import build
from worker.steps.prune import prune
from worker.steps.pull import pull
from worker.steps.tag import tag

TIP = "b" * 40


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


def test_pull_of_a_tag_builds_what_the_tag_stands_for_now(tmp_path: Path) -> None:
    source = Script({"tagged": TIP, "subject": "Released"})
    run = replace(RUN, ref="refs/tags/v1.2.0")
    assert pull(context(tmp_path, "pull", app=app(), run=run, source=source))["commit"] == TIP
    assert source.asked[0] == ("tagged", "refs/tags/v1.2.0")
    assert "tip" not in source.verbs()


def test_pull_stays_with_the_commit_an_earlier_attempt_settled_on(tmp_path: Path) -> None:
    run = after(("pull", Status.RUNNING, {"commit": "d" * 40}))
    assert pull(context(tmp_path, "pull", app=app(), run=run, source=Script({"subject": "s"})))["commit"] == "d" * 40


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
