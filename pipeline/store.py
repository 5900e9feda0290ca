"""What is kept in Redis about runs, and the atomic acts on it: one script of ``scripts/`` each. Knows neither HTTP nor steps.

Keys: ``run:<id>`` (a run), ``app:<app>`` (its active run, fence and live release), ``pending:<app>`` (runs that wait, by acceptance),
``delivery:<app>:<claim>`` (the run of a delivery or key, 7 days), ``lease:<run>`` (its worker lives), ``events`` (what happened, in order),
``releases:<app>`` and ``bad:<app>`` (of which ``releases`` tells).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline import acceptance, tally, wakeup
from pipeline.connection import PREFIX, Client, available
from pipeline.delivery import Decision, Outcome
from pipeline.errors import Fenced
from pipeline.model import Run, Status
from pipeline.record import BAD, RELEASE, STEPS, read_run
from pipeline.release import Release, declared_bad, proved_bad
from pipeline.scripts import Scripts

LEASE_SECONDS = 12
SILENT_SECONDS = 5  # how long a running run may be without a lease: after an outage of Redis its worker takes it again
POPPED_SECONDS = 15  # how long a queued run may be in nobody's hands: between being popped and being begun
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a wish for a run: the id of the run, and whether it had been accepted before."""

    run: str
    duplicate: bool


class Store:
    """Every method raises StoreUnavailable when Redis cannot do it, and then has changed nothing.

    Args:
        patience: seconds for which a script that Redis refuses (it is read-only, full, or just back) is tried again.
    """

    def __init__(self, redis: Client, patience: float = 0.0) -> None:
        self.redis = redis
        self._do = Scripts(redis, patience).do

    def accept(self, run: Run) -> Accepted:
        """Claim ``run.delivery`` for the app, keep the run, and make it active or pending; see ``receive.lua``.

        The same run given again is no duplicate: Redis had taken it and the connection broke before the answer.
        """
        wished = Decision(Outcome(run.app, "accepted"), run)
        _, (outcome,) = acceptance.receive(self._do, run.created_at, [wished])
        return Accepted(run=outcome.run, duplicate=outcome.outcome == "duplicate")

    def claimed(self, app: str, claim: str) -> str:
        """The run that a delivery or key has started already; empty when there is none."""
        with available():
            held = self.redis.get(f"{PREFIX}delivery:{app}:{claim}")
        return held.decode() if held else ""

    def begin(self, run: str, worker: str, now: float) -> Run | None:
        """Begin an attempt; None when the run is not active or another worker has it."""
        fence = self._do("begin", run, worker, now, LEASE_SECONDS)
        return self.run(run) if fence else None

    def record(self, run: Run) -> None:
        """Keep the results of a run's steps so far; raises Fenced when a newer attempt counts or the run was ended from outside."""
        under_way = next((step.name for step in run.steps if step.status is Status.RUNNING), "")
        self._fenced(run, "record", STEPS.dump_json(run.steps), run.outputs("pull").get("commit", ""), under_way, int(run.rollout_begun))

    def cancel(self, run: str, reason: str, now: float) -> str:
        """End a run that waits, is queued or runs, and promote the pending one; its worker is told to stop.

        Returns:
            ``cancelled``, the status it has ended with already, ``unknown``, or ``rolling`` when its rollout has begun and it goes on.
        """
        return str(self._do("cancel", run, reason, now).decode())

    def drop(self, app: str, ref: str, gone: str, reason: str, now: float) -> list[str]:
        """Cancel what waits of a ref that was deleted, see ``drop.lua``; the runs that are cancelled now.

        Args:
            gone: the commit that the ref was at.
        """
        return [run.decode() for run in self._do("drop", app, ref, gone, reason, now)]

    def adopt(self, run: Run, release: Release) -> None:
        """Keep what served before the first release of ours; raises Fenced when a newer attempt counts."""
        self._fenced(run, "adopt", RELEASE.dump_json(release))

    def finish(self, run: Run, release: Release | None = None, withdrawn: Release | None = None) -> None:
        """End a run with its status and reason, and promote the pending one; raises Fenced when a newer attempt counts.

        Args:
            release: what the run verified; it is live from now on, and no longer held for bad.
            withdrawn: what was live until now, marked; its content is held for bad, like that of a release the run proved bad.
        """
        bad = declared_bad(withdrawn) if withdrawn else proved_bad(run)
        live = (RELEASE.dump_json(release), release.content) if release else ("", "")
        held = (bad.content, BAD.dump_json(bad)) if bad else ("", "")
        left = RELEASE.dump_json(withdrawn) if withdrawn else ""
        figures = [part for figure in tally.ended(run) for part in figure]
        self._fenced(run, "finish", run.status, run.reason, run.finished_at, *held, left, *live, int(run.stranded), *figures)

    def renew(self, run: str, worker: str) -> str:
        """Hold the lease for another 12 seconds.

        Returns:
            ``held``; ``ended``; ``lost`` when another attempt counts or this worker's has not begun; ``halted`` when the run was ended
            from outside while this worker had it.
        """
        return str(self._do("renew", run, worker, LEASE_SECONDS).decode())

    def abandon(self, run: str, worker: str, *, died: bool) -> None:
        """Give the run up for others to take over at once; an attempt that was stopped on purpose does not count."""
        self._do("abandon", run, worker, int(died))

    def reap(self, app: str, now: float) -> str:
        """Look after the app's active run; ``alive``, ``requeued`` or ``closed``, see ``reap.lua``."""
        run = self.active(app)
        if run is None:
            return "alive"
        job = wakeup.job(run.id, run.attempt + 1)
        return str(self._do("reap", app, run.id, run.attempt, now, SILENT_SECONDS, POPPED_SECONDS, ATTEMPTS, *job).decode())

    def run(self, run: str) -> Run | None:
        with available():
            held = self.redis.hgetall(f"{PREFIX}run:{run}")
        return read_run({key.decode(): value for key, value in held.items()}) if b"record" in held else None

    def runs(self, app: str | None = None, *, limit: int = 50) -> list[Run]:
        """The newest runs, of one app or of all, newest first."""
        with available():
            ids = self.redis.zrevrange(f"{PREFIX}runs:{app}" if app else f"{PREFIX}runs", 0, limit - 1)
        return [run for name in ids if (run := self.run(name.decode()))]

    def active(self, app: str) -> Run | None:
        with available():
            held = self.redis.hget(f"{PREFIX}app:{app}", "active")
        return self.run(held.decode()) if held else None

    def pending(self, app: str) -> list[Run]:
        """The runs that wait for the app's active one, by acceptance."""
        with available():
            ids = self.redis.zrange(f"{PREFIX}pending:{app}", 0, -1)
        return [run for name in ids if (run := self.run(name.decode()))]

    def apps(self) -> list[str]:
        """Every app that ever had a run."""
        with available():
            return sorted(name.decode() for name in self.redis.smembers(f"{PREFIX}apps"))

    def events(self, after: str = "-") -> Iterator[dict[str, str]]:
        """The event record in order, each with its stream ``id``."""
        with available():
            entries = self.redis.xrange(f"{PREFIX}events", min=f"({after}" if after != "-" else "-")
        for name, fields in entries:
            yield {"id": name.decode(), **{key.decode(): value.decode() for key, value in fields.items()}}

    def _fenced(self, run: Run, script: str, *args: Any) -> None:
        if not self._do(script, run.id, run.fence, *args):
            raise Fenced(f"run {run.id}: attempt {run.attempt} is no longer the one that counts")
