"""tag: a name that says the commit, and the digest that is deployed."""

from collections.abc import Mapping

from worker.step import StepContext


def tag(context: StepContext) -> Mapping[str, str]:
    """Name the built image ``git-<first 12 digits of the commit>``, push it where there is a registry, and read its digest back."""
    name = f"git-{context.run.built_commit[:12]}"
    reference = context.tools.images.tag(context.run.outputs("build")["image"], name, context.log)
    context.log(f"{name} is {reference}")
    return {"tag": name, "image": reference}
