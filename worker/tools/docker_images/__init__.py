"""Images by a Docker engine and its registry; the only importers of docker."""

from worker.tools.docker_images.images import DockerImages

__all__ = ["DockerImages"]
