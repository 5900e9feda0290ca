"""Acts of people, pushes, workers and reapers in any order: what holds of an app's runs after each of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from pipeline.errors import Fenced
from pipeline.model import Run, Status, StepResult
from pipeline.store import Store
from tests.integration.stored_runs import finished, push, queued

REFS = some.sampled_from(["refs/heads/main", "refs/tags/main"])
RECENT = some.sampled_from([0, 0, 0, 1, 2])
"""Mostly the newest; an older attempt is one that lost its run."""


class Lines(RuleBasedStateMachine):
    """One app with one policy; ``attempts`` are all that ever began, the lost ones among them."""

    store: Store

    @initialize(policy=some.sampled_from(["pending-only", "cancel-running", "keep-all"]))
    def begin_anew(self, policy: str) -> None:
        self.store.redis.flushall()
        self.policy, self.now, self.accepted = policy, 1000.0, 0
        self.attempts: list[Run] = []
        self.rolled: set[str] = set()

    @rule(ref=REFS)
    def is_pushed(self, ref: str) -> None:
        self.accepted += 1
        run = replace(push(self.accepted, ref=ref), concurrency=self.policy, pinned=self.policy == "keep-all")
        assert not self.store.accept(run).duplicate

    @rule()
    def is_asked_for(self) -> None:
        self.accepted += 1
        self.store.accept(push(self.accepted, pinned=True))

    @precondition(lambda self: queued(self.store))
    @rule()
    def worker_wakes_up(self) -> None:
        job = self.store.redis.lpop("rq:queue:pushrail")
        if run := self.store.begin(job.decode().partition("-")[0], f"w{len(self.attempts)}", self.now):
            self.attempts.append(run)

    @precondition(lambda self: self.attempts)
    @rule(which=RECENT, step=some.sampled_from(["rollout", "retrain"]))
    def attempt_records(self, which: int, step: str) -> None:
        at = -1 - which % len(self.attempts)
        run = self.attempts[at]
        run = replace(run, steps=(*run.steps, StepResult(step, Status.RUNNING, self.now)))
        if self._may(self.store.record, run):
            self.attempts[at] = run
            self.rolled |= {run.id} if step == "rollout" else set()

    @precondition(lambda self: self.attempts)
    @rule(which=RECENT)
    def attempt_finishes(self, which: int) -> None:
        self._may(self.store.finish, finished(self.attempts[-1 - which % len(self.attempts)]))

    @precondition(lambda self: self.attempts)
    @rule(which=RECENT)
    def worker_dies(self, which: int) -> None:
        at = len(self.attempts) - 1 - which % len(self.attempts)
        self.store.abandon(self.attempts[at].id, f"w{at}", died=True)

    @rule()
    def reaper_looks(self) -> None:
        self.now += 60
        self.store.reap("iris", self.now)

    @rule(which=RECENT)
    def somebody_cancels(self, which: int) -> None:
        if found := sorted(self.store.runs(limit=100), key=lambda run: run.status.is_final):
            run = found[which % len(found)]
            said = self.store.cancel(run.id, "by ada", self.now)
            assert said == (run.status if run.status.is_final else "rolling" if run.id in self.rolled else "cancelled")

    @rule(ref=REFS)
    def ref_is_deleted(self, ref: str) -> None:
        self.store.drop("iris", ref, "f" * 40, "deleted", self.now)

    def _may(self, act: Callable[[Run], None], attempt: Run) -> bool:
        """Do it, which only the attempt that counts may; whether it was that."""
        kept = self.store.run(attempt.id)
        counts = kept is not None and (kept.status, kept.fence) == (Status.RUNNING, attempt.fence)
        try:
            act(attempt)
        except Fenced:
            assert not counts
            return False
        assert counts
        return True

    @invariant()
    def no_run_is_lost_and_none_is_in_two_places(self) -> None:
        if hasattr(self, "policy"):
            going = {run.id for run in self.store.runs(limit=100) if not run.status.is_final}
            active = self.store.active("iris")
            waiting = [name.decode() for name in self.store.redis.zrange("pushrail:pending:iris", 0, -1)]
            assert sorted([*waiting, *([active.id] if active else [])]) == sorted(going)
            assert bool(active) or not waiting
            assert set(queued(self.store)) <= {f"{active.id}-{active.attempt + 1}" if active else ""}
            if self.policy != "keep-all":
                slots = Counter(run.slot for name in waiting if (run := self.store.run(name)))
                assert all(count == 1 for count in slots.values())

    @invariant()
    def every_run_ends_once_and_none_that_rolls_out_is_ended_from_outside(self) -> None:
        if hasattr(self, "policy"):
            ends = [event for event in self.store.events() if event["kind"] in [status for status in Status if status.is_final]]
            assert len({event["run"] for event in ends}) == len(ends)
            assert not {event["run"] for event in ends if Status(event["kind"]).is_over} & self.rolled


def test_whatever_comes_in_whatever_order_the_lines_stay_whole(store: Store) -> None:
    def made() -> Lines:
        machine = Lines()
        machine.store = store
        return machine

    checks = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    run_state_machine_as_test(
        made,
        settings=settings(max_examples=50, stateful_step_count=40, suppress_health_check=checks),  # type: ignore[no-untyped-call]
    )
