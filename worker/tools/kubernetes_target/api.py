"""Raw JSON to and from one API server, over the SDK's own configuration and connection pool. Knows no kind of object.

The typed client is left aside: it needs 0.4 to 1.5 ms to decode a pod where ``json.loads`` needs 0.05, some of its versions raise on
answers to writes that have gone through, and its calls have no time limit of their own.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import urllib3
import yaml
from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_incluster_config, load_kube_config

from pipeline.errors import ToolError
from worker.tools.kubernetes_target.pool import pool_for
from worker.tools.kubernetes_target.reply import Reply, checked, decoded, refusal

IN_CLUSTER = "in-cluster"
"""The context name that means: with the service account of the pod this runs in."""

CONNECT_SECONDS = 5.0
CALL_SECONDS = 15.0

Query = Mapping[str, str]
_Way = tuple[Configuration, urllib3.PoolManager]


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``kind`` is the content type of its body."""

    method: str
    path: str
    query: Query = field(default_factory=dict)
    body: bytes | None = None
    kind: str = ""


def configuration(context: str) -> Configuration:
    """Read how to reach a named context: from the kubeconfig file, or from the pod's service account for ``in-cluster``.

    Raises:
        ToolError: there is no such context, or the file cannot be read.
    """
    made = Configuration()
    try:
        if context == IN_CLUSTER:
            load_incluster_config(client_configuration=made)
        else:
            load_kube_config(context=context, client_configuration=made, persist_config=False)
    except (ConfigException, OSError, yaml.YAMLError) as error:
        raise ToolError("kubernetes", f"context {context!r} cannot be used: {error}; see `kubectl config get-contexts`") from error
    return made


class Api:
    """One API server. Connects at the first call, so that it may be made before a fork; threads may share it.

    Args:
        connect: how to reach it; asked again when the credentials are no longer accepted, because bound tokens rotate.
    """

    def __init__(self, connect: Callable[[], Configuration]) -> None:
        self._connect = connect
        self._made: _Way | None = None
        self._lock = Lock()

    def get(self, path: str, query: Query | None = None) -> Any:
        """Read one object or list.

        Raises:
            ApiRefused: the server said no; its message is in the error.
            ToolError: it cannot be reached (transient).
        """
        return decoded(self.send(Call("GET", path, query or {})))

    def text(self, path: str, query: Query) -> str:
        """Read what is no JSON, such as a log. Raises what ``get`` does."""
        return checked(self.send(Call("GET", path, query))).body.decode("utf-8", "replace")

    def post(self, path: str, body: Any) -> Any:
        """Make one object, or ask a question that is put as one. Raises what ``get`` does."""
        return decoded(self.send(Call("POST", path, body=json.dumps(body).encode(), kind="application/json")))

    def patch(self, path: str, body: Any, query: Query | None = None) -> Any:
        """Change one object: a mapping is a strategic merge patch, a list a JSON patch (RFC 6902). Raises what ``get`` does."""
        kind = "json-patch" if isinstance(body, list) else "strategic-merge-patch"
        return decoded(self.send(Call("PATCH", path, query or {}, json.dumps(body).encode(), f"application/{kind}+json")))

    def send(self, call: Call, seconds: float = CALL_SECONDS) -> Reply:
        """Send one request and read its answer, whatever its status; ToolError when there is none within ``seconds``."""
        with self._answer(call, urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), total=seconds)) as response:
            return _read(response)

    @contextmanager
    def stream(self, path: str, query: Query, idle_seconds: float) -> Iterator[urllib3.BaseHTTPResponse]:
        """Open an answer that goes on; reading it raises ToolError after ``idle_seconds`` of silence."""
        with self._answer(Call("GET", path, query), urllib3.Timeout(connect=CONNECT_SECONDS, read=idle_seconds)) as response:
            if response.status != HTTPStatus.OK:
                raise refusal(_read(response))
            yield response

    @contextmanager
    def _answer(self, call: Call, timeout: urllib3.Timeout) -> Iterator[urllib3.BaseHTTPResponse]:
        try:
            with closing(self._accepted(call, timeout)) as response:
                yield response
        except (urllib3.exceptions.HTTPError, OSError, ConfigException) as error:
            raise ToolError("kubernetes", f"the API server cannot be reached: {error}", transient=True) from error

    def _accepted(self, call: Call, timeout: urllib3.Timeout) -> urllib3.BaseHTTPResponse:
        way = self._way()
        response = _request(way, call, timeout)
        if response.status != HTTPStatus.UNAUTHORIZED:
            return response
        response.close()
        return _request(self._way(refused=way), call, timeout)

    def _way(self, refused: _Way | None = None) -> _Way:
        """How to reach the server; found anew when it is the ``refused`` one, once for all threads that were refused."""
        with self._lock:
            if self._made is None or self._made is refused:
                settings = self._connect()
                self._made = settings, pool_for(settings)
            return self._made


def _request(way: _Way, call: Call, timeout: urllib3.Timeout) -> urllib3.BaseHTTPResponse:
    settings, pool = way
    headers = {setting["key"]: setting["value"] for setting in settings.auth_settings().values() if setting["in"] == "header"}
    headers |= {"Accept": "application/json", **({"Content-Type": call.kind} if call.kind else {})}
    url = f"{settings.host}{call.path}{'?' + urlencode(call.query) if call.query else ''}"
    return pool.request(
        call.method, url, body=call.body, headers=headers, timeout=timeout, retries=False, redirect=False, preload_content=False
    )


def _read(response: urllib3.BaseHTTPResponse) -> Reply:
    after = response.headers.get("Retry-After", "")
    return Reply(response.status, response.read(), float(after) if after.isdecimal() else 0.0)
