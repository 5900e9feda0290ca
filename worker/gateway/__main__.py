"""``python -m worker.gateway``: the gateway of an installation, with the live releases it brings back."""

import logging
from collections.abc import Iterator

from pipeline import logs
from pipeline.connection import patient
from pipeline.errors import ToolError
from pipeline.releases import Releases
from pipeline.settings import Settings
from pipeline.spec import DockerTarget, KubernetesTarget, Spec, load
from worker.compose import gateway_target
from worker.gateway.address import SOCKET
from worker.gateway.desired import Desired
from worker.gateway.serve import serve
from worker.tools import docker_target
from worker.tools.docker_images import engine

_log = logging.getLogger(__name__)


def main() -> None:
    """Serve until SIGTERM; what is live by our own record serves again from the start."""
    logs.begin("gateway")
    settings = Settings.from_env()
    spec = load(settings.config)
    live = list(_live(spec, Releases(patient(settings.redis_url)), settings))
    serve(settings.data_dir / SOCKET, settings.data_dir / "logs" / "replicas", live, containers=_containers(spec, settings))


def _containers(spec: Spec, settings: Settings) -> docker_target.Containers | None:
    """None where no app needs an engine, which need not be there then."""
    if not any(isinstance(app.target, DockerTarget) for app in spec.apps.values()):
        return None
    return docker_target.Containers(docker_target.installation(settings.data_dir), engine.connect, settings.secret)


def _live(spec: Spec, releases: Releases, settings: Settings) -> Iterator[Desired]:
    for app in spec.apps.values():
        if isinstance(app.target, KubernetesTarget) or (release := releases.live(app.name)) is None:
            continue
        try:
            yield gateway_target(app.name, app.target, settings).desired(release.template)
        except ToolError as error:
            _log.error("%s: its live release cannot come back: %s", app.name, error)


if __name__ == "__main__":
    main()
