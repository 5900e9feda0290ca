"""The kinds of values ``pipeline.yaml`` is written in, and the strict mapping they stand in."""

import ipaddress
import re
from collections.abc import Mapping, Sized
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.spec.wording import brief, nearest

Filled = TypeVar("Filled", bound=Sized)

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST = 30 * 24 * 3600.0


def refused(said: str, *at: str) -> PydanticCustomError:
    """What is wrong with the key ``at`` below the mapping that is being read; raised by validators of whole mappings."""
    return PydanticCustomError("refused", "{said}", {"said": said, "at": at})


def seconds(value: object) -> float:
    """Read a duration such as ``500ms``, ``30s``, ``5m`` or ``2h``.

    Returns:
        Seconds.

    Raises:
        ValueError: not a whole number followed by one of the four units, or more than 30 days.
    """
    match = re.fullmatch(r"([0-9]{1,12})(ms|s|m|h)", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{brief(value)} is no duration; write a whole number and its unit, such as 500ms, 30s, 5m or 2h")
    if (found := int(match[1]) * _UNITS[match[2]]) > _LONGEST:
        raise ValueError(f"{value} is longer than 30 days")
    return found


def _some(value: float) -> float:
    if not value:
        raise ValueError("must be longer than nothing")
    return value


def filled(value: Filled) -> Filled:
    """Refuse what is empty; unlike pydantic's own bound it says nothing when an item is wrong."""
    if not value:
        raise ValueError("must not be empty")
    return value


def matching(pattern: str, said: str) -> AfterValidator:
    """Text that is like ``pattern`` from end to end; if it is not, ``said`` tells what it must be. Never repeats the text."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(said)
        return value

    return AfterValidator(check)


def of_this_machine(value: str) -> str:
    """Refuse what is no IP address."""
    try:
        ipaddress.ip_address(value)
    except ValueError as error:
        raise ValueError("must be an IP address of this machine, such as 127.0.0.1; 0.0.0.0 is all of them") from error
    return value


def _as_list(value: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise ValueError(f"must be text or a list of it, not {brief(value)}")
    return [value] if isinstance(value, str) else value


def unknown_keys(known: list[str], given: Mapping[Any, Any]) -> None:
    """Refuse the keys that are not in ``known`` and name the nearest that is, for each."""
    if unknown := {str(key): nearest(key, known) for key in given if key not in known}:
        raise PydanticCustomError("unknown_keys", "unknown keys", {"nearest": unknown})


class Mapped(BaseModel):
    """A mapping of the file: frozen, no unknown key, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            unknown_keys(list(cls.model_fields), given)
        return given


Duration = Annotated[float, BeforeValidator(seconds)]
SomeTime = Annotated[Duration, AfterValidator(_some)]
Text = Annotated[str, AfterValidator(filled)]
Memory = Annotated[str, matching(r"[1-9][0-9]*[mg]", "must be a whole number and m or g, such as 512m or 4g")]
Port = Annotated[int, Field(ge=1, le=65535)]
UrlPath = Annotated[str, matching(r"/[!-~]*", "must be a path, such as /readyz")]
EnvironmentName = Annotated[
    str, matching(r"[A-Za-z_][A-Za-z0-9_]*", "is no name of an environment variable; a secret is named here, never written")
]
Command = Annotated[tuple[Text, ...], Field(strict=False), AfterValidator(filled)]
Texts = Annotated[Command, BeforeValidator(_as_list)]
AnyTexts = Annotated[tuple[Text, ...], Field(strict=False), BeforeValidator(_as_list)]
EnvironmentNames = Annotated[tuple[EnvironmentName, ...], Field(strict=False), AfterValidator(filled), BeforeValidator(_as_list)]
