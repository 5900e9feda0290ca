"""The act by which runs come to be, ``receive.lua``: decisions → its arguments, and its answer → outcomes. Decides nothing itself."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from pipeline import wakeup
from pipeline.delivery import Decision, Outcome
from pipeline.record import RUN

NO_DELIVERY = ("", 0, 0, "", 0)


def receive(
    do: Callable[..., Any], now: float, decisions: Sequence[Decision], delivery: Sequence[str | bytes | int] = NO_DELIVERY
) -> tuple[str, list[Outcome]]:
    """Accept all that was decided, in one act: the runs, each under its claim, and the delivery they come from into the log.

    Args:
        do: runs a script.
        now: Unix seconds.
        delivery: what to write into the log, how many entries it keeps, and the oldest (milliseconds); the repository whose deliveries
            are counted, and how many it may send in a minute.

    Returns:
        The log's entry, or nothing when it is no delivery; and what each decision came to.
    """
    entry, *said = do("receive", now, *delivery, *(part for decision in decisions for part in _written(decision)))
    texts = [text.decode() for text in said]
    answers = zip(decisions, texts[::3], texts[1::3], texts[2::3], strict=True)
    return entry.decode(), [Outcome(decision.outcome.app, *answer) for decision, *answer in answers]


def _written(decision: Decision) -> tuple[bytes, bytes, bytes]:
    """What was decided, the run's record and its job's fields, each of these JSON, or nothing."""
    outcome, run = decision.outcome, decision.run
    ref, commit = decision.settles if run is None else (run.ref, run.commit)
    decided = {"app": outcome.app, "outcome": outcome.outcome, "reason": outcome.reason, "ref": ref, "commit": commit}
    if run is None:
        return orjson.dumps(decided), b"", b""
    job, fields = wakeup.job(run.id, 1)
    wanted = {
        "run": run.id,
        "claim": run.delivery,
        "slot": run.slot,
        "before": run.before,
        "since": " ".join(run.since),
        "policy": run.concurrency,
        "trigger": run.trigger,
        "job": job,
    }
    return orjson.dumps(decided | wanted), RUN.dump_json(run), fields
