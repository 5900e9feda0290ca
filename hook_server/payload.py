"""A request's raw bytes → one JSON object, and typed reading of its fields. Knows neither Flask nor any forge."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qs

import orjson

from pipeline.errors import DeliveryRejected, WrongContentType

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
Object = Mapping[str, Any]
T = TypeVar("T")


def check_type(mimetype: str, charset: str = "", encoding: str = "", *, known: tuple[str, ...] = (JSON, FORM)) -> None:
    """Refuse what cannot be read from the raw bytes.

    Args:
        mimetype: of the Content-Type header, without parameters.
        charset: the Content-Type's parameter of that name, or empty.
        encoding: the Content-Encoding header, or empty.
        known: the mimetypes this endpoint takes.

    Raises:
        WrongContentType: one of the three is not accepted.
    """
    if mimetype not in known:
        raise WrongContentType(f"send the body as {' or '.join(known)}")
    if charset.lower() not in ("", "utf-8", "utf8"):
        raise WrongContentType("send the body in UTF-8")
    if encoding.lower() not in ("", "identity"):
        raise WrongContentType("send the body without Content-Encoding")


def parse(body: bytes, mimetype: str) -> Object:
    """Read a JSON object, or the one form field ``payload`` that holds it.

    Raises:
        DeliveryRejected: it is not UTF-8, not strict JSON, or not an object.
    """
    try:
        return _object(text(body, mimetype))
    except (ValueError, RecursionError) as error:
        raise DeliveryRejected("the body is not one JSON object") from error


def text(body: bytes, mimetype: str) -> str:
    """The whole body, or the one form field ``payload``; raises DeliveryRejected when that is not UTF-8."""
    try:
        return _form_field(body) if mimetype == FORM else body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DeliveryRejected("the body is not valid UTF-8") from error
    except ValueError as error:
        raise DeliveryRejected("the body is not a form with one field named payload") from error


def _object(text: str) -> Object:
    value = _value(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _value(text: str) -> Any:
    """By the fast parser, and what that refuses by Python's own, which takes lone surrogates, as forges may send them."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text, parse_constant=_no_number)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _form_field(body: bytes) -> str:
    fields = parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=10)
    (text,) = fields.get("payload", [])
    return text


def field(holder: Object, key: str, kind: type[T], default: T | None = None) -> T:
    """The value of ``key``, which must be of type ``kind``; ``default`` stands in for a missing one.

    Raises:
        DeliveryRejected: it is missing and has no default, or has another type.
    """
    value: T | None = holder.get(key, default)
    if type(value) is not kind:  # and not isinstance, for Python calls True a number
        raise DeliveryRejected(f"the payload's {key} is {'missing' if value is None else 'not of the right type'}")
    return value
