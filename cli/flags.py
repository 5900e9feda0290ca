"""The flags every command has."""

from collections.abc import Callable
from pathlib import Path

import click


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--config``, ``--data-dir`` and ``--redis``; each beats its PUSHRAIL_* variable."""
    folder = click.Path(path_type=Path, file_okay=False)
    command = click.option("--config", type=click.Path(path_type=Path), help="The pipeline.yaml.  [default: pipeline.yaml]")(command)
    command = click.option("--data-dir", type=folder, help="Where state is kept.  [default: .pushrail]")(command)
    return click.option("--redis", "redis_url", metavar="URL", help="The Redis to use.")(command)
