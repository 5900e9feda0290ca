"""Which tools an app gets. Made after the fork, one set for each run; they connect at their first call."""

from pipeline.settings import Settings
from pipeline.spec import App, LocalTarget
from worker.gateway.address import SOCKET
from worker.gateway.client import Gateway
from worker.step import Tools
from worker.tool import Images, Target
from worker.tools.docker_images import DockerImages
from worker.tools.docker_images import engine as docker_engine
from worker.tools.git_source import GitSource
from worker.tools.kubernetes_target import KubernetesTarget
from worker.tools.local_images import LocalImages
from worker.tools.local_target import LocalTarget as LocalTool
from worker.tools.target_group import TargetGroup


def tools_for(app: App, settings: Settings) -> Tools:
    """Make the tools that ``pipeline.yaml`` asks for.

    Raises:
        SettingsError: a secret they need is not there.
    """
    token = settings.secret(app.source.token_env) if app.source.token_env else None
    return Tools(GitSource(app.source, settings.data_dir / "mirrors", token), _images(app, settings), _target(app, settings))


def local_target(name: str, target: LocalTarget, settings: Settings) -> LocalTool:
    return LocalTool(name, target, _local_images(name, settings).unpack, Gateway(settings.data_dir / SOCKET))


def _images(app: App, settings: Settings) -> Images:
    if app.image.engine == "local":
        return _local_images(app.name, settings)
    return DockerImages(app.name, app.image.repository, docker_engine.connect)


def _local_images(name: str, settings: Settings) -> LocalImages:
    return LocalImages(name, settings.data_dir, settings.environment)


def _target(app: App, settings: Settings) -> Target:
    if isinstance(app.target, LocalTarget):
        return local_target(app.name, app.target, settings)
    several = {place.first: KubernetesTarget(app.name, place) for place in app.target.each}
    return several[app.target.first] if len(several) == 1 else TargetGroup(several)
