"""The log of deliveries in Redis: every authenticated request with what it came to, in the order in which they came.

Key: ``deliveries``, a stream; an entry holds ``delivery`` (what was received) and, for each app, ``app:<app>``: outcome, run and reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from pipeline import acceptance
from pipeline.connection import PREFIX, Client, available
from pipeline.delivery import Decision, Outcome, Received
from pipeline.scripts import Scripts

RECEIVED = TypeAdapter(Received)
_KEY = f"{PREFIX}deliveries"
_DAY_MILLISECONDS = 86_400_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; ``id`` grows from one to the next."""

    id: str
    received: Received
    outcomes: tuple[Outcome, ...]


class Deliveries:
    """Every method raises StoreUnavailable when Redis cannot do it, and then has changed nothing.

    Args:
        keep: how many entries are kept, roughly.
        days: how long, roughly.
    """

    def __init__(self, redis: Client, keep: int = 10_000, days: int = 30) -> None:
        self._redis, self._keep, self._days = redis, keep, days
        self._do = Scripts(redis).do

    def receive(self, received: Received, decisions: Sequence[Decision]) -> list[Outcome]:
        """Accept the runs that were decided on and write down what the delivery came to; all of it or nothing, see ``receive.lua``."""
        oldest = int(received.received_at * 1000) - self._days * _DAY_MILLISECONDS
        log = (RECEIVED.dump_json(received), self._keep, max(oldest, 0))
        return acceptance.receive(self._redis, self._do, received.received_at, decisions, log)[1]

    def newest(self, limit: int) -> list[Entry]:
        """The newest entries, newest first."""
        with available():
            held = self._redis.xrevrange(_KEY, count=limit)
        return [_entry(name, fields) for name, fields in held]


def _entry(name: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    outcomes = (_outcome(key.decode(), value.decode()) for key, value in fields.items() if key.startswith(b"app:"))
    return Entry(name.decode(), RECEIVED.validate_json(fields[b"delivery"]), tuple(outcomes))


def _outcome(key: str, value: str) -> Outcome:
    outcome, run, reason = value.split(" ", 2)
    return Outcome(key.removeprefix("app:"), outcome, run, reason)
