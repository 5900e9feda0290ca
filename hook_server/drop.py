"""A branch or a tag was deleted: what waits of it in each app is cancelled, and what is decided on the delivery says so."""

from collections.abc import Iterable
from dataclasses import replace

from hook_server.accept import one_line
from pipeline.delivery import Decision, Delivery
from pipeline.store import Store


def dropped(push: Delivery, decisions: Iterable[Decision], store: Store, now: float) -> list[Decision]:
    """Cancel it; ``now`` is in Unix seconds. An app that does not follow the ref has nothing that waits of it."""
    return [_dropped(push, decision, store, now) for decision in decisions]


def _dropped(push: Delivery, decision: Decision, store: Store, now: float) -> Decision:
    outcome = decision.outcome
    why = f"{one_line(push.sender) or 'a push'} deleted {one_line(push.ref)}"
    cancelled = store.drop(outcome.app, push.ref, push.before, why, now) if outcome.app else []
    if not cancelled:
        return decision
    return replace(decision, outcome=replace(outcome, reason=f"{outcome.reason}; what waited of it is cancelled: {', '.join(cancelled)}"))
