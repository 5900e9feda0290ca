"""What the gateway runs of an image that is a folder; ``gateway_target`` does the rest."""

from worker.gateway.desired import FolderRelease
from worker.tools.local_images import LocalImages


def release(images: LocalImages, image: str) -> FolderRelease:
    """The folder of an image reference and how it is run; ToolError when it is gone."""
    found = images.unpack(image)
    return FolderRelease(image, str(found.folder), found.command, str(found.bin), dict(found.variables))
