"""prune: this app's images that nobody needs any more."""

from collections.abc import Mapping

from worker import retention
from worker.step import StepContext


def prune(context: StepContext) -> Mapping[str, str]:
    """Remove dangling images and all but the newest ``image.keep``; never the live one, one in use, or this run's.

    The images of the newest ``image.keep`` releases stay as well: bad ones in between must not take away what one can go back to.
    """
    images, live = context.tools.images, context.live
    protected = {context.run.outputs("build").get("image", ""), context.run.outputs("tag").get("image", "")}
    protected |= {live.image, live.image_id} if live else set()
    protected |= {name for release in context.releases[: context.app.image.keep] for name in (release.image, release.image_id)}
    protected |= context.tools.target.in_use() if context.app.releases else set()
    chosen = retention.removable(images.stored(), context.app.image.keep, protected)
    freed = sum(images.remove(image.id) for image in chosen)
    left = {image.id for image in images.stored()}
    removed = sum(image.id not in left for image in chosen)  # the engine keeps what a container stands on
    context.log(f"{removed} images removed, {freed / 1e6:.1f} MB freed")
    return {"removed": str(removed), "freed_bytes": str(freed)}
