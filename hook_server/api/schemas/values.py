"""Kinds of values: those that a request may hold, each as strict as its description, and those that an answer tells."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate

_MESSAGES: dict[str, Any] = {"invalid": "is not of the right type", "null": "is not of the right type", "required": "is missing"}


class Pattern(validate.Regexp):
    """The whole value matches; marshmallow's own lets a newline follow.

    Args:
        pattern: anchored by ``^`` and ``$``, for those who read it in the description.
        error: what the value must be.
    """

    def __init__(self, pattern: str, error: str) -> None:
        super().__init__(pattern, error=error)

    def __call__(self, value: Any) -> Any:
        if self.regex.fullmatch(value) is None:
            raise ValidationError(str(self.error))
        return value


class Text(fields.String):
    default_error_messages = _MESSAGES


class Flag(fields.Boolean):
    """True or false; marshmallow's own takes 1 and ``"yes"`` for true."""

    default_error_messages = _MESSAGES

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Count(fields.Integer):
    """A whole number of the query, in plain digits.

    Args:
        default: when it is not given.
        least, most: bounds, both included.
    """

    def __init__(self, default: int, least: int, most: int, description: str) -> None:
        self._error = f"must be a whole number from {least} to {most}"
        bounds = validate.Range(least, most, error=self._error)
        super().__init__(load_default=default, validate=bounds, metadata={"description": description})

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not re.fullmatch(r"[0-9]{1,16}", value):
            raise ValidationError(self._error)
        return int(value)


def told(description: str) -> fields.String:
    """Text of an answer; it is always there."""
    return fields.String(required=True, metadata={"description": description})


def at(description: str, *, none: bool = False) -> fields.Float:
    """A time of an answer, in Unix seconds; it is always there, and null only where ``none`` allows it."""
    return fields.Float(required=True, allow_none=none, metadata={"description": description})
