"""What the gateway costs and what a change of release costs its clients, side by side in one run.

    python -m bench.gateway

Direct and through the gateway take turns against the same two gunicorn processes; what is printed is their ratio, then the seconds and the
failed requests of rolling updates under load.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.integration.gateway_process import Load, any_port, desired, gateway_process, release, until_complete
from worker.gateway.client import Gateway
from worker.gateway.desired import FolderRelease
from worker.gateway.status import AppStatus

_REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n%b\r\n"
_CLIENTS = 8
_SECONDS = 2.0
_ROUNDS = 4
_ROLLOUTS = 20


def web(folder: Path) -> FolderRelease:
    (folder / "web.py").write_text("def app(_, start):\n    start('200 OK', [('Content-Length', '1000')])\n    return [b'x' * 1000]\n")
    command = ("python", "-m", "gunicorn", "--no-control-socket", "--worker-class", "gthread", "--threads", "8", "web:app")
    return FolderRelease("web:1", str(folder), command, str(Path(sys.executable).parent), {})


async def client(port: int, keep_alive: bool, until: float, took: list[float]) -> None:
    request = _REQUEST % (b"" if keep_alive else b"Connection: close\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"200 OK" in head
        await reader.readexactly(1000)
        took.append(time.perf_counter() - began)
        if not keep_alive or b"onnection: close" in head:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def load(ports: list[int], keep_alive: bool) -> list[float]:
    """Seconds of every request of all clients, spread over ``ports``."""
    took: list[float] = []
    until = time.perf_counter() + _SECONDS
    await asyncio.gather(*(client(ports[number % len(ports)], keep_alive, until, took) for number in range(_CLIENTS)))
    return took


def compare(direct: list[int], through: int, keep_alive: bool) -> None:
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        for place, ports in zip(took, (direct, [through]), strict=True):
            place.extend(asyncio.run(load(ports, keep_alive)))
    rates = [len(place) / (_SECONDS * _ROUNDS) for place in took]
    cuts = [statistics.quantiles(place, n=100) for place in took]
    kind = "kept alive" if keep_alive else "a connection each"
    print(f"{kind}: {rates[0]:.0f}/s direct, {rates[1]:.0f}/s through, ratio {rates[1] / rates[0]:.2f}")
    for percent in (50, 99):
        before, after = (cut[percent - 1] * 1000 for cut in cuts)
        print(f"    p{percent}: {before:.2f} ms direct, {after:.2f} ms through, {after - before:+.2f} ms, ratio {after / before:.2f}")


def resident(pid: int) -> float:
    """MiB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def overhead(gateway: Gateway, pid: int, folder: Path) -> None:
    port = any_port()
    print(f"gateway: {resident(pid):.1f} MiB at rest")
    gateway.apply(desired(web(folder), port, app="web"))
    status: AppStatus = until_complete(gateway, "web:1", "web")
    direct = [replica.port for replica in status.replicas if replica.port]
    for keep_alive in (True, False):
        compare(direct, port, keep_alive)
    print(f"gateway: {resident(pid):.1f} MiB after the load")


def rollouts(gateway: Gateway, folder: Path, keep_alive: bool) -> None:
    port, seconds = any_port(), []
    app = f"tiny-{keep_alive}".lower()
    gateway.apply(desired(release(folder, "v0"), port, app=app))
    until_complete(gateway, "tiny:v0", app)
    with Load(port, keep_alive) as clients:
        for number in range(1, _ROLLOUTS + 1):
            began = time.perf_counter()
            gateway.apply(desired(release(folder, f"v{number % 2}"), port, app=app))
            until_complete(gateway, f"tiny:v{number % 2}", app)
            seconds.append(time.perf_counter() - began)
    kind = "kept alive" if keep_alive else "a connection each"
    print(f"{_ROLLOUTS} updates of 2 replicas, {kind}: {len(clients.failures)} of {len(clients.answers)} requests failed,", end=" ")
    print(f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s an update")


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        gateway, process = stack.enter_context(gateway_process(folder))
        overhead(gateway, process.pid, folder)
        for keep_alive in (True, False):
            rollouts(gateway, folder, keep_alive)


if __name__ == "__main__":
    main()
