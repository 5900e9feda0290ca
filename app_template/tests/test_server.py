"""The service without a socket: predictions, refusals, its description."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import dataset
import problems
from model import load
from server import MAX_BODY, create_app

SETOSA = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
JSON = "application/json"


def body(**changes: Any) -> bytes:
    return json.dumps({"instances": [SETOSA | changes]}).encode()


def without(name: str) -> bytes:
    return json.dumps({"instances": [{key: value for key, value in SETOSA.items() if key != name}]}).encode()


def test_prediction_names_label_probabilities_and_model(client: FlaskClient, trained: Path) -> None:
    answer = client.post("/api/predict", json={"instances": [SETOSA]}).get_json()
    assert answer["model"] == load(trained).digest
    assert answer["predictions"][0]["label"] == "setosa"
    assert sum(answer["predictions"][0]["probabilities"].values()) == pytest.approx(1.0)


def test_batch_is_answered_in_its_order(client: FlaskClient) -> None:
    rows = dataset.read()[::30]
    answer = client.post("/api/predict", json={"instances": [row.measurements for row in rows]}).get_json()
    assert [prediction["label"] for prediction in answer["predictions"]] == [row.label for row in rows]


def test_order_of_names_and_whole_numbers_make_no_difference(client: FlaskClient) -> None:
    given = {"sepal_length": 5, "sepal_width": 3, "petal_length": 2, "petal_width": 1}
    turned = {name: float(given[name]) for name in reversed(given)}
    assert client.post("/api/predict", json={"instances": [given]}).data == client.post("/api/predict", json={"instances": [turned]}).data


@pytest.mark.parametrize(
    ("status", "content", "pointer"),
    [
        (400, b"", None),
        (400, b"{", None),
        (400, b"\xff\xfe\xfd", None),
        (400, b"[" * 100_000, None),
        (400, b'{"instances": [{"a":' * 10_000, None),
        (400, body(sepal_width=float("nan")), None),
        (400, body(sepal_width=float("inf")), None),
        (400, body().replace(b"3.5", b"9" * 5000), None),
        (400, body().replace(b"sepal_width", b"sepal_length"), None),
        (422, b"null", "#"),
        (422, b"[]", "#"),
        (422, b"{}", "#/instances"),
        (422, b'{"instances": []}', "#/instances"),
        (422, b'{"instances": {"0": 1}}', "#/instances"),
        (422, b'{"instances": [[5.1, 3.5, 1.4, 0.2]]}', "#/instances/0"),
        (422, b'{"instances": [], "a/b ~": 1}', "#/a~1b%20~0"),
        (422, without("petal_width"), "#/instances/0/petal_width"),
        (422, body(colour="blue"), "#/instances/0/colour"),
        (422, body(sepal_width="3.5"), "#/instances/0/sepal_width"),
        (422, body(sepal_width=None), "#/instances/0/sepal_width"),
        (422, body(sepal_width=True), "#/instances/0/sepal_width"),
        (422, body(sepal_width=[3.5]), "#/instances/0/sepal_width"),
        (422, body(sepal_width=0), "#/instances/0/sepal_width"),
        (422, body(sepal_width=-1.0), "#/instances/0/sepal_width"),
        (422, body(sepal_width=10**400), "#/instances/0/sepal_width"),
        (422, body().replace(b"3.5", b"1e400"), "#/instances/0/sepal_width"),
        (413, json.dumps({"instances": [SETOSA] * 1001}).encode(), None),
        (413, b" " * (MAX_BODY + 1), None),
    ],
)
def test_bad_input_is_refused_by_a_problem_that_names_the_field(
    client: FlaskClient, status: int, content: bytes, pointer: str | None
) -> None:
    response = client.post("/api/predict", data=content, content_type=JSON)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    problem = json.loads(response.data)
    assert problem["status"] == status
    assert [error["pointer"] for error in problem.get("errors", [])] == ([pointer] if pointer else [])


def test_problem_tells_of_every_field_but_not_without_end(client: FlaskClient) -> None:
    problem = client.post("/api/predict", json={"instances": [{}] * 100}).json
    assert problem is not None
    assert len(problem["errors"]) == 20
    assert problem["detail"] == "#/instances/0/sepal_length is missing (and 399 more)"


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("POST", "/api/predict", "text/plain", 415),
        ("POST", "/api/predict", None, 415),
        ("GET", "/api/predict", None, 405),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_request_of_the_wrong_kind_is_a_problem_too(client: FlaskClient, method: str, path: str, kind: str | None, status: int) -> None:
    response = client.open(path, method=method, data=body(), content_type=kind)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")


def test_method_that_is_not_allowed_names_those_that_are(client: FlaskClient) -> None:
    assert set(client.get("/api/predict").headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def test_fault_of_the_server_tells_nothing_of_itself() -> None:
    app = Flask(__name__)
    problems.register(app)
    app.add_url_rule("/broken", view_func=lambda: str(1 // 0))
    response = app.test_client().get("/broken")
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert b"division" not in response.data


def test_description_names_model_and_commit(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUSHRAIL_COMMIT", "abc123")
    answer = create_app(trained).test_client().get("/model").get_json()
    assert answer == {
        "name": "iris",
        "digest": load(trained).digest,
        "features": list(SETOSA),
        "classes": ["setosa", "versicolor", "virginica"],
        "commit": "abc123",
    }
