"""The cluster's API server as a process of this machine: killed, and started again exactly as it was."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.kubernetes.app import kubectl
from tests.waiting import wait_until

PROGRAM = "kube-apiserver"


@dataclass(frozen=True)
class ApiServer:
    """How it was started; ``pid_files`` say to whoever started it which process it is."""

    pid: int
    command: list[str]
    environment: dict[str, str]
    folder: str
    output: str
    pid_files: list[Path]

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: find() is None)

    def start(self) -> None:
        """In a session of its own, so that it outlives the tests; returns when it serves."""
        with open(self.output, "ab") as output:
            subprocess.run(
                ["setsid", "--fork", *self.command],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
            )
        started = wait_until(find)
        for path in self.pid_files:
            path.write_text(f"{started.pid}\n")
        wait_until(ready, seconds=90, every=0.2)

    def restart(self) -> None:
        self.kill()
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[Callable[[], None]]:
        """What is yielded freezes it, until the block ends."""
        try:
            yield lambda: os.kill(self.pid, signal.SIGSTOP)
        finally:
            os.kill(self.pid, signal.SIGCONT)


def find() -> ApiServer | None:
    """The one that runs on this machine, or None."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")[:-1]
            if not words or Path(words[0]).name != PROGRAM:
                continue
            environment = dict(item.split("=", 1) for item in (folder / "environ").read_text().split("\0") if item)
            return ApiServer(
                int(folder.name), words, environment, os.readlink(folder / "cwd"), os.readlink(folder / "fd/1"), _pid_files(folder.name)
            )
        except OSError:
            continue  # it has just ended, or is somebody else's
    return None


def ready() -> bool:
    """Whether it serves and the node reports to it."""
    try:
        kubectl("get", "--raw", "/readyz")
        return kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=2s") != ""
    except subprocess.CalledProcessError:
        return False


def _pid_files(pid: str) -> list[Path]:
    """What stands beside the kubeconfig, where ``up`` of the test cluster keeps it."""
    beside = Path(os.environ["KUBECONFIG"]).parent.glob("run/*.pid")
    return [path for path in beside if path.read_text().strip() == pid]
