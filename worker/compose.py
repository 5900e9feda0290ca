"""Which tools an app gets. Made after the fork, one set for each run; they connect at their first call."""

from functools import partial

from pipeline.errors import SpecError
from pipeline.settings import Settings
from pipeline.spec import App, DockerTarget, KubernetesTarget, LocalTarget
from worker.gateway.address import SOCKET
from worker.gateway.client import Gateway
from worker.step import Tools
from worker.tool import Images, Target
from worker.tools import docker_target, local_target
from worker.tools.docker_images import DockerImages
from worker.tools.docker_images import engine as docker_engine
from worker.tools.gateway_target import GatewayTarget
from worker.tools.git_source import GitSource
from worker.tools.kubernetes_target import KubernetesTarget as KubernetesTool
from worker.tools.kubernetes_target import scale as kubernetes_scale
from worker.tools.local_images import LocalImages
from worker.tools.target_group import TargetGroup


def tools_for(app: App, settings: Settings) -> Tools:
    """Make the tools that ``pipeline.yaml`` asks for.

    Raises:
        SettingsError: a secret they need is not there.
    """
    token = settings.secret(app.source.token_env) if app.source.token_env else None
    return Tools(GitSource(app.source, settings.data_dir / "mirrors", token), _images(app, settings), _target(app, settings))


def gateway_target(app: str, place: LocalTarget | DockerTarget, settings: Settings) -> GatewayTarget:
    """The target of an app that lives on this machine."""
    gateway = Gateway(settings.data_dir / SOCKET)
    if isinstance(place, DockerTarget):
        return GatewayTarget(app, place, partial(docker_target.release, place), gateway)
    return GatewayTarget(app, place, partial(local_target.release, _local_images(app, settings)), gateway)


def scale(app: App, replicas: int) -> list[str]:
    """Ask for so many replicas of an app on Kubernetes.

    Returns:
        What was and what is wanted, a line for each Deployment.

    Raises:
        SpecError: its target is another; pipeline.yaml says how many those have.
        ToolError: an autoscaler decides, or the API server refused.
    """
    if not isinstance(app.target, KubernetesTarget):
        raise SpecError((f"apps.{app.name}.target.replicas: is how many there are with kind {app.target.kind}; change it there",))
    return kubernetes_scale(app.target, replicas)


def _images(app: App, settings: Settings) -> Images:
    if app.image.engine == "local":
        return _local_images(app.name, settings)
    return DockerImages(app.name, app.image.repository, docker_engine.connect)


def _local_images(name: str, settings: Settings) -> LocalImages:
    return LocalImages(name, settings.data_dir, settings.environment)


def _target(app: App, settings: Settings) -> Target:
    if not isinstance(app.target, KubernetesTarget):
        return gateway_target(app.name, app.target, settings)
    several = {place.first: KubernetesTool(app.name, place) for place in app.target.each}
    return several[app.target.first] if len(several) == 1 else TargetGroup(several)
