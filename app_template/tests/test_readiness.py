"""Ready means: the served answers are those the model promised."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from server import create_app


def test_server_that_agrees_with_its_golden_predictions_is_ready(client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 200


def spoiled(change: dict[str, Any]) -> Any:
    def spoil(golden: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [*golden[:2], golden[2] | change]

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda golden: [], "no golden prediction"),
        (lambda golden: [{}], "golden.json cannot be used: KeyError: 'path'"),
        (spoiled({"request": {}}), "golden prediction 3: /api/predict answered 422"),
        (spoiled({"path": "/gone"}), "golden prediction 3: /gone answered 404"),
        (spoiled({"response": {"model": "another"}}), "golden prediction 3: response.model is 'sha256:"),
        (spoiled({"response": {"absent": 1}}), "golden prediction 3: response.absent is None, expected 1"),
        (spoiled({"response": {"predictions": []}}), "golden prediction 3: response.predictions is ["),
        (spoiled({"response": {"predictions": [{"probabilities": {"setosa": 0.5}}]}}), "response.predictions[0].probabilities.setosa is"),
    ],
)
def test_server_that_answers_otherwise_than_its_golden_predictions_lives_but_is_not_ready(folder: Path, spoil: Any, reason: str) -> None:
    file = folder / "golden.json"
    file.write_text(json.dumps(spoil(json.loads(file.read_bytes()))))
    client = create_app(folder).test_client()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert reason in json.loads(response.data)["detail"]
    assert client.get("/livez").status_code == 200


def test_model_without_golden_predictions_is_not_ready(folder: Path) -> None:
    (folder / "golden.json").unlink()
    assert create_app(folder).test_client().get("/readyz").status_code == 503
