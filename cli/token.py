"""``pushrail token``: makes, lists and revokes the tokens of a server, asked over its API."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cli.asking import client_of, of_a_server
from hook_server.show import absolute
from pipeline.token import Scope


@click.group()
def token() -> None:
    """Make, list and revoke tokens; asks with one that has the scope admin."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What its holder may do; each includes those before it.",
)
@click.option("--expires", required=True, metavar="SPAN", help="How long it counts, such as 12h or 90d, or never.")
@of_a_server
def create(name: str, scope: str, expires: str, url: str | None, data_dir: Path | None) -> None:
    """Make a token for NAME. Its secret is all that is printed, this once; the rest goes to stderr."""
    made = client_of(url, data_dir).make_token({"name": name, "scope": scope, "expires": expires})
    click.echo(f"pushrail: token {made['id']} of {made['name']} may {made['scope']} and {_until(made)}", err=True)
    click.echo(made["secret"])


@token.command("list")
@of_a_server
def list_(url: str | None, data_dir: Path | None) -> None:
    """List the tokens, newest first; those that ended for 90 days."""
    now = time.time()
    for line in [told(known, now) for known in client_of(url, data_dir).tokens()] or ["there is no token yet"]:
        click.echo(line)


@token.command()
@click.argument("token_id", metavar="ID")
@of_a_server
def revoke(token_id: str, url: str | None, data_dir: Path | None) -> None:
    """End the token with this ID at once and for good, and the sessions of who signed in by it."""
    client_of(url, data_dir).revoke_token(token_id)
    click.echo(f"pushrail: token {token_id} is revoked")


def told(known: Mapping[str, Any], now: float) -> str:
    """A token as one line."""
    used = f"used {absolute(known['last_used_at'])}" if known["last_used_at"] is not None else "never used"
    expired = known["expires_at"] is not None and known["expires_at"] <= now
    state = "revoked" if known["revoked_at"] is not None else "expired" if expired else "counts"
    return f"{known['id']}  {state:<7}  {known['scope']:<7}  {known['name']:<20}  {_until(known)}  {used}  made by {known['created_by']}"


def _until(known: Mapping[str, Any]) -> str:
    if known["revoked_at"] is not None:
        return f"ended {absolute(known['revoked_at'])}"
    return f"ends {absolute(known['expires_at'])}" if known["expires_at"] is not None else "does not end by itself"
