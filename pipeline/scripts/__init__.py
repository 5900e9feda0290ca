"""The atomic acts on what is kept in Redis: one Lua file each, sent behind what ``common.lua`` holds for all of them."""

import time
from importlib.resources import files
from typing import Any

from pipeline.connection import Client, available
from pipeline.errors import StoreUnavailable

AGAIN_SECONDS = 1.0


class Scripts:
    """Does the acts, by the names of their files.

    Args:
        patience: seconds for which a script that Redis refuses (it is read-only, full, or just back) is tried again.
    """

    def __init__(self, redis: Client, patience: float = 0.0) -> None:
        self._redis, self._patience = redis, patience
        self._known: dict[str, Any] = {}

    def do(self, name: str, *args: Any) -> Any:
        """Run a script with these arguments; raises StoreUnavailable when Redis cannot, and then nothing has changed."""
        until = time.monotonic() + self._patience
        while True:
            try:
                with available():
                    return self._script(name)(args=list(args))
            except StoreUnavailable:
                if time.monotonic() >= until:
                    raise
                time.sleep(AGAIN_SECONDS)

    def _script(self, name: str) -> Any:
        if name not in self._known:
            folder = files("pipeline") / "scripts"
            texts = ((folder / file).read_text("utf-8") for file in ("common.lua", f"{name}.lua"))
            self._known[name] = self._redis.register_script("".join(texts))
        return self._known[name]
