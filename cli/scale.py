"""``pushrail scale``: how many replicas an app has on Kubernetes."""

from pathlib import Path

import click

from cli.flags import common
from pipeline.settings import Settings
from pipeline.spec import load
from worker import compose


@click.command()
@common
@click.argument("app")
@click.argument("replicas", type=click.IntRange(0))
def scale(config: Path | None, data_dir: Path | None, redis_url: str | None, app: str, replicas: int) -> None:
    """Set how many REPLICAS of APP run on Kubernetes; a rollout never changes their number."""
    spec = load(Settings.from_env(config, data_dir, redis_url).config)
    for line in compose.scale(spec.app(app), replicas):
        click.echo(line)
