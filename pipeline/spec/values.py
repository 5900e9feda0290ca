"""The kinds of values ``pipeline.yaml`` is written in, and the strict mapping they stand in."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(value: object) -> float:
    """Read a duration such as ``500ms``, ``30s``, ``5m`` or ``2h``.

    Returns:
        Seconds.

    Raises:
        ValueError: not a whole number followed by one of the four units.
    """
    match = re.fullmatch(r"(\d+)(ms|s|m|h)", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is no duration; write a number with its unit, such as 500ms, 30s, 5m or 2h")
    return int(match[1]) * _UNITS[match[2]]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def unknown_keys(known: list[str], given: Mapping[Any, Any]) -> None:
    """Refuse the first key that is not in ``known`` and name the nearest that is."""
    for key in given:
        if key not in known:
            near = get_close_matches(str(key), known, n=1, cutoff=0.0)
            raise PydanticCustomError("unknown_key", "unknown key; the nearest valid one is '{near}'", {"key": str(key), "near": near[0]})


class Mapped(BaseModel):
    """A mapping of the file: frozen, no unknown key, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            unknown_keys(list(cls.model_fields), given)
        return given


Duration = Annotated[float, BeforeValidator(seconds)]
Text = Annotated[str, StringConstraints(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1, strict=False)]
Command = Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]
