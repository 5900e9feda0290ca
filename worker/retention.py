"""Which of an app's images may go. Pure; the engine lists them and removes them."""

from collections.abc import Collection, Sequence

from worker.tool import StoredImage


def removable(images: Sequence[StoredImage], keep: int, protected: Collection[str]) -> list[StoredImage]:
    """Choose the dangling images, then all but the newest ``keep`` of the others; oldest first.

    Args:
        images: this app's, all of them.
        keep: how many named images stay.
        protected: ids and names that must stay whatever their age: live, last good, in use, under this run.
    """
    newest_first = sorted(images, key=lambda image: image.created_at, reverse=True)
    named = [image for image in newest_first if image.tags]
    stay = {image.id for image in named[:keep]}
    return [image for image in reversed(newest_first) if image.id not in stay and not {image.id, *image.tags} & set(protected)]
