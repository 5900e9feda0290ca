"""evaluate: the candidate model against what is required, and against the live model on the same held-out data."""

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import StepFailed, StepRejected, StepSkipped, ToolError
from pipeline.spec import Evaluate, Train
from worker import gate, tree
from worker.step import StepContext
from worker.steps.retrain import limits
from worker.tool import Command

SCRATCH = ".pushrail"


def evaluate(context: StepContext) -> Mapping[str, str]:
    """Judge both models with the candidate's code; StepRejected leaves the live model alone."""
    train, how = context.app.train, context.app.evaluate
    if train is None or how is None:
        raise StepSkipped("the app has no evaluate in pipeline.yaml")
    environment = context.run.outputs("retrain").get("environment")
    if environment is None:
        raise StepSkipped("there is no candidate model: retrain made none")
    try:
        return _judge(context, train, how, environment)
    finally:
        shutil.rmtree(context.workspace / SCRATCH, ignore_errors=True)


def _judge(context: StepContext, train: Train, how: Evaluate, environment: str) -> Mapping[str, str]:
    candidate = _metrics(context, train, how, environment, train.output)
    live = _live_metrics(context, train, how, environment, candidate)
    outputs = {name: f"{value:.6g}" for name, value in candidate.items()}
    outputs |= {f"live {name}": f"{value:.6g}" for name, value in (live or {}).items()}
    context.log(", ".join(f"{name} {value}" for name, value in outputs.items()))
    if said := gate.objections(candidate, live, how.require):
        context.save(outputs)
        raise StepRejected("; ".join(said))
    return outputs


def _live_metrics(context: StepContext, train: Train, how: Evaluate, environment: str, candidate: gate.Metrics) -> gate.Metrics | None:
    if context.live is None or not context.live.image:
        context.log("no live model to compare with")
        return None
    folder = context.workspace / SCRATCH / "live"
    try:
        context.tools.images.extract(context.live.image, train.output, folder)
    except (ToolError, StepFailed) as error:
        said = f"the live model cannot be read from {context.live.image}: {error}"
        if not context.run.force:
            raise ToolError("evaluate", f"{said}; a run with force is judged by the bounds alone") from error
        context.log(f"{said}; by force only the bounds count")
        return None
    if tree.digest(folder) == context.run.outputs("retrain").get("model"):
        context.log("the candidate is the live model, byte for byte")
        return candidate
    try:
        return _metrics(context, train, how, environment, f"{SCRATCH}/live")
    except StepFailed as error:  # a new model format must be able to go live; the bounds still hold
        context.log(f"this commit's code cannot judge the live model, so only the bounds count: {error}")
        return None


def _metrics(context: StepContext, train: Train, how: Evaluate, environment: str, model: str) -> gate.Metrics:
    written = f"{SCRATCH}/metrics.json"
    (context.workspace / SCRATCH).mkdir(exist_ok=True)
    variables = {"PUSHRAIL_MODEL_DIR": model, "PUSHRAIL_METRICS": written, "PUSHRAIL_COMMIT": context.run.built_commit}
    command = Command(how.command, limits(train, context.settings.timeout), variables, [written])
    context.tools.images.run(environment, command, context.workspace, context.log)
    return _read(context.workspace / written)


def _read(path: Path) -> gate.Metrics:
    try:
        said = json.loads(path.read_text("utf-8"))
        return {str(name): float(value) if value is not None else math.nan for name, value in said.items()}
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise StepFailed(f"evaluate.command must write a flat JSON object of numbers to $PUSHRAIL_METRICS: {error}") from error
