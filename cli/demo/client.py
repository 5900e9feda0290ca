"""The few words of ``/api/v1`` that the demo speaks, over HTTP like anyone else."""

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from pipeline.errors import PushrailError
from pipeline.model import Status

Shown = dict[str, Any]
"""A run as the API shows it."""


class Client:
    """Speaks to one service with one token."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._token = address, token

    def newest(self) -> Shown | None:
        runs = self._json("GET", "/api/v1/runs?limit=1")["runs"]
        return dict(runs[0]) if runs else None

    def replay(self, run: str) -> Shown:
        return self._json("POST", f"/api/v1/runs/{run}/replay")

    def follow(self, run: str, told: Callable[[Shown, str], None], seconds: float) -> Shown:
        """Call ``told`` with the run and its newest log line whenever either grew, until it has ended.

        Raises:
            PushrailError: it did not end within ``seconds``.
        """
        offset, newest, until = 0, "", time.monotonic() + seconds
        while time.monotonic() < until:
            with self._open("GET", f"/api/v1/runs/{run}/log?offset={offset}&wait=1") as answer:
                offset = int(answer.headers["X-Log-Offset"])
                newest = (answer.read().decode().splitlines() or [newest])[-1]
            shown = self._json("GET", f"/api/v1/runs/{run}")
            told(shown, newest)
            if Status(shown["status"]).is_final:
                return shown
        raise PushrailError(f"run {run} did not end within {seconds:g} s")

    def _json(self, method: str, path: str) -> Shown:
        with self._open(method, path) as answer:
            return dict(json.load(answer))

    def _open(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(self._address + path, method=method, headers=headers)  # noqa: S310 - the demo's own service
        try:
            return urllib.request.urlopen(request, timeout=30)  # noqa: S310
        except OSError as error:
            raise PushrailError(f"{method} {path}: {error}") from error
