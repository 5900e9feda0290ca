"""A hook server for tests: its settings, its two apps, and signed deliveries to it."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pipeline.settings import Settings
from pipeline.spec import Spec, parse
from tests.secret import hidden, secret

SECRET, OLD_SECRET, ROSE_SECRET = secret("iris"), secret("the one before, still valid"), secret("rose")
TOKEN, OTHER_TOKEN = secret("token-of-jenkins"), secret("token-of-a-person")
PASSWORD = hidden("correct horse battery staple")
BEARER = {"Authorization": f"Bearer {TOKEN}"}
COMMIT = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAYLOADS = Path(__file__).parent / "payloads"

SPEC_TEXT = """
version: 1
apps:
  iris:
    source: {url: https://github.com/acme/iris.git, branch: main, secret_env: [IRIS_SECRET, IRIS_OLD_SECRET]}
    image: {engine: local}
    target: {kind: local, port: 8801}
  rose:
    source: {url: https://github.com/acme/iris.git, branch: main, paths: ["rose/**", "*.toml"], secret_env: ROSE_SECRET}
    image: {engine: local}
    target: {kind: local, port: 8802}
"""


def spec(text: str = SPEC_TEXT) -> Spec:
    return parse(text)


def settings(redis_url: str, **changed: str) -> Settings:
    environment = {
        "IRIS_SECRET": SECRET,
        "IRIS_OLD_SECRET": OLD_SECRET,
        "ROSE_SECRET": ROSE_SECRET,
        "PUSHRAIL_API_TOKEN": f"{TOKEN}, {OTHER_TOKEN}",
        "PUSHRAIL_DASHBOARD_PASSWORD": PASSWORD,
    }
    return Settings(Path("pipeline.yaml"), Path(".pushrail"), redis_url, environment | changed)


def payload(name: str, forge: str = "github", **changed: Any) -> dict[str, Any]:
    """A recorded delivery with some of its top-level fields replaced."""
    return {**json.loads((PAYLOADS / forge / f"{name}.json").read_text("utf-8")), **changed}


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hidden(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())


def deliver(
    client: FlaskClient,
    body: bytes | dict[str, Any],
    *,
    event: str = "push",
    delivery: str = "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    secret: str = SECRET,
    content_type: str = "application/json",
    headers: dict[str, str | None] | None = None,
) -> TestResponse:
    """Send a delivery as GitHub does; a header of None is left out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": signature(raw, secret),
        "Content-Type": content_type,
        "User-Agent": "GitHub-Hookshot/044aadd",
        **(headers or {}),
    }
    return client.post("/hooks/github", data=raw, headers={name: value for name, value in sent.items() if value is not None})


def log_in(client: FlaskClient, password: str = PASSWORD) -> TestResponse:
    return client.post("/login", data={"password": password, "csrf": csrf(client)})


def csrf(client: FlaskClient) -> str:
    """The CSRF token of the client's session, made when it has none."""
    client.get("/login")
    with client.session_transaction() as session:
        return str(session["csrf"])
