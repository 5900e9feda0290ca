"""The processes an installation is made of, as programs for the supervisor."""

import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cli import embedded_redis, greenlets
from cli.program import Program
from pipeline.connection import impatient
from pipeline.errors import SettingsError, StoreUnavailable, ToolError
from pipeline.settings import Settings
from pipeline.spec import DockerTarget, LocalTarget, Spec
from pipeline.store import Store
from worker.gateway.address import SOCKET
from worker.gateway.client import Gateway
from worker.gateway.ports import obstacle


def redis(settings: Settings) -> tuple[list[Program], Settings]:
    """The embedded server, and the settings with its URL."""
    command, url = embedded_redis.prepare(settings.data_dir / "redis")
    return [Program("redis", command, ready=lambda: _serves(url))], replace(settings, redis_url=url)


def gateway(settings: Settings, spec: Spec) -> list[Program]:
    """The gateway, when an app's target is this machine."""
    if not any(isinstance(app.target, LocalTarget | DockerTarget) for app in spec.apps.values()):
        return []
    return [Program("gateway", _module("worker.gateway"), ready=lambda: _answers(Gateway(settings.data_dir / SOCKET)))]


def outliving(spec: Spec) -> str:
    """What goes on when all programs have ended, in words; empty when nothing does."""
    apps = [app.name for app in spec.apps.values() if isinstance(app.target, DockerTarget)]
    return f"; containers of {', '.join(apps)} go on, for the next `pushrail up` to take on" if apps else ""


def free(host: str, port: int) -> None:
    """Raise SettingsError when nothing can listen there: another program that answers would be taken for ours."""
    if wrong := obstacle(host.strip("[]"), port):
        raise SettingsError(f"cannot listen on {host}:{port}: {wrong}; --listen HOST:PORT names another place")


def server(host: str, port: int) -> Program:
    return Program(
        "server",
        greenlets.command("server", "--listen", f"{host}:{port}"),
        ready=lambda: _lives(f"http://{_reachable(host)}:{port}/livez"),
        rereads=True,
    )


def workers(count: int) -> list[Program]:
    """``count`` worker processes and the keeper."""
    names = [f"worker-{number}" for number in range(1, count + 1)]
    return [*(Program(name, _module("worker.process")) for name in names), Program("keeper", _module("worker.keeper"))]


def environment(settings: Settings) -> Mapping[str, str]:
    """All variables of every program, with the settings that were given as flags."""
    return {
        **settings.environment,
        "PUSHRAIL_CONFIG": str(settings.config),
        "PUSHRAIL_DATA_DIR": str(settings.data_dir),
        "PUSHRAIL_REDIS_URL": settings.redis_url,
        "PYTHONUNBUFFERED": "1",
    }


def _module(name: str) -> Sequence[str]:
    return [sys.executable, "-m", name]


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - compared, not bound


def _serves(url: str) -> bool:
    try:
        Store(impatient(url)).apps()
    except StoreUnavailable:
        return False
    return True


def _lives(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _answers(gateway: Gateway) -> bool:
    try:
        gateway.ping()
    except ToolError:
        return False
    return True
