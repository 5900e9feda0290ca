"""build: environment, code and model as one image."""

from collections.abc import Mapping

from worker import labels, tree
from worker.step import StepContext


def build(context: StepContext) -> Mapping[str, str]:
    """Package the workspace, or find the image that was packaged from the same content."""
    trained = context.run.outputs("retrain")
    content = tree.combined(trained.get("environment", ""), tree.digest(context.workspace))
    if made := context.tools.images.find(labels.CONTENT, content):
        context.log(f"{made.id[:19]} was built from the same content")
        return {"image": made.id, "content": content, "reused": "yes"}
    marks = {labels.CONTENT: content} | ({labels.TRAIN: trained["key"]} if "key" in trained else {})
    image = context.tools.images.build(context.workspace, marks, context.log)
    context.log(f"{image.id[:19]}, {image.size / 1e6:.1f} MB")
    return {"image": image.id, "content": content, "reused": "no"}
