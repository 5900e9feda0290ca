"""What the forges' push payloads have in common: commits, refs, and what people wrote."""

import re

from hook_server.payload import Object, field
from pipeline.errors import DeliveryRejected

NOTHING = "0" * 40
"""Where a ref was before it was made, and where it is after it was deleted."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"refs/[^\x00-\x20\x7f\ud800-\udfff]{1,1000}")


def commit(said: str) -> str:
    """40 hex digits, or 64 in a SHA-256 repository; raises DeliveryRejected."""
    if not _COMMIT.fullmatch(said):
        raise DeliveryRejected("the payload names a commit that is not 40 or 64 hex digits")
    return said


def is_nothing(said: str) -> bool:
    """Whether a commit is all zeros."""
    return not said.strip("0")


def ref(said: str) -> str:
    """A full ref; what it may hold beyond that is git's business, since it is only ever compared. Raises DeliveryRejected."""
    if not _REF.fullmatch(said):
        raise DeliveryRejected("the payload's ref is not a full git ref")
    return said


def clean(said: str) -> str:
    """JSON can spell lone surrogates, which no encoding can write down."""
    return said if said.isascii() else said.encode("utf-8", "replace").decode()


def text(holder: Object, key: str) -> str:
    """The text under ``key``, empty when it is missing or null; raises DeliveryRejected when it is anything else."""
    return "" if holder.get(key) is None else clean(field(holder, key, str))


def number(holder: Object, key: str) -> str:
    """The number under ``key`` as text, empty when it is missing or null; raises DeliveryRejected when it is anything else."""
    return "" if holder.get(key) is None else str(field(holder, key, int))


def part(holder: Object, key: str) -> Object:
    """The object under ``key``, empty when it is missing or null; raises DeliveryRejected when it is anything else."""
    return {} if holder.get(key) is None else field(holder, key, dict)


def message(payload: Object, commit: str) -> str:
    """The whole message of ``commit``, from ``head_commit`` or else from the commits that are listed; empty when neither has it."""
    listed = [] if payload.get("commits") is None else field(payload, "commits", list)
    found = [holder for holder in (part(payload, "head_commit"), *listed) if isinstance(holder, dict) and holder.get("id") == commit]
    return text(found[0], "message") if found else ""
