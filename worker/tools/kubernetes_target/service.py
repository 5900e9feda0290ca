"""Requests through a Service, by way of the API server's own proxy: no ingress, no node port and no cluster DNS is needed."""

import time
from http import HTTPStatus
from urllib.parse import quote

from pipeline.errors import ToolError
from pipeline.spec import KubernetesTarget
from worker.tool import Answer
from worker.tools.kubernetes_target.api import Api, Call
from worker.tools.kubernetes_target.reply import ApiRefused, refusal, status_message

PREFERRED_PORT = "http"


class KubernetesService:
    """The Service in front of the Deployment; the first Deployment's namesake unless the spec names another."""

    def __init__(self, api: Api, place: KubernetesTarget) -> None:
        self._api = api
        self._name = place.service or place.first
        self._namespace = place.namespace
        self._path = f"/api/v1/namespaces/{place.namespace}/services"
        self._root: str | None = None

    def request(self, path: str, body: bytes | None, seconds: float) -> Answer:
        """POST JSON, or GET when there is no body. ToolError when no pod answered in time."""
        self._root = self._root or f"{self._path}/{self.address()}/proxy"
        call = Call(
            "GET" if body is None else "POST", self._root + quote(path, safe="/?&=%:,;@+$!*'()"), body=body, kind="application/json"
        )
        began = time.monotonic()
        reply = self._api.send(call, seconds)
        if reply.status >= HTTPStatus.BAD_REQUEST and status_message(reply):
            raise refusal(reply)
        return Answer(reply.status, reply.body, time.monotonic() - began)

    def address(self) -> str:
        """``name:port``, as the API server's proxy knows it; ToolError when there is no such Service or it has no port."""
        try:
            ports = self._api.get(f"{self._path}/{self._name}")["spec"].get("ports") or ()
        except ApiRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            raise ToolError(
                "kubernetes", f"no Service {self._name} in namespace {self._namespace}; create it or set target.service"
            ) from error
        if not ports:
            raise ToolError("kubernetes", f"Service {self._name} in namespace {self._namespace} has no port")
        port = next((found for found in ports if found.get("name") == PREFERRED_PORT), ports[0])["port"]
        return f"{self._name}:{port}"
