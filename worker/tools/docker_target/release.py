"""What the gateway runs of an image that is an engine's, as ``pipeline.yaml`` says it now."""

from pipeline.spec import DockerTarget
from worker.gateway.desired import ContainerRelease


def release(place: DockerTarget, image: str) -> ContainerRelease:
    """The image with its settings; the values of secrets are not among them."""
    return ContainerRelease(
        image=image,
        port=place.container_port,
        readiness=place.readiness,
        variables=dict(place.env),
        secrets=place.secret_env or (),
        memory=place.memory,
        cpus=place.cpus,
        volumes=dict(place.volumes),
        network=place.network,
    )
