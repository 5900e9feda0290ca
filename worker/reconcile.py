"""The reconciler: a push whose delivery never came is found where it is, on the branch itself.

Forges do not send a delivery again by themselves (https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries),
and some pushes they send none for.
"""

import logging
import secrets
from collections.abc import Callable, Iterable

from pipeline.errors import SettingsError, StepFailed, ToolError
from pipeline.model import Run, Trigger
from pipeline.run_id import new_run_id
from pipeline.spec import App, Spec
from pipeline.store import Store
from pipeline.tips import Tips

EVERY_SECONDS = 180.0
GRACE_SECONDS = 20.0
"""How long a delivery may be on its way: a commit that is new for so long was not told of."""

WHO = "the reconciler"
Tip = Callable[[App], str]
"""Asks the repository where the app's branch is; raises StepFailed, ToolError or SettingsError."""

logger = logging.getLogger(__name__)


def followed(spec: Spec) -> list[App]:
    """The apps that follow a branch and are switched on."""
    return [app for app in spec.apps.values() if app.enabled and app.source.ref]


def reconcile(
    apps: Iterable[App], tip: Tip, store: Store, unseen: set[str], wait: Callable[[float], bool], clock: Callable[[], float]
) -> None:
    """Start what is missing: for each app whose branch is at a commit that nothing is known of, one run.

    Args:
        unseen: the apps whose repository could not be asked the last time; it is kept up to date, so that each is told of once.
        wait: waits for so many seconds; true ends the round.
        clock: Unix seconds.
    """
    tips = Tips(store.redis)
    missed = {app: commit for app in apps if (commit := _missed(app, tip, tips, unseen))}
    if missed and not wait(GRACE_SECONDS):
        for app, commit in missed.items():
            _start(app, commit, tips, store, clock())


def _missed(app: App, tip: Tip, tips: Tips, unseen: set[str]) -> str:
    """The commit the app's branch is at when nothing is known of it, else nothing."""
    commit, ref = _asked(app, tip, unseen), app.source.ref
    if not commit or tips.seen(app.name, ref, commit):
        return ""
    if tips.baseline(app.name, ref, commit):
        logger.info("%s: %s is at %s at first sight; nothing is started for that", app.name, app.source.branch, commit)
        return ""
    return commit


def _asked(app: App, tip: Tip, unseen: set[str]) -> str:
    try:
        commit = tip(app)
    except (StepFailed, ToolError, SettingsError) as error:
        if app.name not in unseen:
            logger.warning("%s: its branch cannot be looked at, pushes that no delivery tells of stay unknown: %s", app.name, error)
        unseen.add(app.name)
        return ""
    if app.name in unseen:
        unseen.remove(app.name)
        logger.info("%s: its branch can be looked at again", app.name)
    return commit


def _start(app: App, commit: str, tips: Tips, store: Store, now: float) -> None:
    ref, active = app.source.ref, store.active(app.name)
    on_its_way = active and active.ref == ref and not active.pinned and not active.outputs("pull")  # it builds where the branch is
    if on_its_way or tips.seen(app.name, ref, commit):
        return
    before = tips.newest(app.name, ref)
    run = Run(
        id=new_run_id(now, secrets.token_hex(3)),
        app=app.name,
        trigger=Trigger.RECONCILE,
        ref=ref,
        commit=commit,
        before=before,
        since=(before,) if app.source.filtered else (),
        pinned=app.concurrency == "keep-all",
        concurrency=app.concurrency,
        delivery=f"reconcile:{ref}:{commit}",
        requested_by=WHO,
        created_at=now,
    )
    kept = store.accept(run)
    if not kept.duplicate:
        logger.warning("%s: no delivery told of %s on %s; run %s builds it", app.name, commit, app.source.branch, kept.run)
