"""``pushrail cancel``: ends a run before its time, asked of a server over its API."""

from pathlib import Path

import click

from cli.asking import client_of, of_a_server, person


@click.command()
@click.argument("run")
@click.option("--reason", default="", help="Why, for whoever reads the run.")
@of_a_server
def cancel(run: str, reason: str, url: str | None, data_dir: Path | None) -> None:
    """End RUN, unless its rollout has begun."""
    shown = client_of(url, data_dir).cancel(run, {"reason": reason, "by": person()})
    click.echo(f"pushrail: run {shown['id']} of {shown['app']} is cancelled {shown['reason']}")
