"""The log of deliveries in Redis: every authenticated request with what it came to, in the order in which they came.

Keys: ``deliveries``, a stream; an entry holds ``delivery`` (what was received) and, for each app, ``app:<app>``: outcome, run and reason.
``pace:<repository>:<minute>``, how many deliveries a repository sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from pipeline import acceptance
from pipeline.connection import PREFIX, Client, available
from pipeline.delivery import Decision, Outcome, Received
from pipeline.scripts import Scripts

RECEIVED = TypeAdapter(Received)
MOST_A_MINUTE = 60
"""Deliveries of one repository in a minute; what comes beyond takes the place of what waits for the same ref, whatever the app's policy."""

MOST_LOOKED_AT = 10_000
"""Entries, for one page of those that are asked for."""

_KEY = f"{PREFIX}deliveries"
_AT_A_TIME = 100
_DAY_MILLISECONDS = 86_400_000

Fields = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; ``id`` grows from one to the next."""

    id: str
    received: Received
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first; ``older`` is where to go on, empty at the end."""

    entries: Sequence[Entry]
    older: str


class Deliveries:
    """Every method raises StoreUnavailable when Redis cannot do it, and then has changed nothing.

    Args:
        keep: how many entries are kept, roughly.
        days: how long, roughly.
        most_a_minute: deliveries of one repository, before they are held together.
    """

    def __init__(self, redis: Client, *, keep: int, days: int, most_a_minute: int = MOST_A_MINUTE) -> None:
        self._redis, self._keep, self._days, self._most = redis, keep, days, most_a_minute
        self._do = Scripts(redis).do

    def receive(self, received: Received, decisions: Sequence[Decision]) -> tuple[str, list[Outcome]]:
        """Accept the runs that were decided on and write down what the delivery came to; all of it or nothing, see ``receive.lua``.

        Returns:
            The entry's id, and the outcomes in the order of the decisions.
        """
        push = received.push if not received.redelivers else None
        counted = f"{push.forge}:{push.repository.casefold()}" if push else ""
        oldest = int(received.received_at * 1000) - self._days * _DAY_MILLISECONDS
        log = (RECEIVED.dump_json(received), self._keep, max(oldest, 0), counted, self._most)
        return acceptance.receive(self._do, received.received_at, decisions, log)

    def entry(self, entry: str) -> Entry | None:
        with available():
            held = self._redis.xrange(_KEY, entry, entry)
        return next(iter(self._read(held)), None)

    def page(self, limit: int, *, app: str = "", outcome: str = "", before: str = "") -> Page:
        """The newest entries that concern an app and came to an outcome, as far as these are named.

        Args:
            limit: how many at most; there may be fewer of a rare kind, and more of them further on.
            before: an entry; only older ones are looked at.
        """
        found: list[Entry] = []
        last = before
        for number, entry in enumerate(self._newest(before)):
            if len(found) == limit or number == MOST_LOOKED_AT:
                return Page(found, last)
            if any(app in ("", told.app) and outcome in ("", told.outcome) for told in entry.outcomes):
                found.append(entry)
            last = entry.id
        return Page(found, "")

    def _newest(self, before: str) -> Iterator[Entry]:
        while True:
            with available():
                held = self._redis.xrevrange(_KEY, max=f"({before}" if before else "+", count=_AT_A_TIME)
            if not held:
                return
            yield from self._read(held)
            before = held[-1][0].decode()

    def _read(self, held: Sequence[tuple[bytes, Fields]]) -> list[Entry]:
        entries = [_entry(name, fields) for name, fields in held]
        taken = self._superseded([told.run for entry in entries for told in entry.outcomes if told.outcome == "accepted"])
        return [replace(entry, outcomes=tuple(_by_now(told, taken) for told in entry.outcomes)) for entry in entries]

    def _superseded(self, runs: Sequence[str]) -> Mapping[str, str]:
        """Of these runs the ones whose place another has taken, each with the reason."""
        asked = self._redis.pipeline(transaction=False)
        for run in runs:
            asked.hmget(f"{PREFIX}run:{run}", "status", "reason")
        with available():
            answers = asked.execute()
        return {run: (reason or b"").decode() for run, (status, reason) in zip(runs, answers, strict=True) if status == b"superseded"}


def _entry(name: bytes, fields: Fields) -> Entry:
    outcomes = (_outcome(key.decode(), value.decode()) for key, value in fields.items() if key.startswith(b"app:"))
    return Entry(name.decode(), RECEIVED.validate_json(fields[b"delivery"]), tuple(outcomes))


def _outcome(key: str, value: str) -> Outcome:
    outcome, run, reason = value.split(" ", 2)
    return Outcome(key.removeprefix("app:"), outcome, run, reason)


def _by_now(told: Outcome, taken: Mapping[str, str]) -> Outcome:
    """An outcome as it stands now: a run that was accepted can be superseded since."""
    if told.outcome != "accepted" or told.run not in taken:
        return told
    return replace(told, outcome="superseded", reason=taken[told.run])
