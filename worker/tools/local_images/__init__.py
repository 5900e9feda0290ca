"""Images with nothing installed: environments are virtual environments, images are folders."""

from worker.tools.local_images.image import LocalImage
from worker.tools.local_images.images import LocalImages

__all__ = ["LocalImage", "LocalImages"]
