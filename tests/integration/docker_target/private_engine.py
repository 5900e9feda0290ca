"""An engine of a test's own, to be killed and started again beside the machine's, of which it shares nothing."""

import random
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.waiting import wait_until


class PrivateEngine:
    """A dockerd with state, socket and bridge in places of its own; it leaves the machine's packet filter alone."""

    def __init__(self, folder: Path, bridge: str) -> None:
        self.host = f"unix://{folder}/engine.sock"
        self._folder = folder
        self._bridge = bridge
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self._folder / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)  # a killed one leaves it
        roots = [f"--data-root={self._folder}/data", f"--exec-root={self._folder}/exec", f"--pidfile={self._folder}/engine.pid"]
        network = [f"--bridge={self._bridge}", "--iptables=false", "--ip-masq=false"]
        with (self._folder / "engine.log").open("ab") as output:
            self._process = subprocess.Popen(["dockerd", "--host", self.host, *roots, *network], stdout=output, stderr=output)
        wait_until(lambda: self.docker("info", check=False).returncode == 0, 30)

    def end(self, how: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(how)
        self._process.wait(30)
        (self._folder / "engine.pid").unlink(missing_ok=True)

    def docker(self, *args: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["docker", "--host", self.host, *args], check=check, capture_output=True, text=True)

    def load(self, image: str) -> None:
        """Bring an image over from the machine's engine."""
        with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "--host", self.host, "load"], stdin=saved.stdout, check=True, capture_output=True)

    def remove_containers(self) -> None:
        if ids := self.docker("ps", "--all", "--quiet").stdout.split():
            self.docker("rm", "--force", *ids)


@contextmanager
def private_engine() -> Iterator[PrivateEngine]:
    """Up for the length of the block; nothing of it is left."""
    folder, bridge = Path(tempfile.mkdtemp(prefix="engine-")), f"pr{uuid4().hex[:8]}"  # short: a socket's path and an interface's name
    _ip("link", "add", bridge, "type", "bridge")
    _ip("address", "add", f"10.213.{random.randrange(256)}.1/24", "dev", bridge)
    _ip("link", "set", bridge, "up")
    engine = PrivateEngine(folder, bridge)
    try:
        engine.start()
        yield engine
        engine.remove_containers()
        engine.end(signal.SIGTERM)
    finally:
        _ip("link", "delete", bridge)
        _unmount(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _unmount(folder: Path) -> None:
    """What a killed engine has mounted stays mounted, deepest first."""
    places = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in sorted((place for place in places if Path(place).is_relative_to(folder)), reverse=True):
        subprocess.run(["umount", place], check=False, capture_output=True)


def _ip(*args: str) -> None:
    subprocess.run(["ip", *args], check=True, capture_output=True)
