"""The hook server as the process it is in real life."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hook_server.senders import SLOWEST
from pipeline.settings import Settings
from tests.waiting import wait_until

_SERVE = """
from gevent import monkey
monkey.patch_all()
from hook_server.serve import serve
from pipeline import logs
from pipeline.settings import Settings
logs.begin("server")
serve(Settings.from_env(), "127.0.0.1", {}, slowest={}, workers={})
"""


@contextmanager
def served(
    given: Settings, spec_text: str, folder: Path, slowest: float = SLOWEST, workers: int | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start it and yield its address and process; its log is ``server.log`` in ``folder``."""
    config, log, port = folder / "pipeline.yaml", folder / "server.log", free_port()
    config.write_text(spec_text)
    environment = {**os.environ, **given.environment, "PUSHRAIL_CONFIG": str(config), "PUSHRAIL_REDIS_URL": given.redis_url}
    with log.open("wb") as output:
        command = [sys.executable, "-c", _SERVE.format(port, slowest, workers)]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/livez"))
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str, seconds: float = 5.0) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
