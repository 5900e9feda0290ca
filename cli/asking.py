"""What commands that ask a server have in common: which one, with which token, in whose name."""

import getpass
import re
from collections.abc import Callable
from pathlib import Path

import click

from cli import credentials
from cli.client import Client
from pipeline.errors import SettingsError
from pipeline.settings import Settings

DEFAULT_URL = "http://127.0.0.1:8080"


def of_a_server(command: Callable[..., None]) -> Callable[..., None]:
    """The flags of every command that asks a server."""
    folder = click.Path(path_type=Path, file_okay=False)
    command = click.option("--data-dir", type=folder, help="Where `up` keeps the token it made.  [default: .pushrail]")(command)
    return click.option("--url", help=f"The server, instead of PUSHRAIL_URL.  [default: {DEFAULT_URL}]")(command)


def person() -> str:
    """Who is logged in, for the history; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def client_of(url: str | None, data_dir: Path | None) -> Client:
    settings = Settings.from_env(data_dir=data_dir)
    settings = Settings.from_env(data_dir=data_dir, extra=credentials.kept(settings.data_dir))
    address = url or settings.environment.get("PUSHRAIL_URL") or DEFAULT_URL
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", address):
        raise SettingsError(f"{address} is no address of a server; write it like {DEFAULT_URL}, as --url or PUSHRAIL_URL")
    return Client(address, settings.api_token())
