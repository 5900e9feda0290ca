"""What a look at an outside thing brings to light: the value a rollout's preflight and ``pushrail doctor`` speak in. Looks at nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pipeline.errors import PushrailError, ToolError


class Severity(StrEnum):
    """``ERROR`` stops a rollout, ``WARNING`` is told and stops nothing, ``GOOD`` is for who asks."""

    GOOD = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        tool: which one, as a person would name it; the word that its ToolErrors begin with.
        said: what is there; for a warning or an error what is wrong, then how to mend it.
    """

    severity: Severity
    tool: str
    said: str


def good(tool: str, said: str) -> Finding:
    return Finding(Severity.GOOD, tool, said)


def warning(tool: str, said: str) -> Finding:
    return Finding(Severity.WARNING, tool, said)


def error(tool: str, said: str) -> Finding:
    return Finding(Severity.ERROR, tool, said)


def told(tool: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of a look at ``tool``, and as their last one what made it end early, if anything did."""
    try:
        yield from findings
    except ToolError as ended:
        yield error(ended.tool, ended.reason)
    except PushrailError as ended:
        yield error(tool, str(ended))
