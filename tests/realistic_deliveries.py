"""A log of deliveries with one of each kind in it, and requests that nobody vouched for."""

from collections.abc import Mapping

from pipeline.deliveries import Deliveries
from pipeline.delivery import Decision, Delivery, Outcome, Received
from pipeline.model import Run, Trigger
from pipeline.refusals import Refusal, Refusals
from pipeline.store import Store

MAIN = "refs/heads/main"


class Log:
    """Writes entries, each some seconds before ``now``."""

    def __init__(self, store: Store, now: float) -> None:
        self._deliveries = Deliveries(store.redis, keep=10_000, days=30)
        self._now = now
        self._number = 0

    def push(self, age: float, message: str, by: str, *decisions: Decision, **changed: object) -> str:
        """Write a push of the repository churn; returns the entry's id."""
        self._number += 1
        more = {"ref": MAIN, "changed": ("features/basket.py", "train.py"), "message": message, "sender": by, **changed}
        push = Delivery(self.guid(), "acme/churn", commit=f"{self._number:x}" * 40, forge="github", event="push", **more)  # type: ignore[arg-type]
        return self._write(Received("github", "push", push.id, self._now - age, {"churn": 1}, push), *decisions)

    def event(self, age: float, name: str, *decisions: Decision) -> str:
        self._number += 1
        return self._write(Received("github", name, self.guid() if name else "", self._now - age, {"churn": 1}), *decisions)

    def guid(self) -> str:
        return f"72d3162e-cc78-11e3-81ab-4c9367dc{self._number:04d}"

    def _write(self, received: Received, *decisions: Decision) -> str:
        return self._deliveries.receive(received, decisions)[0]


def accepted(run: str, app: str = "churn", reason: str = "") -> Decision:
    return Decision(Outcome(app, "accepted", run, reason), Run(run, app, Trigger.PUSH, MAIN, run[-1] * 40, delivery=f"github:{run}"))


def nothing(outcome: str, reason: str, app: str = "churn") -> Decision:
    return Decision(Outcome(app, outcome, reason=reason))


def fill(store: Store, now: float) -> Mapping[str, str]:
    """Write them; returns their ids by kind."""
    log = Log(store, now)
    several = (accepted("d1-a"), nothing("ignored", "no changed path matches iris/**, *.toml", "iris"), accepted("d1-b", "recommender"))
    said = {
        "ping": log.event(90_000, "ping", nothing("pong", "signed with secret 1 of this app")),
        "other": log.event(80_000, "issues", nothing("ignored", "the event issues starts nothing", "")),
        "skipped": log.push(7000, "Fix a typo\n\n[skip ci]", "grace", nothing("ignored", "the commit message says [skip ci]")),
        "deleted": log.push(
            6000,
            "",
            "grace",
            nothing("ignored", "the push is to refs/heads/old, the app follows refs/heads/main"),
            deleted=True,
            ref="refs/heads/old",
        ),
        "several": log.push(4000, "Share the loader", "ada", *several),
        "superseded": log.push(
            300,
            "Weight recent months twice",
            "ada",
            accepted("d2", reason="the push does not say every path it changed, so the path filter let it through"),
            changed=None,
        ),
        "newest": log.push(200, "Log the request id with every prediction", "grace", accepted("d3")),
        "failed": log.event(100, "", nothing("failed", "the payload names a commit that is not 40 or 64 hex digits")),
    }
    reasons = ("missing", "wrong", "malformed")
    refused = [Refusal(now - 60 * age, f"203.0.113.{age}", "/hooks/github", reasons[age % 3], 10 * age or None) for age in range(8, 0, -1)]
    Refusals(store.redis).add({"missing": 2, "wrong": 3017, "malformed": 3}, refused)
    return said
