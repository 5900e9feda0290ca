"""retrain: the model, made anew when something that decides it changed."""

from collections.abc import Mapping, Sequence

from pipeline.errors import StepFailed, StepSkipped
from pipeline.spec import Train
from worker import labels, tree
from worker.step import StepContext
from worker.tool import Command, Limits


def retrain(context: StepContext) -> Mapping[str, str]:
    """Run ``train`` in the app's environment, or take the model of an image that was trained from the same."""
    train = context.app.train
    if train is None:
        raise StepSkipped("the app has no train in pipeline.yaml")
    environment = context.tools.images.environment(context.workspace, context.log)
    if environment is None:
        raise StepSkipped("the Dockerfile has no stage named environment to train in")
    key = tree.combined(environment, *train.command, train.output, tree.digest(context.workspace, _inputs(context, train)))
    if _reused(context, train, key):
        raise StepSkipped("nothing that decides the model changed", _outputs(context, train, environment, key))
    variables = {"PUSHRAIL_COMMIT": context.run.built_commit}
    command = Command(train.command, limits(train, context.settings.timeout), variables, [train.output])
    context.tools.images.run(environment, command, context.workspace, context.log)
    return _outputs(context, train, environment, key)


def _inputs(context: StepContext, train: Train) -> Sequence[str]:
    for pattern in train.inputs:
        if not tree.matches(context.workspace, pattern):
            raise StepFailed(
                f"train.inputs: {pattern} names no file of this commit, so its changes would go unseen; mend it in pipeline.yaml"
            )
    return train.inputs


def limits(train: Train, seconds: float) -> Limits:
    return Limits(seconds=seconds, memory=train.memory, cpus=train.cpus, network=train.network)


def _reused(context: StepContext, train: Train, key: str) -> bool:
    made = context.tools.images.find(labels.TRAIN, key)
    if made is None:
        return False
    context.log(f"the model of {made.id[:19]} was trained from the same inputs, command and environment")
    context.tools.images.extract(made.id, train.output, context.workspace / train.output)
    return True


def _outputs(context: StepContext, train: Train, environment: str, key: str) -> Mapping[str, str]:
    return {"environment": environment, "key": key, "model": tree.digest(context.workspace / train.output)}
