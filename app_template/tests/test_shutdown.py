"""A real gunicorn under load: SIGTERM costs no request."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

APP = Path(__file__).parent.parent
BODY = json.dumps({"instances": [{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}]}).encode()
HEADERS = {"Content-Type": "application/json", "Content-Length": str(len(BODY))}
COMMAND = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "server:create_app()"]
CLIENTS = 6


class Server:
    """A running gunicorn: its port, and how it ends."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    @contextmanager
    def connect(self, timeout: float = 10.0) -> Iterator[http.client.HTTPConnection]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)) as connection:
            yield connection

    def get(self, path: str, timeout: float = 10.0) -> int:
        with self.connect(timeout) as connection:
            connection.request("GET", path)
            return answer(connection)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        self.process.communicate(timeout=20)
        return self.process.returncode


def answer(connection: http.client.HTTPConnection) -> int:
    response = connection.getresponse()
    response.read()
    return response.status


def post(connection: http.client.HTTPConnection) -> int:
    connection.request("POST", "/api/predict", BODY, HEADERS)
    return answer(connection)


@pytest.fixture
def code(trained: Path, tmp_path: Path) -> Path:
    """The service as it is deployed: code and model in one folder."""
    folder = Path(shutil.copytree(APP, tmp_path / "code", ignore=shutil.ignore_patterns("model", "tests", ".*", "__pycache__")))
    shutil.copytree(trained, folder / "model")
    return folder


@pytest.fixture
def server(code: Path) -> Iterator[Server]:
    environment = {**os.environ, "PORT": "0", "DRAIN_SECONDS": "0.5"}
    with subprocess.Popen(COMMAND, cwd=code, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        listening = next(line for line in process.stderr if "Listening at" in line)
        yield Server(process, int(listening.split("0.0.0.0:")[1].split()[0]))
        process.kill()


def send_until(stopped: threading.Event, warm: threading.Barrier, server: Server, keep_alive: bool) -> set[int]:
    """Send one request after another, over one connection or each over its own; return the statuses, raise what fails."""
    with server.connect() as connection:
        statuses = {post(connection)}
        warm.wait(20)
        while not stopped.is_set():
            if not keep_alive:
                connection.close()
            statuses.add(post(connection))
    return statuses


@pytest.mark.parametrize("keep_alive", [False, True])
def test_no_request_fails_when_senders_follow_readiness(server: Server, keep_alive: bool) -> None:
    stopped, warm = threading.Event(), threading.Barrier(CLIENTS + 1)
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(send_until, stopped, warm, server, keep_alive) for _ in range(CLIENTS)]
        warm.wait(20)
        server.terminate()
        while server.get("/readyz") == 200:
            pass
        stopped.set()
        assert {status for client in clients for status in client.result(timeout=20)} == {200}
    assert server.exit_code() == 0


def test_draining_server_is_not_ready_but_alive_and_answers(server: Server) -> None:
    assert server.get("/readyz") == 200
    server.terminate()
    while (status := server.get("/readyz")) == 200:
        pass
    with server.connect() as connection:
        assert (status, server.get("/livez"), post(connection)) == (503, 200, 200)
    assert server.exit_code() == 0


def test_request_in_flight_is_finished_after_the_drain(server: Server) -> None:
    with server.connect() as slow:
        slow.putrequest("POST", "/api/predict")
        for header in HEADERS.items():
            slow.putheader(*header)
        slow.endheaders(BODY[:10])
        assert server.get("/livez") == 200
        server.terminate()
        while accepts(server):
            pass
        slow.send(BODY[10:])
        assert answer(slow) == 200
    assert server.exit_code() == 0


def accepts(server: Server) -> bool:
    """Say whether a new connection is served; if not it is refused, reset or left waiting."""
    try:
        return server.get("/livez", timeout=0.3) == 200
    except OSError:
        return False


def test_server_without_a_model_ends_at_once_and_says_why(code: Path) -> None:
    shutil.rmtree(code / "model")
    done = subprocess.run(COMMAND, cwd=code, env={**os.environ, "PORT": "0"}, capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert "run `python train.py` first" in done.stderr
