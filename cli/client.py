"""The few words of ``/api/v1`` that commands speak, over HTTP like anyone else."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pipeline.errors import PushrailError
from pipeline.model import Status

Shown = dict[str, Any]
"""A run or a release as the API shows it."""


class Client:
    """Speaks to one service with one token; every method raises PushrailError, in the server's words where it has some."""

    def __init__(self, address: str, token: str) -> None:
        self._address, self._token = address.rstrip("/"), token

    def newest(self) -> Shown | None:
        runs = self._json("GET", "/api/v1/runs?limit=1")["runs"]
        return dict(runs[0]) if runs else None

    def replay(self, run: str) -> Shown:
        return self._json("POST", f"/api/v1/runs/{run}/replay")

    def cancel(self, run: str, wish: Mapping[str, str]) -> Shown:
        """Ask with this body for the run's end; the run as it is then."""
        return self._json("POST", f"/api/v1/runs/{quote(run, safe='')}/cancel", wish)

    def releases(self, app: str) -> list[Shown]:
        """The app's history, newest first."""
        return list(self._json("GET", f"/api/v1/apps/{quote(app, safe='')}/releases")["releases"])

    def roll_back(self, app: str, wish: Mapping[str, str]) -> Shown:
        """Ask for a rollback with this body; the run it became."""
        return self._json("POST", f"/api/v1/apps/{quote(app, safe='')}/rollback", wish)

    def tokens(self) -> list[Shown]:
        """Every token, newest first."""
        return list(self._json("GET", "/api/v1/tokens")["tokens"])

    def make_token(self, wish: Mapping[str, str]) -> Shown:
        """The token that this body wishes for, with its secret."""
        return self._json("POST", "/api/v1/tokens", wish)

    def revoke_token(self, token: str) -> None:
        with self._open("DELETE", f"/api/v1/tokens/{quote(token, safe='')}"):
            pass

    def follow(self, run: str, seconds: float = float("inf")) -> Iterator[tuple[Shown, str]]:
        """The run and what is new in its log, whenever there is something new, until it has ended and its log is told.

        Raises:
            PushrailError: it did not end within ``seconds``.
        """
        offset, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            with self._open("GET", f"/api/v1/runs/{run}/log?offset={offset}&wait=1") as answer:
                offset, status = int(answer.headers["X-Log-Offset"]), Status(answer.headers["X-Run-Status"])
                text, crowded = answer.read().decode(), float(answer.headers.get("Retry-After", 0))
            time.sleep(crowded)
            yield self._json("GET", f"/api/v1/runs/{run}"), text
            if status.is_final and not text:
                return
        raise PushrailError(f"run {run} did not end within {seconds:g} s")

    def _json(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Shown:
        with self._open(method, path, body) as answer:
            return dict(json.load(answer))

    def _open(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", **({"Content-Type": "application/json"} if body else {})}
        raw = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self._address + path, raw, headers, method=method)  # noqa: S310 - the caller's own service
        try:
            return urllib.request.urlopen(request, timeout=30)  # noqa: S310
        except urllib.error.HTTPError as error:
            with error:  # an answer too: its connection is closed with it
                raise PushrailError(f"{self._address} {_problem(error)}") from error
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise PushrailError(f"no Pushrail answers at {self._address} ({reason}); start it, or name it with PUSHRAIL_URL") from error


def _problem(error: urllib.error.HTTPError) -> str:
    """What a problem document (RFC 9457) says in its detail, or the bare status where something else answered."""
    if error.code == HTTPStatus.UNAUTHORIZED:
        return "does not know this token, or it has ended; set PUSHRAIL_API_TOKEN, or name the data folder of its `up` with --data-dir"
    try:
        return f"says: {json.loads(error.read())['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"answers HTTP {error.code}; is this the address of a Pushrail?"
