"""What an image alone keeps on the engine's disk. Counts; removes nothing."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from docker import DockerClient
from docker.errors import NotFound

Layer = tuple[int, str, int]


class Layers:
    """The layers of the engine's images, each image's asked for once: they never change.

    The engine's own sum (``/system/df``) also walks every volume, and the layers it names on removal are unknown to its newer stores.
    """

    def __init__(self, client: DockerClient) -> None:
        self._client = client
        self._known: dict[str, tuple[Layer, ...]] = {}

    def own_bytes(self, image_id: str) -> int:
        """Bytes of the layers that no other image begins with as this one does."""
        own = self._of(image_id)
        others = [self._of(summary["Id"]) for summary in self._client.api.images() if summary["Id"] != image_id]
        shared = max((_common(own, other) for other in others), default=0)
        return sum(size for _, _, size in own[shared:])

    def _of(self, image_id: str) -> tuple[Layer, ...]:
        """Oldest first; empty for an image that is gone."""
        if image_id not in self._known:
            try:
                self._known[image_id] = _layers(self._client.images.get(image_id).history())
            except NotFound:
                return ()
        return self._known[image_id]


def _layers(history: Sequence[dict[str, Any]]) -> tuple[Layer, ...]:
    return tuple((entry["Created"], entry["CreatedBy"], entry["Size"]) for entry in reversed(history))


def _common(one: Sequence[Layer], other: Sequence[Layer]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
