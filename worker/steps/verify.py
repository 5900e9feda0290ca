"""verify: the release stays healthy and answers as its model said it would."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.spec import App, VerifySettings
from worker import golden
from worker.step import StepContext


def verify(context: StepContext) -> Mapping[str, str]:
    """Soak, then ask the golden predictions through the Service."""
    settings = context.settings
    assert isinstance(settings, VerifySettings)
    context.tools.target.hold(context.run, settings.soak, context.log)
    said = predictions(context.workspace, context.app)
    if not said:
        context.log(f"the model brings no {golden.FILE}: healthy is all that was verified")
        return {"golden": "none"}
    golden.check(context.tools.target, said, settings.latency, context.log)
    return {"golden": "as at evaluation"}


def predictions(workspace: Path, app: App) -> str:
    """The golden predictions of the model in the workspace as JSON text, or the empty text when it brings none."""
    path = workspace / (app.train.output if app.train else "") / golden.FILE
    return path.read_text("utf-8") if path.is_file() else ""
