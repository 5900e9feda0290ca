"""An API server that answers from a script, for what a healthy one does not do on demand."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from kubernetes.client import Configuration


@dataclass(frozen=True)
class Asked:
    """A request, and when it came (monotonic)."""

    method: str
    path: str
    token: str
    query: Mapping[str, str]
    at: float
    body: bytes = b""

    @property
    def watching(self) -> bool:
        return "watch" in self.query


class Said(NamedTuple):
    """An answer that stays open for ``seconds`` after its body, and then ends in good order unless ``cut``."""

    status: int
    body: bytes
    seconds: float = 0.0
    cut: bool = False
    headers: Mapping[str, str] = {}


Answer = Callable[[Asked], Said]


@dataclass
class FakeApi:
    """``asked`` is what came in, ``tokens`` the credentials it hands out one after the other, the last one for ever."""

    answer: Answer
    tokens: list[str]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, port: int = 0) -> Configuration:
        """With the next token; by way of another ``port``, if given."""
        made = Configuration()
        made.host, made.api_key["authorization"] = f"http://127.0.0.1:{port or self.port}", self.tokens[0]
        self.tokens = self.tokens[1:] or self.tokens
        return made


@contextmanager
def serving(answer: Answer, tokens: tuple[str, ...] = ("token",)) -> Iterator[FakeApi]:
    fake = FakeApi(answer, list(tokens))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            url = urlsplit(self.path)
            asked = Asked(self.command, url.path, self.headers.get("authorization", ""), dict(parse_qsl(url.query)), monotonic(), body)
            fake.asked.append(asked)
            said = fake.answer(asked)
            self.send_response(said.status)
            for name, value in {**said.headers, "Transfer-Encoding": "chunked"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(said.body), said.body) if said.body else b"")
            fake.over.wait(said.seconds)
            self.close_connection = said.cut
            self.wfile.write(b"" if said.cut else b"0\r\n\r\n")

        do_PATCH = do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that has gone is no error."""

    server = Server(("127.0.0.1", 0), Handler)
    fake.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, message: str, **headers: str) -> Said:
    """An error as an API server words it."""
    return Said(code, json.dumps({"kind": "Status", "apiVersion": "v1", "code": code, "message": message}).encode(), headers=headers)


def listing(*uids: str, following: str = "") -> Said:
    metadata = {"resourceVersion": "7", "continue": following}
    return Said(200, json.dumps({"metadata": metadata, "items": [{"metadata": {"uid": uid}} for uid in uids]}).encode())


def events(*found: Any, seconds: float = 0.0) -> Said:
    return Said(200, b"".join(json.dumps(event).encode() + b"\n" for event in found), seconds)


def window(asked: Asked, *found: Any) -> Said:
    """A watch that lasts as long as it was asked to."""
    return events(*found, seconds=float(asked.query["timeoutSeconds"]))
