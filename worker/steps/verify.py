"""verify: the release stays healthy and answers as its model said it would."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.release import Release
from pipeline.spec import App, VerifySettings
from worker import golden
from worker.step import StepContext


def verify(context: StepContext) -> Mapping[str, str]:
    """Soak, then ask the golden predictions through the Service."""
    settings = context.settings
    assert isinstance(settings, VerifySettings)
    release = _restored(context, context.restores) if context.restores else _built(context)
    template = context.tools.target.hold(release.image, context.run, settings.soak, context.log)
    if release.golden:
        golden.check(context.tools.target, release.golden, settings.latency, context.log)
    else:
        context.log(f"the model brings no {golden.FILE}: healthy is all that was verified")
    context.verified(replace(release, template=template))
    return {"golden": "as at evaluation" if release.golden else "none"}


def _built(context: StepContext) -> Release:
    run = context.run
    built = run.outputs("build")
    return Release(
        app=context.app.name,
        run=run.id,
        commit=run.built_commit,
        image=run.outputs("tag")["image"],
        image_id=built["image"],
        template="",
        golden=predictions(context.workspace, context.app),
        verified_at=0.0,
        content=built["content"],
        message=run.outputs("pull").get("message", run.message),
        model=run.outputs("retrain").get("model", ""),
        metrics={name: value for name, value in run.outputs("evaluate").items() if not name.startswith("live ")},
        revision=run.outputs("rollout").get("revision", ""),
        requested_by=run.requested_by,
    )


def _restored(context: StepContext, release: Release) -> Release:
    """What a rollback put back, as this run's: its own entry in the history."""
    return replace(
        release,
        run=context.run.id,
        built_by=release.origin,
        requested_by=context.run.requested_by,
        revision=context.run.outputs("rollback").get("revision", ""),
        withdrawn=None,
    )


def predictions(workspace: Path, app: App) -> str:
    """The golden predictions of the model in the workspace as JSON text, or the empty text when it brings none."""
    path = workspace / (app.train.output if app.train else "") / golden.FILE
    return path.read_text("utf-8") if path.is_file() else ""
