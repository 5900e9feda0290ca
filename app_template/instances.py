"""The request body: bytes in, rows of finite numbers out, or a Problem that names the wrong fields. Knows no model and no framework."""

import json
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import quote

from problems import Problem

MAX_INSTANCES = 1000
MAX_ERRORS = 20
LONGEST = 100.0  # centimetres


def parse(body: bytes, features: Sequence[str]) -> list[list[float]]:
    """Read `{"instances": [{feature: centimetres, …}, …]}`.

    Returns:
        One row of values for each instance, in the order of `features`.

    Raises:
        Problem: 400 not JSON, 413 too many instances, 422 anything else that is not as it should be.
    """
    instances = _instances(_decode(body))
    errors = [error for index, instance in enumerate(instances) for error in _errors(instance, features, f"#/instances/{index}")]
    if errors:
        _refuse(errors)
    return [[float(instance[name]) for name in features] for instance in instances]


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except RecursionError:
        raise Problem(HTTPStatus.BAD_REQUEST, "the body is nested too deeply") from None
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return members


def _instances(document: Any) -> list[Any]:
    if not isinstance(document, dict):
        _refuse([_error("#", "must be an object")])
    unknown = [_error(f"#/{_escaped(name)}", "is not known") for name in document if name != "instances"]
    instances = document.get("instances")
    if unknown or not isinstance(instances, list) or not instances:
        _refuse(unknown or [_error("#/instances", "must be a list of at least one instance")])
    if len(instances) > MAX_INSTANCES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"{len(instances)} instances in one request; at most {MAX_INSTANCES}")
    return instances


def _errors(instance: Any, features: Sequence[str], pointer: str) -> Iterator[dict[str, str]]:
    if not isinstance(instance, dict):
        yield _error(pointer, f"must be an object with {', '.join(features)}")
        return
    for name in features:
        if name not in instance:
            yield _error(f"{pointer}/{_escaped(name)}", "is missing")
        elif wrong := _wrong(instance[name]):
            yield _error(f"{pointer}/{_escaped(name)}", wrong)
    yield from (_error(f"{pointer}/{_escaped(name)}", "is not known") for name in instance if name not in features)


def _wrong(value: Any) -> str | None:
    if type(value) not in (int, float):
        return "must be a number"
    return None if 0 < value <= LONGEST else f"must be more than 0 and at most {LONGEST:g} (centimetres)"


def _escaped(name: str) -> str:
    """A name in a JSON pointer (RFC 6901) that is written as a URI fragment."""
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="~")


def _error(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": detail}


def _refuse(errors: list[dict[str, str]]) -> NoReturn:
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{first['pointer']} {first['detail']}{more}", errors[:MAX_ERRORS])
