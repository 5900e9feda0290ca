"""Training and judging: the split, the bytes, the metrics."""

import dataclasses
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.exceptions import ConvergenceWarning

import dataset
import train
from evaluate import evaluate
from model import ModelError, load

APP = Path(train.__file__).parent
PARAMS = json.loads(train.PARAMS.read_bytes())


def retrained(folder: Path, **changes: float) -> Path:
    train.train(folder, PARAMS | changes, dataset.read())
    return folder


def accuracy(folder: Path) -> float:
    return evaluate(load(folder), dataset.held_out(dataset.read()))["accuracy"]


def test_training_twice_gives_the_same_bytes(trained: Path, tmp_path: Path) -> None:
    again = retrained(tmp_path)
    assert {file.name: file.read_bytes() for file in again.iterdir()} == {file.name: file.read_bytes() for file in trained.iterdir()}


def test_another_parameter_gives_another_model(trained: Path, tmp_path: Path) -> None:
    assert load(retrained(tmp_path, C=10.0)).digest != load(trained).digest


def test_training_that_does_not_converge_fails_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConvergenceWarning):
        retrained(tmp_path / "model", max_iter=1)
    assert not (tmp_path / "model").exists()


def test_no_measurements_are_on_both_sides_of_the_split() -> None:
    rows = dataset.read()
    sides = [{str(row.measurements) for row in side} for side in (dataset.training(rows), dataset.held_out(rows))]
    assert not sides[0] & sides[1]
    assert len(dataset.held_out(rows)) == 56


def test_a_row_stays_on_its_side_when_rows_are_moved_removed_or_relabelled() -> None:
    rows = dataset.read()
    fewer = random.Random(1).sample(rows, 100)
    relabelled = [dataclasses.replace(row, label="setosa") for row in fewer]
    kept = {str(row.measurements) for row in dataset.held_out(rows)}
    assert {str(row.measurements) for row in dataset.held_out(relabelled)} == kept & {str(row.measurements) for row in fewer}


def test_held_out_rows_do_not_change_the_model(trained: Path, tmp_path: Path) -> None:
    rows = [dataclasses.replace(row, label="setosa") if dataset.is_held_out(row) else row for row in dataset.read()]
    train.train(tmp_path, PARAMS, rows)
    assert load(tmp_path).digest == load(trained).digest


def test_model_is_good_on_held_out_rows(trained: Path) -> None:
    metrics = evaluate(load(trained), dataset.held_out(dataset.read()))
    assert metrics["accuracy"] > 0.95
    assert metrics["log_loss"] < 0.2
    assert metrics["n"] == 56


def test_too_strong_a_regularisation_makes_a_clearly_worse_model(tmp_path: Path) -> None:
    assert accuracy(retrained(tmp_path, C=0.0001)) < 0.5


def test_evaluate_command_judges_the_folder_it_is_told(tmp_path: Path) -> None:
    bad, metrics = retrained(tmp_path / "bad", C=0.0001), tmp_path / "out.json"
    environment = {**os.environ, "PUSHRAIL_MODEL_DIR": str(bad), "PUSHRAIL_METRICS": str(metrics)}
    done = subprocess.run([sys.executable, APP / "evaluate.py"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(metrics.read_bytes())["accuracy"] == accuracy(bad)
    assert done.stdout.startswith("accuracy=")


def test_serving_and_evaluating_import_no_scikit_learn() -> None:
    check = "import sys, server, evaluate; sys.exit(bool({'sklearn', 'numpy'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", check], cwd=APP, check=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": [1.0, 1.0, 1.0, 0.0]}, "scale: holds a zero"),
        ({"mean": [1.0]}, "mean: need 4 numbers"),
        ({"mean": [1.0, 1.0, 1.0, True]}, "mean: need 4 numbers"),
        ({"intercepts": [float("nan")] * 3}, "intercepts: holds a number that is not finite"),
        ({"classes": ["a", "a", "b"]}, "classes: need a list of different names"),
        ({"coefficients": []}, "coefficients: need one row"),
        ({"features": None}, "features: need a list"),
    ],
)
def test_model_file_that_is_not_a_model_is_refused(folder: Path, change: dict[str, object], message: str) -> None:
    file = folder / "model.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | change))
    with pytest.raises(ModelError, match=message.replace("[", r"\[")):
        load(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"\x80\x04]", b"[" * 100_000])
def test_file_that_holds_no_json_object_is_refused(folder: Path, content: bytes) -> None:
    (folder / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match="is not a model"):
        load(folder)


def test_absent_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="python train"):
        load(tmp_path)
