"""The RQ entry: a run's id in, its final state out. Composes one attempt of store, log, workspace, tools and runner."""

import logging
import time
from dataclasses import dataclass, field, replace

from rq import get_current_job

from pipeline.connection import impatient, patient
from pipeline.errors import Fenced, PushrailError, SpecError
from pipeline.model import Run, Status
from pipeline.plan import planned
from pipeline.release import Release, withdrawn
from pipeline.releases import Releases
from pipeline.run_log import RunLog
from pipeline.settings import Settings
from pipeline.spec import App, Spec, Step, load
from pipeline.store import Store
from worker.compose import tools_for
from worker.halt import Halted
from worker.runner import Around, Save, run_steps
from worker.step import StepContext
from worker.step_log import StepLog
from worker.steps import STEPS
from worker.workspace import workspace

REFUSALS_SECONDS = 300.0
"""How long a Redis that refuses to write (full, read-only, just back) is waited for before a run gives up."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """What the steps hand over beside their outputs: the releases this run verified, the last of them counts."""

    verified: list[Release] = field(default_factory=list)

    def release(self, run: Run) -> Release | None:
        """What goes live with the end of the run; the time is that end's."""
        if run.status is not Status.SUCCEEDED or not self.verified or run.finished_at is None:
            return None
        return replace(self.verified[-1], verified_at=run.finished_at)


def perform(run_id: str) -> str:
    """Take one run as far as it goes; called by RQ in a forked child.

    Returns:
        What the run came to, for RQ's own records.
    """
    settings = Settings.from_env()
    store = Store(patient(settings.redis_url), REFUSALS_SECONDS)
    job = get_current_job()
    run = store.begin(run_id, (job.worker_name if job else None) or "worker", time.time())
    if run is None:
        return "not this worker's"
    kept = Kept()
    try:
        done = _attempt(run, store, settings, kept)
        _finish(done, kept.release(done), store)
    except Fenced as error:
        logger.warning("%s", error)
        return "fenced"
    except Halted:
        return "halted"
    return str(done.status)


def _finish(run: Run, release: Release | None, store: Store) -> None:
    if run.status is Status.ROLLBACK_FAILED:
        logger.error("run %s of %s: the rollback failed, and nothing more is tried by itself: %s", run.id, run.app, run.reason)
    store.finish(run, release, withdrawn(Releases(store.redis).live(run.app), run, release))


def _attempt(run: Run, store: Store, settings: Settings, kept: Kept) -> Run:
    try:
        spec = load(settings.config)
        return _through(run, _app(spec, run), spec, store, settings, kept)
    except Fenced:
        raise
    except PushrailError as error:
        logger.exception("run %s", run.id)
        return replace(run, status=Status.ERRORED, reason=str(error), finished_at=time.time())


def _through(run: Run, app: App, spec: Spec, store: Store, settings: Settings, kept: Kept) -> Run:
    tools, known = tools_for(app, settings), Releases(store.redis)
    with _log(run, spec, settings) as log, workspace(settings.data_dir / "workspaces", run) as folder:

        def adopt(release: Release) -> None:
            store.adopt(run, replace(release, verified_at=time.time()))

        def context(now: Run, entry: Step, save: Save) -> StepContext:
            content = now.outputs("build").get("content", "")
            history = known.live(app.name), verified, known.bad(app.name, [content]).get(content)
            return StepContext(now, app, entry.settings, *history, folder, tools, log.line, save, adopt, kept.verified.append)

        verified = known.verified(app.name)
        log.line(f"run {run.id} of {app.name}, attempt {run.attempt}")
        try:
            done = run_steps(run, planned(app, run), STEPS, Around(context, store.record, log.line))
        except Halted:
            log.line(f"run {run.id} was ended from outside; this attempt stops")
            raise
        log.line(f"run {run.id} {done.status}{f': {done.reason}' if done.reason else ''}")
    return done


def _app(spec: Spec, run: Run) -> App:
    if run.app not in spec.apps:
        raise SpecError((f"apps.{run.app}: is not in this worker's pipeline.yaml any more",))
    return spec.apps[run.app]


def _log(run: Run, spec: Spec, settings: Settings) -> StepLog:
    shared = RunLog(impatient(settings.redis_url))
    path = settings.data_dir / "logs" / f"{run.id}.log"
    return StepLog(path, lambda text: shared.append(run.id, text), settings.hidden(spec))
