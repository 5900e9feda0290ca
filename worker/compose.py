"""Which tools an app gets. Made after the fork, one set for each run."""

from pipeline.settings import Settings
from pipeline.spec import App, KubernetesTarget
from worker.step import Tools
from worker.tool import Images, Target
from worker.tools.docker_images import DockerImages
from worker.tools.git_source import GitSource
from worker.tools.kubernetes_target import KubernetesTarget as KubernetesTool
from worker.tools.local_images import LocalImages
from worker.tools.local_target import LocalTarget as LocalTool


def tools_for(app: App, settings: Settings) -> Tools:
    """Make the tools that ``pipeline.yaml`` asks for.

    Raises:
        SettingsError: a secret they need is not there.
        ToolError: an engine or a cluster does not answer.
    """
    token = settings.secret(app.source.token_env) if app.source.token_env else None
    return Tools(GitSource(app.source, settings.data_dir / "mirrors", token), _images(app, settings), _target(app, settings))


def _images(app: App, settings: Settings) -> Images: ...


def _target(app: App, settings: Settings) -> Target: ...
