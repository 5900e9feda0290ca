"""What the forges' push payloads have in common: commits, refs, people's names and lists of paths."""

import re
from collections.abc import Iterable

from hook_server.payload import Object, field, texts
from pipeline.errors import DeliveryRejected


def commit(text: str) -> str:
    """40 hex digits, or 64 in a SHA-256 repository; raises DeliveryRejected."""
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", text):
        raise DeliveryRejected("the payload names a commit that is not 40 or 64 hex digits")
    return text


def ref(text: str) -> str:
    """A full ref; what it may hold beyond that is git's business, since it is only ever compared. Raises DeliveryRejected."""
    if not re.fullmatch(r"refs/[^\x00-\x20\x7f\ud800-\udfff]{1,1000}", text):
        raise DeliveryRejected("the payload's ref is not a full git ref")
    return text


def clean(text: str) -> str:
    """JSON can spell lone surrogates, which no encoding can write down."""
    return text.encode("utf-8", "replace").decode()


def number(holder: Object, key: str) -> str:
    """The number under ``key`` as text, empty when it is not told; raises DeliveryRejected."""
    value = field(holder, key, int, -1)
    return "" if value < 0 else str(value)


def named(holder: Object, who: str, key: str) -> str:
    """The name ``key`` of the person ``who`` in a payload, empty when it is not told."""
    return clean(field(field(holder, who, dict, {}), key, str, ""))


def paths(commits: Iterable[object]) -> list[list[str]]:
    """Every path that each commit says it touched; raises DeliveryRejected when they are no commits."""
    return [_paths(found) for found in commits]


def _paths(found: object) -> list[str]:
    if not isinstance(found, dict):
        raise DeliveryRejected("the payload's commits hold something other than commits")
    return [clean(path) for kind in ("added", "removed", "modified") for path in texts(found, kind)]


def changed(lists: list[list[str]]) -> tuple[str, ...] | None:
    """The paths of a push in order, or None where a commit without any shows that they are not told for certain."""
    return tuple(sorted({path for files in lists for path in files})) if lists and all(lists) else None
