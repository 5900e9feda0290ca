"""The values a push becomes: Run, StepResult. Frozen; every change is a new value. Knows no I/O.

HTTP event → Delivery → Run (queued) → StepResult, StepResult, … → Run (final); the first is in ``delivery``, what a good run leaves in
``release``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce

from pipeline.told import Told


def is_tag(ref: str) -> bool:
    """Whether a full ref names a tag, which stands for one commit and not for a line of work."""
    return ref.startswith("refs/tags/")


class Status(StrEnum):
    """How a run or a step stands. A run uses all but ``SKIPPED``; a step neither ``QUEUED`` nor the two of a rollback."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the app's fault
    ERRORED = "errored"  # the machinery's fault
    REJECTED = "rejected"  # the gate's word
    SKIPPED = "skipped"
    ROLLED_BACK = "rolled_back"  # the last good release is verified live again, or there was none to go back to
    ROLLBACK_FAILED = "rollback_failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def is_final(self) -> bool:
        return self not in (Status.QUEUED, Status.RUNNING)

    @property
    def is_over(self) -> bool:
        """Whether it ended with no word on the app: it was not to go on."""
        return self in (Status.CANCELLED, Status.SUPERSEDED)

    @property
    def is_bad(self) -> bool:
        return self in (Status.FAILED, Status.ERRORED, Status.REJECTED)


class Trigger(StrEnum):
    """What asked for a run."""

    PUSH = "push"
    RECONCILE = "reconcile"  # a push that no delivery told of
    API = "api"
    REPLAY = "replay"
    REDELIVERY = "redelivery"
    ROLLBACK = "rollback"

    @property
    def is_wish(self) -> bool:
        """Whether a person or a job asked for this very run."""
        return self not in (Trigger.PUSH, Trigger.RECONCILE)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step came to; times are Unix seconds, ``outputs`` is what later steps and people read."""

    name: str
    status: Status
    started_at: float
    finished_at: float | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def headline(self) -> str:
        """The first line of the reason; a container's last words may follow it."""
        return self.reason.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Run:
    """One passage of one commit through one app's steps.

    Args:
        before: where the ref was before the push; with ``commit`` it says which push this is.
        commit: the commit asked for; empty asks for the tip of ``ref``. What was built is the output ``commit`` of ``pull``.
        ref: the full ref it stands for.
        pinned: built exactly at ``commit``, never moved to a newer tip: a replay, a commit named by a person, every push with ``keep-all``.
        concurrency: what becomes of earlier runs of the same ref, as the app says.
        since: where the ref was before each push it stands for, while none is known to touch what matters; empty when one is.
        heir: took the place of an earlier run, and stands for its push, too.
        delivery: the claim of the delivery (``forge:id``) or of the Idempotency-Key it came from.
        entry: the entry of the log of deliveries it came from, or empty.
        replay_of: the run this one repeats.
        restores: of a rollback, the run whose release it puts back; ``message`` is then the reason given.
        force: rolls out what is known to be bad, too, and makes do with the bounds when the live model cannot be read.
        requested_by: who asked, for people to read.
        fence: number of the attempt that may write; grows with every attempt of any run of the app.
        attempt: how often a worker has begun it.
        condemned: why nothing but what follows a failure is done any more, or empty.
        told: what its forge was told of it, once it was.
    """

    id: str
    app: str
    trigger: Trigger
    ref: str
    commit: str = ""
    before: str = ""
    pinned: bool = False
    concurrency: str = "pending-only"
    since: tuple[str, ...] = ()
    heir: bool = False
    delivery: str = ""
    entry: str = ""
    replay_of: str = ""
    restores: str = ""
    force: bool = False
    requested_by: str = ""
    message: str = ""
    created_at: float = 0.0
    status: Status = Status.QUEUED
    reason: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    fence: int = 0
    attempt: int = 0
    condemned: str = ""
    steps: tuple[StepResult, ...] = ()
    told: Told | None = None

    def result(self, step: str) -> StepResult | None:
        """The newest result of a step, or None when it has not begun."""
        return next((result for result in self.steps if result.name == step), None)

    def outputs(self, step: str) -> Mapping[str, str]:
        result = self.result(step)
        return result.outputs if result else {}

    @property
    def slot(self) -> str:
        """What it shares its place in the line with: the full ref, or nothing but itself when somebody asked for that very commit."""
        return self.id if self.pinned and self.trigger.is_wish else self.ref

    @property
    def rollout_begun(self) -> bool:
        """Whether another release may serve than before: from then on the run goes to its end."""
        return any(step.name in ("rollout", "rollback") and step.status is not Status.SKIPPED for step in self.steps)

    @property
    def built_commit(self) -> str:
        """The commit that ``pull`` settled on, or the one asked for until it has."""
        return self.outputs("pull").get("commit", self.commit)

    def with_result(self, result: StepResult) -> "Run":
        """This run with ``result`` in place of an earlier one of the same step, or behind the others."""
        if self.result(result.name) is None:
            return replace(self, steps=(*self.steps, result))
        return replace(self, steps=tuple(result if old.name == result.name else old for old in self.steps))

    def interrupted(self, status: Status, reason: str, now: float) -> "Run":
        """This run with the step that was under way ended like this: nobody takes it up again."""
        ended = (replace(step, status=status, reason=reason, finished_at=now) for step in self.steps if step.status is Status.RUNNING)
        return reduce(Run.with_result, ended, self)

    @property
    def first_bad(self) -> StepResult | None:
        """The step that decided against the run; a rollback that follows it does not, one that is the run's own business does."""
        own = self.trigger is Trigger.ROLLBACK
        return next((result for result in self.steps if result.status.is_bad and (own or result.name != "rollback")), None)

    @property
    def over(self) -> StepResult | None:
        """The step with which all of it ended, since there was nothing to be done."""
        return next((result for result in self.steps if result.status.is_over), None)

    @property
    def stranded(self) -> bool:
        """Whether it ended with its rollback begun and failed: what serves now is no verified release."""
        return self.status is Status.ROLLBACK_FAILED and "tried" in self.outputs("rollback")

    def verdict(self) -> tuple[Status, str]:
        """The final status and its reason in one line, once every due step has a result; the step's own reason may say more."""
        if over := self.over:
            return over.status, over.headline
        bad = self.first_bad
        if bad is None:
            return Status.SUCCEEDED, ""
        reason = f"{bad.name}: {bad.headline}"
        if self.trigger is Trigger.ROLLBACK:
            return Status.ROLLBACK_FAILED, reason
        rollback = self.result("rollback")
        if rollback is None or rollback.status is Status.SKIPPED:
            return bad.status, reason
        if rollback.status is Status.SUCCEEDED:
            first = rollback.outputs.get("first_release")
            return Status.ROLLED_BACK, f"{reason}; there was no release to go back to, this one is {first}" if first else reason
        return Status.ROLLBACK_FAILED, f"{reason}; rollback: {rollback.headline}"
