"""An image registry as a cluster without credentials sees it: whether a manifest is there. Pulls nothing and pushes nothing.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md, and for the token https://distribution.github.io/distribution/spec/auth/token/
"""

import json
import re
from collections.abc import Mapping
from enum import Enum, auto
from http import HTTPStatus
from urllib.request import parse_http_list, parse_keqv_list

import urllib3

from pipeline.errors import ToolError

SECONDS = 5.0
KINDS = (
    "vnd.oci.image.index.v1",
    "vnd.oci.image.manifest.v1",
    "vnd.docker.distribution.manifest.list.v2",
    "vnd.docker.distribution.manifest.v2",
)
ACCEPT = ", ".join(f"application/{kind}+json" for kind in KINDS)
DOCKER_HUB = "registry-1.docker.io"
DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Sight(Enum):
    """What is seen of a manifest; ``HIDDEN``: only who logs in is told."""

    THERE = auto()
    ABSENT = auto()
    HIDDEN = auto()


def look(reference: str) -> Sight:
    """Ask for a manifest as somebody who has no account.

    Args:
        reference: ``[host/]name@sha256:…``; without a host it is Docker Hub's.

    Raises:
        ToolError: the registry cannot be reached from here, or answers neither yes nor no.
    """
    host, name, digest = parts(reference)
    try:
        status = _status(f"{host}/v2/{name}/manifests/{digest}")
    except urllib3.exceptions.MaxRetryError as error:
        raise ToolError("registry", f"{host} cannot be asked from here: {error.reason}", transient=True) from error
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise ToolError("registry", f"{host} cannot be asked from here: {error}", transient=True) from error
    if status == HTTPStatus.OK:
        return Sight.THERE
    if status == HTTPStatus.NOT_FOUND:
        return Sight.ABSENT
    if status in DENIED:
        return Sight.HIDDEN
    raise ToolError("registry", f"{host} answers {status} when it is asked for {name}@{digest}", transient=True)


def parts(reference: str) -> tuple[str, str, str]:
    """Host, name and digest of a reference, as the Docker engine reads it: a host has a dot or a port, or is localhost."""
    named, _, digest = reference.partition("@")
    first, _, rest = named.partition("/")
    if not rest or not (re.search(r"[.:]", first) or first == "localhost"):
        first, rest = "docker.io", named if rest else f"library/{named}"
    return DOCKER_HUB if first in ("docker.io", "index.docker.io") else first, re.sub(r":[^/]*$", "", rest), digest


def _status(path: str) -> int:
    """Of HEAD over HTTPS, or over plain HTTP where the server speaks no TLS; in plain text no secret goes over the wire, there is none."""
    with urllib3.PoolManager(timeout=urllib3.Timeout(total=SECONDS), retries=urllib3.Retry(0, redirect=3)) as http:
        try:
            return _head(http, f"https://{path}")
        except urllib3.exceptions.MaxRetryError as error:
            if not isinstance(error.reason, urllib3.exceptions.SSLError):
                raise
            status = _head(http, f"http://{path}")
            if status == HTTPStatus.BAD_REQUEST:  # it does speak TLS, with a certificate that is not trusted here
                raise
            return status


def _head(http: urllib3.PoolManager, url: str) -> int:
    answer = http.request("HEAD", url, headers={"Accept": ACCEPT})
    scheme, _, challenge = answer.headers.get("WWW-Authenticate", "").partition(" ")
    if answer.status != HTTPStatus.UNAUTHORIZED or scheme.lower() != "bearer":
        return answer.status
    token = _token(http, parse_keqv_list(parse_http_list(challenge)))
    return http.request("HEAD", url, headers={"Accept": ACCEPT, "Authorization": f"Bearer {token}"}).status if token else answer.status


def _token(http: urllib3.PoolManager, challenge: Mapping[str, str]) -> str:
    """A token for nobody in particular; empty when there is none for such."""
    fields = {key: challenge[key] for key in ("service", "scope") if key in challenge}
    realm = challenge.get("realm", "")
    if not realm.startswith(("https://", "http://")):
        return ""
    answer = http.request("GET", realm, fields=fields)
    said = json.loads(answer.data) if answer.status == HTTPStatus.OK else {}
    return str(said.get("token") or said.get("access_token") or "")
