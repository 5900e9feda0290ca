"""prune: this app's images that nobody needs any more."""

from collections.abc import Mapping

from worker import retention
from worker.step import StepContext


def prune(context: StepContext) -> Mapping[str, str]:
    """Remove dangling images and all but the newest ``image.keep``; never the live one, one in use, or this run's."""
    images, live = context.tools.images, context.live
    protected = {context.run.outputs("build").get("image", ""), context.run.outputs("tag").get("image", "")}
    protected |= {live.image, live.image_id} if live else set()
    protected |= context.tools.target.in_use()
    freed = {image.id: images.remove(image.id) for image in retention.removable(images.stored(), context.app.image.keep, protected)}
    context.log(f"{len(freed)} images removed, {sum(freed.values()) / 1e6:.1f} MB freed")
    return {"removed": str(len(freed)), "freed_bytes": str(sum(freed.values()))}
