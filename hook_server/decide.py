"""A signed event → what each app makes of it. Pure: the clock and the ids are arguments; no store, no HTTP."""

from collections.abc import Callable, Iterable, Mapping

from hook_server import accept
from hook_server.forges.request import Event, OtherEvent, Ping
from pipeline.delivery import Decision, Delivery, Outcome
from pipeline.spec import App


def decided(
    event: Event,
    signers: Mapping[str, int],
    apps: Iterable[App],
    *,
    new_id: Callable[[float], str],
    now: float,
    asked: bool = False,
) -> list[Decision]:
    """Decide for each app that the event concerns.

    Args:
        signers: by app, which of its secrets signed the event, counted from 1.
        new_id: a run's id for the time it is given.
        now: Unix seconds.
        asked: a person sends the event through once more.
    """
    match event:
        case Ping():
            return [_nothing(app, "pong", _greeting(event, position)) for app, position in signers.items()]
        case OtherEvent():
            return [_nothing("", "ignored", f"the event {event.name} starts nothing")]
        case Delivery():
            addressed = accept.addressed(event, apps, signers)
            return [_decision(event, app, new_id(now), now, asked) for app in addressed] or [_unaddressed(event)]


def _greeting(ping: Ping, position: int) -> str:
    return "; ".join(filter(None, [f"signed with secret {position} of this app", ping.remark]))


def _decision(delivery: Delivery, app: App, run_id: str, now: float, asked: bool) -> Decision:
    run = accept.accept(delivery, app, run_id=run_id, now=now, asked=asked)
    if isinstance(run, accept.Ignored):
        ours = delivery.ref == app.source.ref and not delivery.deleted and not run.alarming
        settles = (delivery.ref, delivery.commit) if ours else ("", "")
        return Decision(Outcome(app.name, "ignored", reason=run.reason), settles=settles, alarming=run.alarming)
    return Decision(Outcome(app.name, "accepted", run_id, accept.note(delivery, app)), run)


def _unaddressed(delivery: Delivery) -> Decision:
    return _nothing("", "ignored", f"no app of {accept.one_line(delivery.repository)} has the secret that signed this")


def _nothing(app: str, outcome: str, reason: str) -> Decision:
    return Decision(Outcome(app, outcome, reason=reason))
