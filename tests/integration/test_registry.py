"""What a registry tells somebody without an account: against one that answers from a table, with the token dance of the real ones."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.errors import ToolError
from worker.tools.registry import DOCKER_HUB, Sight, look, parts

TOKEN = "anonymous-token"
DIGEST = f"sha256:{'a' * 64}"


@contextmanager
def registry(
    manifest: int, token: int | None = None, challenge: str = 'Bearer realm="{0}/token",service="r",scope="repository:a/b:pull"'
) -> Iterator[str]:
    """Answers ``manifest`` to whoever may ask: with ``token``, who was given one, and ``token`` is the status of asking for it."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            known = token is None or self.headers.get("Authorization") == f"Bearer {TOKEN}"
            asked_well = self.path == f"/v2/a/b/manifests/{DIGEST}" and "oci.image.index" in self.headers["Accept"]
            self.send_response((manifest if asked_well else 500) if known else 401)
            if not known:
                self.send_header("WWW-Authenticate", challenge.format(f"http://{self.headers['Host']}"))
            self.end_headers()

        def do_GET(self) -> None:
            good = self.path == "/token?service=r&scope=repository%3Aa%2Fb%3Apull"
            self.send_response(token or 500 if good else 500)
            self.end_headers()
            self.wfile.write(json.dumps({"token": TOKEN}).encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}/a/b@{DIGEST}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(("manifest", "sight"), [(200, Sight.THERE), (404, Sight.ABSENT), (401, Sight.HIDDEN), (403, Sight.HIDDEN)])
def test_a_registry_that_asks_for_no_token_is_believed(manifest: int, sight: Sight) -> None:
    with registry(manifest) as reference:
        assert look(reference) is sight


@pytest.mark.parametrize(("manifest", "sight"), [(200, Sight.THERE), (404, Sight.ABSENT), (403, Sight.HIDDEN)])
def test_a_token_for_nobody_is_fetched_where_one_is_asked_for(manifest: int, sight: Sight) -> None:
    with registry(manifest, token=200) as reference:
        assert look(reference) is sight


@pytest.mark.parametrize(
    "challenge", ['Bearer realm="{0}/token",service="r",scope="repository:a/b:pull"', 'Basic realm="r"', 'Bearer realm="r"']
)
def test_an_image_that_only_an_account_may_see_is_hidden(challenge: str) -> None:
    with registry(200, token=401, challenge=challenge) as reference:
        assert look(reference) is Sight.HIDDEN


def test_a_registry_in_trouble_says_neither_yes_nor_no() -> None:
    with registry(503) as reference, pytest.raises(ToolError, match="answers 503") as caught:
        look(reference)
    assert caught.value.transient


def test_a_registry_that_is_not_there_cannot_be_asked() -> None:
    with registry(200) as reference:
        pass
    with pytest.raises(ToolError, match=r"cannot be asked from here: .*refused"):
        look(reference)


def test_a_challenge_that_cannot_be_read_is_told() -> None:
    with registry(200, token=200, challenge="Bearer nonsense") as reference, pytest.raises(ToolError, match="cannot be asked from here"):
        look(reference)


@pytest.mark.parametrize(
    ("reference", "read"),
    [
        ("registry.example.com/ml/iris@sha256:1", ("registry.example.com", "ml/iris", "sha256:1")),
        ("registry.example.com:5000/iris:git-1@sha256:1", ("registry.example.com:5000", "iris", "sha256:1")),
        ("localhost/iris@sha256:1", ("localhost", "iris", "sha256:1")),
        ("acme/iris@sha256:1", (DOCKER_HUB, "acme/iris", "sha256:1")),
        ("nginx@sha256:1", (DOCKER_HUB, "library/nginx", "sha256:1")),
        ("docker.io/acme/iris@sha256:1", (DOCKER_HUB, "acme/iris", "sha256:1")),
    ],
)
def test_a_reference_is_read_as_the_engine_reads_it(reference: str, read: tuple[str, str, str]) -> None:
    assert parts(reference) == read
