"""The OpenAPI document of ``/api/v1``: valid, complete, and true to the values that it describes."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from marshmallow import Schema
from openapi_spec_validator import validate

from hook_server import create_app
from hook_server.api.schemas.delivery import DeliverySchema, OutcomeSchema, PushSchema
from hook_server.api.schemas.problem import ProblemSchema
from hook_server.api.schemas.release import ReleaseSchema, WithdrawnSchema
from hook_server.api.schemas.run import RunSchema, StepSchema, ToldSchema
from hook_server.api.schemas.token import TokenSchema
from pipeline.delivery import Delivery, Outcome, Received
from pipeline.model import Run, StepResult
from pipeline.release import Release, Withdrawn
from pipeline.token import Token
from pipeline.told import Told
from tests.hook import settings, spec

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(settings("redis://127.0.0.1:1/0"), spec())
    described: dict[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return described


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    return list(_operations(document))


def _operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        yield from ((path, method, operation) for method, operation in item.items() if method in ("get", "post", "put", "delete"))


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_operation_is_explained_and_needs_a_token_of_one_scope(operations: list[Operation]) -> None:
    assert operations
    for path, method, operation in operations:
        (need,) = operation["security"]
        assert operation["summary"], (path, method)
        assert need["bearer"] in (["read"], ["trigger"], ["admin"]), (path, method)


def test_every_refusal_is_a_problem_document(document: dict[str, Any], operations: list[Operation]) -> None:
    for path, method, operation in operations:
        assert "401" in operation["responses"], (path, method)
        for status, answer in operation["responses"].items():
            if status >= "400":
                known = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                assert list(known["content"]) == ["application/problem+json"], (path, method, status)


def test_every_parameter_is_explained(document: dict[str, Any], operations: list[Operation]) -> None:
    for path, method, operation in operations:
        for parameter in (*operation.get("parameters", ()), *document["paths"][path].get("parameters", ())):
            assert parameter.get("description"), (path, method, parameter["name"])


@pytest.mark.parametrize(
    ("schema", "value", "more", "less"),
    [
        (RunSchema, Run, {"built_commit", "links"}, set()),
        (StepSchema, StepResult, set(), set()),
        (ToldSchema, Told, set(), set()),
        (ReleaseSchema, Release, {"live", "links"}, {"template", "golden"}),
        (WithdrawnSchema, Withdrawn, set(), set()),
        (TokenSchema, Token, set(), set()),
        (DeliverySchema, Received, {"delivery", "outcomes", "links"}, set()),
        (PushSchema, Delivery, set(), set()),
        (OutcomeSchema, Outcome, set(), set()),
    ],
)
def test_what_is_told_is_what_there_is(schema: type[Schema], value: type, more: set[str], less: set[str]) -> None:
    assert set(schema().fields) == {field.name for field in fields(value)} - less | more


def test_a_problem_has_the_members_that_are_described(document: dict[str, Any]) -> None:
    app = create_app(settings("redis://127.0.0.1:1/0"), spec())
    answer = app.test_client().get("/api/v1/runs")
    assert set(answer.get_json(force=True)) == set(ProblemSchema().fields)
