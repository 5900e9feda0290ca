"""Requests to a webhook address that nobody vouched for: how many, by reason, and the newest few. Nothing of what they said is kept.

Keys: ``refusals`` (a count for each reason), ``refused`` (the newest, newest first).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from pipeline.connection import PREFIX, Client, available

KEPT = 100
_COUNTS, _NEWEST = f"{PREFIX}refusals", f"{PREFIX}refused"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One such request.

    Args:
        at: Unix seconds.
        address: where it came from.
        path: what it was sent to.
        reason: what was wrong with the signature: ``missing``, ``malformed``, ``wrong`` or the like.
        length: bytes of the body, as they were declared; None when they were not.
    """

    at: float
    address: str
    path: str
    reason: str
    length: int | None


_REFUSAL = TypeAdapter(Refusal)


class Refusals:
    """Every method raises StoreUnavailable when Redis cannot do it, and then has changed nothing."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    def add(self, counts: Mapping[str, int], newest: Sequence[Refusal]) -> None:
        """Add to the counts, and put these in front of the newest, the last one first."""
        act = self._redis.pipeline(transaction=True)
        for reason, count in counts.items():
            act.hincrby(_COUNTS, reason, count)
        act.lpush(_NEWEST, *map(_REFUSAL.dump_json, newest))
        act.ltrim(_NEWEST, 0, KEPT - 1)
        with available():
            act.execute()

    def counts(self) -> dict[str, int]:
        """How many there ever were, by reason."""
        with available():
            held = self._redis.hgetall(_COUNTS)
        return {reason.decode(): int(count) for reason, count in held.items()}

    def newest(self) -> list[Refusal]:
        """The newest, newest first."""
        with available():
            held = self._redis.lrange(_NEWEST, 0, -1)
        return [_REFUSAL.validate_json(refusal) for refusal in held]
