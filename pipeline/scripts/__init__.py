"""The atomic acts on what is kept in Redis: one Lua file each, sent behind what ``common.lua`` holds for all of them."""

import hashlib
import time
from functools import cache
from importlib.resources import files
from typing import Any

from redis.exceptions import NoScriptError

from pipeline.connection import Client, Connections, available
from pipeline.errors import StoreUnavailable

AGAIN_SECONDS = 1.0


class Scripts:
    """Does the acts, by the names of their files.

    Args:
        patience: seconds for which a script that Redis refuses (it is read-only, full, or just back) is tried again.
    """

    def __init__(self, redis: Client, patience: float = 0.0) -> None:
        self._connections, self._patience = Connections(redis), patience

    def do(self, name: str, *args: Any) -> Any:
        """Run a script with these arguments; raises StoreUnavailable when Redis cannot, and then nothing has changed."""
        until = time.monotonic() + self._patience
        while True:
            try:
                with available():
                    return self._run(name, args)
            except StoreUnavailable:
                if time.monotonic() >= until:
                    raise
                time.sleep(AGAIN_SECONDS)

    def _run(self, name: str, args: tuple[Any, ...]) -> Any:
        text, digest = _script(name)
        try:
            return self._connections.ask("EVALSHA", digest, 0, *args)
        except NoScriptError:
            return self._connections.ask("EVAL", text, 0, *args)  # from now on it is known by its digest


@cache
def _script(name: str) -> tuple[str, str]:
    """A script's text and its digest."""
    folder = files("pipeline") / "scripts"
    text = "".join((folder / file).read_text("utf-8") for file in ("common.lua", f"{name}.lua"))
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
