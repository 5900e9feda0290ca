"""verify: the release stays healthy and answers as its model said it would."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.model import Release
from pipeline.spec import App, VerifySettings
from worker import golden
from worker.step import StepContext


def verify(context: StepContext) -> Mapping[str, str]:
    """Soak, then ask the golden predictions through the Service."""
    settings = context.settings
    assert isinstance(settings, VerifySettings)
    template = context.tools.target.hold(context.run.outputs("tag")["image"], context.run, settings.soak, context.log)
    said = predictions(context.workspace, context.app)
    if said:
        golden.check(context.tools.target, said, settings.latency, context.log)
    else:
        context.log(f"the model brings no {golden.FILE}: healthy is all that was verified")
    context.verified(_release(context, template, said))
    return {"golden": "as at evaluation" if said else "none"}


def _release(context: StepContext, template: str, said: str) -> Release:
    return Release(
        app=context.app.name,
        run=context.run.id,
        commit=context.run.built_commit,
        image=context.run.outputs("tag")["image"],
        image_id=context.run.outputs("build")["image"],
        template=template,
        golden=said,
        verified_at=0.0,
    )


def predictions(workspace: Path, app: App) -> str:
    """The golden predictions of the model in the workspace as JSON text, or the empty text when it brings none."""
    path = workspace / (app.train.output if app.train else "") / golden.FILE
    return path.read_text("utf-8") if path.is_file() else ""
