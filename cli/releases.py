"""``pushrail releases`` and ``pushrail rollback``: an app's history and the way back, asked of a server over its API."""

import getpass
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from cli import credentials
from cli.client import Client
from hook_server.show import absolute, short
from pipeline.errors import SettingsError
from pipeline.settings import Settings

DEFAULT_URL = "http://127.0.0.1:8080"


def of_a_server(command: Callable[..., None]) -> Callable[..., None]:
    """The flags of every command that asks a server."""
    folder = click.Path(path_type=Path, file_okay=False)
    command = click.option("--data-dir", type=folder, help="Where `up` keeps the token it made.  [default: .pushrail]")(command)
    return click.option("--url", help=f"The server, instead of PUSHRAIL_URL.  [default: {DEFAULT_URL}]")(command)


@click.command()
@click.argument("app")
@of_a_server
def releases(app: str, url: str | None, data_dir: Path | None) -> None:
    """List the verified releases of APP, newest first."""
    kept = _client(url, data_dir).releases(app)
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
    client = _client(url, data_dir)
    wish = {"reason": reason, "by": _person(), **({"release": run} if run else {})}
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


def _person() -> str:
    """Who is logged in, for the history; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _client(url: str | None, data_dir: Path | None) -> Client:
    settings = Settings.from_env(data_dir=data_dir)
    settings = Settings.from_env(data_dir=data_dir, extra=credentials.kept(settings.data_dir))
    address = url or settings.environment.get("PUSHRAIL_URL") or DEFAULT_URL
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", address):
        raise SettingsError(f"{address} is no address of a server; write it like {DEFAULT_URL}, as --url or PUSHRAIL_URL")
    return Client(address, settings.api_token())
