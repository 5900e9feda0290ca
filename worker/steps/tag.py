"""tag: a name that says the commit, and the digest that is deployed."""

from collections.abc import Mapping

from pipeline.errors import TagTaken
from worker.step import StepContext


def tag(context: StepContext) -> Mapping[str, str]:
    """Name the built image ``git-<first 12 digits of the commit>``, push it where there is a registry, and read its digest back.

    The same commit can come to other content later (a newer base image, a replay after that): a tag is never moved, so the newcomer's
    also says its content.
    """
    name, images, built = f"git-{context.run.built_commit[:12]}", context.tools.images, context.run.outputs("build")
    try:
        reference = images.tag(built["image"], name, context.log)
    except TagTaken as taken:
        name = f"{name}-{built['content'][:8]}"
        context.log(f"{taken}; this one is {name}")
        reference = images.tag(built["image"], name, context.log)
    context.log(f"{name} is {reference}")
    return {"tag": name, "image": reference}
