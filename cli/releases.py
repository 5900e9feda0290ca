"""``pushrail releases`` and ``pushrail rollback``: an app's history and the way back, asked of a server over its API."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from cli.asking import client_of, of_a_server, person
from hook_server.show import absolute, short


@click.command()
@click.argument("app")
@of_a_server
def releases(app: str, url: str | None, data_dir: Path | None) -> None:
    """List the verified releases of APP, newest first."""
    kept = client_of(url, data_dir).releases(app)
    for line in [line for release in kept for line in told(release)] or [f"{app} has no verified release yet"]:
        click.echo(line)


@click.command()
@click.argument("app")
@click.option(
    "--to", "run", metavar="RUN", default="", help="The run of the release, as `pushrail releases` lists it.  [default: before live]"
)
@click.option("--reason", required=True, help="Why, for the history.")
@of_a_server
def rollback(app: str, run: str, reason: str, url: str | None, data_dir: Path | None) -> None:
    """Put a verified release of APP back and watch it to its end."""
    client = client_of(url, data_dir)
    wish = {"reason": reason, "by": person(), **({"release": run} if run else {})}
    asked = client.roll_back(app, wish)
    click.echo(f"pushrail: run {asked['id']} goes back to the release of run {asked['restores']}")
    for shown, text in client.follow(asked["id"]):
        click.echo(text, nl=False)
        asked = shown
    sys.exit(0 if asked["status"] == "succeeded" else 1)


def told(release: Mapping[str, Any]) -> Iterator[str]:
    """A release as one line, and a second one when somebody rolled back from it."""
    mark = release["withdrawn"]
    state = "live" if release["live"] else "withdrawn" if mark else "earlier"
    metrics = "".join(f"  {name} {value}" for name, value in release["metrics"].items())
    when = absolute(release["verified_at"])
    yield f"{state:<9}  {release['run']}  {short(release['commit'])}  {when}  {release['requested_by']:<12}  {release['message']}{metrics}"
    if mark:
        yield f"{'':<9}  {mark['by']} rolled back from it at {absolute(mark['at'])} in run {mark['run']}: {mark['reason']}"
