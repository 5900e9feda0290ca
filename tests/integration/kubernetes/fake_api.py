"""An API server that answers from a script, for what a healthy one does not do on demand."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kubernetes.client import Configuration


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    token: str
    watching: bool


@dataclass
class FakeApi:
    """``answer`` gives status, body and whether to hang afterwards; ``asked`` is what came in, ``tokens`` the credentials it hands out."""

    answer: Callable[[Asked], tuple[int, bytes, bool]]
    tokens: list[str]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def connect(self) -> Configuration:
        """With the next token, the last one for ever."""
        made = Configuration()
        made.host, made.api_key["authorization"] = self.url, self.tokens[0]
        self.tokens = self.tokens[1:] or self.tokens
        return made


@contextmanager
def serving(answer: Callable[[Asked], tuple[int, bytes, bool]], tokens: tuple[str, ...] = ("token",)) -> Iterator[FakeApi]:
    fake = FakeApi(answer, list(tokens))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked = Asked(self.command, self.path.partition("?")[0], self.headers.get("authorization", ""), "watch=1" in self.path)
            fake.asked.append(asked)
            status, body, hang = fake.answer(asked)
            self.send_response(status)
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(body), body) if body else b"")
            if hang:
                fake.over.wait(10)
            self.wfile.write(b"0\r\n\r\n")

        do_PATCH = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, message: str) -> tuple[int, bytes, bool]:
    """An error as an API server words it."""
    return code, json.dumps({"kind": "Status", "apiVersion": "v1", "code": code, "message": message}).encode(), False


def listing(*uids: str) -> tuple[int, bytes, bool]:
    items = [{"metadata": {"uid": uid}} for uid in uids]
    return 200, json.dumps({"metadata": {"resourceVersion": "7"}, "items": items}).encode(), False


def events(*found: Any, hang: bool = False) -> tuple[int, bytes, bool]:
    return 200, b"".join(json.dumps(event).encode() + b"\n" for event in found), hang
