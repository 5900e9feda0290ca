"""A gateway in a process of its own, tiny releases for it to run, and clients that count what fails."""

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import ToolError
from tests.waiting import wait_until
from worker.gateway.client import Gateway
from worker.gateway.desired import Desired, FolderRelease
from worker.gateway.ports import free_port
from worker.gateway.status import AppStatus

# An ordinary server without manners: HTTP/1.1 with keep-alive, and SIGTERM ends it at once.
_APP = """
import http.server, json, os, signal, socket, subprocess, sys, time

conduct = json.load(open("conduct.json"))
if conduct.get("crash"):
    sys.exit("no model here")
if conduct.get("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
started, readiness = time.monotonic(), []

class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    def do_GET(self):
        path, _, argument = self.path.partition("?")
        self.answer(*getattr(App, path.strip("/") or "version")(argument))
    def do_POST(self):
        if self.path == "/refuse":
            self.close_connection = True
            self.answer(413, b"too large")
            self.connection.shutdown(socket.SHUT_WR)
            while self.connection.recv(65536): pass
            return
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])))
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
    def version(_): return 200, conduct["version"].encode()
    def environment(_): return 200, json.dumps(dict(os.environ)).encode()
    def process(_): return 200, str(os.getpid()).encode()
    def slow(seconds): time.sleep(float(seconds)); return App.version("")
    def sicken(_): readiness.append("sick"); return 200, b""
    def exit(code): os._exit(int(code))
    def child(_): return 200, str(subprocess.Popen(["sleep", "1000"]).pid).encode()
    def large(length): return 200, b"x" * int(length)
    def readyz(_):
        well = not readiness and time.monotonic() - started >= conduct.get("ready_after", 0)
        return (200, b"") if well else (503, b"the model is being loaded")

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128

Server((os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])), App).serve_forever()
"""

_SERVE = """
import sys, json
from pathlib import Path
from pipeline.settings import Settings
from worker.gateway import desired
from worker.gateway.serve import serve
from worker.gateway.timing import Timing
from worker.tools.docker_images.engine import connect
from worker.tools.docker_target import Containers
socket_path, logs, live, installation, timing = sys.argv[1:]
containers = Containers(installation, connect, Settings.from_env().secret) if installation else None
live = [desired.parse(one) for one in json.loads(live)]
serve(Path(socket_path), Path(logs), live, Timing(**json.loads(timing)), containers)
"""
_HURRIED = {"rest": 0.5, "drain": 3, "grace": 2, "stop": 2}


def release(folder: Path, version: str, **conduct: object) -> FolderRelease:
    """A release of the tiny app; ``conduct`` is ``crash=True``, ``deaf=True``, ``ready_after=seconds`` or nothing."""
    place = folder / version
    write_app(place, version, **conduct)
    return FolderRelease(f"tiny:{version}", str(place), ("python", "-S", "app.py"), str(Path(sys.executable).parent), {"WORKERS": "2"})


def write_app(folder: Path, version: str, **conduct: object) -> None:
    """The tiny app as a folder; in a container it needs ``HOST=0.0.0.0``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(_APP)
    (folder / "conduct.json").write_text(json.dumps({"version": version, **conduct}))


def desired(what: FolderRelease, port: int, *, replicas: int = 2, fence: int = 1, app: str = "tiny") -> Desired:
    return Desired(app, port, replicas, what, f"run-{fence}", fence)


@contextmanager
def gateway_process(
    folder: Path, *live: str, containers: str = "", timing: Mapping[str, float] = _HURRIED
) -> Iterator[tuple[Gateway, "subprocess.Popen[bytes]"]]:
    """A gateway that answers; ended when the context is.

    Args:
        live: JSON texts of Desired.
        containers: the installation whose containers it starts; none without.
        timing: what of its ``Timing`` is not the default.
    """
    socket_path = folder / "gateway.sock"
    arguments = [str(socket_path), str(folder / "logs"), f"[{','.join(live)}]", containers, json.dumps(timing)]
    process = subprocess.Popen([sys.executable, "-c", _SERVE, *arguments])
    gateway = Gateway(socket_path)
    try:
        wait_until(lambda: _answers(gateway))
        yield gateway, process
    finally:
        process.terminate()
        process.wait(10)


def _answers(gateway: Gateway) -> bool:
    with suppress(ToolError):
        gateway.ping()
        return True
    return False


def until_complete(gateway: Gateway, image: str, app: str = "tiny") -> AppStatus:
    """Watch until the image is all there is in the pool."""
    return next(status for status in gateway.watch(app, 20) if status.complete and status.image == image)


def ask(port: int, path: str = "/") -> str:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@dataclass
class Load:
    """Clients that ask as fast as they can, each on one kept-alive connection or on a new one every time."""

    port: int
    keep_alive: bool
    clients: int = 4
    answers: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> "Load":
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._client) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _client(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self._stop.is_set():
            try:
                connection.request("GET", "/slow?0.002")
                self.answers.append(connection.getresponse().read().decode())
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
            if not self.keep_alive:
                connection.close()
        connection.close()

    def wait_for(self, version: str) -> None:
        """Wait until that version has answered, and then for some more answers."""
        wait_until(lambda: version in self.answers)
        enough = len(self.answers) + 100
        wait_until(lambda: len(self.answers) > enough)


def any_port() -> int:
    return free_port(())


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
