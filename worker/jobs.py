"""The RQ entry: a run's id in, its final state out. Composes one attempt of store, log, workspace, tools and runner."""

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rq import get_current_job

from pipeline.connection import impatient, patient
from pipeline.errors import Fenced, PushrailError, SpecError
from pipeline.model import Release, Run, Status
from pipeline.run_log import RunLog
from pipeline.settings import Settings
from pipeline.spec import App, Spec, Step, load
from pipeline.store import Store
from worker.compose import tools_for
from worker.runner import Around, Save, run_steps
from worker.step import StepContext, Tools
from worker.step_log import StepLog
from worker.steps import STEPS
from worker.steps.verify import predictions

logger = logging.getLogger(__name__)


def perform(run_id: str) -> str:
    """Take one run as far as it goes; called by RQ in a forked child.

    Returns:
        What the run came to, for RQ's own records.
    """
    settings = Settings.from_env()
    store = Store(patient(settings.redis_url))
    job = get_current_job()
    run = store.begin(run_id, (job.worker_name if job else None) or "worker", time.time())
    if run is None:
        return "not this worker's"
    try:
        done, release = _attempt(run, store, settings)
        store.finish(done, release)
    except Fenced as error:
        logger.warning("%s", error)
        return "fenced"
    return str(done.status)


def _attempt(run: Run, store: Store, settings: Settings) -> tuple[Run, Release | None]:
    try:
        spec = load(settings.config)
        app = _app(spec, run)
        tools = tools_for(app, settings)
        with _log(run, spec, settings) as log, _workspace(run, settings) as workspace:
            return _through(run, app, tools, store, workspace, log)
    except Fenced:
        raise
    except PushrailError as error:
        return replace(run, status=Status.ERRORED, reason=str(error), finished_at=time.time()), None


def _through(run: Run, app: App, tools: Tools, store: Store, workspace: Path, log: StepLog) -> tuple[Run, Release | None]:
    live = store.live(app.name) or _served_before(run, app, tools)

    def context(now: Run, entry: Step, save: Save) -> StepContext:
        return StepContext(now, app, entry.settings, live, workspace, tools, log.line, save)

    log.line(f"run {run.id} of {app.name}, attempt {run.attempt}")
    done = run_steps(run, app.steps, STEPS, Around(context, store.record, log.line))
    log.line(f"run {run.id} {done.status}{f': {done.reason}' if done.reason else ''}")
    return done, _release(done, app, tools, workspace)


def _served_before(run: Run, app: App, tools: Tools) -> Release | None:
    """Before the first release of ours, what serves complete and healthy is what a bad one gives way to again."""
    template = tools.target.snapshot() if app.releases and run.attempt == 1 else None
    return Release(run.app, "", "", "", "", template, "", run.created_at) if template else None


def _release(run: Run, app: App, tools: Tools, workspace: Path) -> Release | None:
    """What this run has verified, to be restored when a later one is bad; None when it put nothing live."""
    image = run.outputs("tag").get("image")
    template = tools.target.snapshot() if app.releases and run.status is Status.SUCCEEDED else None
    if image is None or template is None:
        return None
    return Release(
        app=app.name,
        run=run.id,
        commit=run.built_commit,
        image=image,
        image_id=run.outputs("build")["image"],
        template=template,
        golden=predictions(workspace, app),
        verified_at=time.time(),
    )


def _app(spec: Spec, run: Run) -> App:
    if run.app not in spec.apps:
        raise SpecError((f"apps.{run.app}: is not in this worker's pipeline.yaml any more",))
    return spec.apps[run.app]


def _log(run: Run, spec: Spec, settings: Settings) -> StepLog:
    shared = RunLog(impatient(settings.redis_url))
    path = settings.data_dir / "logs" / f"{run.id}.log"
    return StepLog(path, lambda text: shared.append(run.id, text), settings.hidden(spec))


@contextmanager
def _workspace(run: Run, settings: Settings) -> Iterator[Path]:
    """A folder of this attempt's own; what an attempt that was killed left behind goes first."""
    folder = settings.data_dir / "workspaces" / run.id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield Path(tempfile.mkdtemp(dir=folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
