"""What a watch follows and what it tells. Values only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ToolError


@dataclass(frozen=True, slots=True)
class Source:
    """A list to follow: its path, the selectors that narrow it, and what is kept of each object's JSON."""

    path: str
    query: Mapping[str, str]
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """All objects of a kind by uid, in place of all that was known of it; ``asked`` is when the list was asked for (monotonic)."""

    kind: str
    objects: Mapping[str, Any]
    asked: float


@dataclass(frozen=True, slots=True)
class Changed:
    """One object as it is now; ``object`` is None when it is gone."""

    kind: str
    uid: str
    object: Any


@dataclass(frozen=True, slots=True)
class Lost:
    """Sight of a kind is lost until it is ``Listed`` again; ``error`` is transient if it is worth waiting for."""

    kind: str
    error: ToolError


News = Listed | Changed | Lost
