"""Images with nothing installed: environments are virtual environments, images are folders."""

from worker.tools.local_images.images import LocalImage, LocalImages

__all__ = ["LocalImage", "LocalImages"]
