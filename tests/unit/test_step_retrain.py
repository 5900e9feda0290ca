"""When a model is trained, and when it is taken from an image."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StepFailed, StepSkipped
from tests.unit.steps import IMAGE, TRAIN, Script, app, context
from worker import labels
from worker.steps.retrain import retrain


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
