"""Git over HTTP as a test needs it: behind a password, sending on to another host, or saying nothing at all."""

import base64
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Served:
    """A server and what came to it.

    Args:
        sends_on: another address that every request is sent on to.
        meanwhile: called before each answer.
        credentials: the user:password pairs that arrived.
    """

    root: Path
    password: str
    sends_on: str = ""
    meanwhile: Callable[[], None] = lambda: None
    credentials: list[str] = field(default_factory=list)
    address: str = ""


class _Handler(BaseHTTPRequestHandler):
    served: Served

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.served.meanwhile()
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if given:
            self.served.credentials.append(base64.b64decode(given).decode())
        if self.served.sends_on:
            self._say(302, ("Location", self.served.sends_on + self.path))
        elif not given or self.served.credentials[-1].partition(":")[2] != self.served.password:
            self._say(401, ("WWW-Authenticate", 'Basic realm="git"'))
        else:
            self._serve()

    def _say(self, status: int, header: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header(*header)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _serve(self) -> None:
        """What ``git http-backend`` answers, by CGI."""
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_PROJECT_ROOT": str(self.served.root),
            "GIT_HTTP_EXPORT_ALL": "1",
        }
        said = subprocess.run(["git", "http-backend"], input=body, env={**os.environ, **request}, capture_output=True).stdout
        head, _, content = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *said: object) -> None:
        pass


@contextmanager
def serving(root: Path, password: str, sends_on: str = "", meanwhile: Callable[[], None] = lambda: None) -> Iterator[Served]:
    """The repositories below ``root``, for who knows the password."""
    served = Served(root, password, sends_on, meanwhile)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"served": served}))
    served.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
