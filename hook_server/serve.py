"""The hook server as processes: a master and, for each core, a worker. Holds no rule of requests."""

import os

from hook_server.master import Master, Site
from hook_server.senders import SLOWEST
from pipeline.exposure import check_listening
from pipeline.settings import Settings

MOST_WORKERS = 4


def serve(settings: Settings, host: str, port: int, *, slowest: float = SLOWEST, workers: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first.

    SIGHUP reads pipeline.yaml and all secrets again; the files of secrets are read again whenever they change.

    Args:
        slowest: seconds within which a request's head must have come, and then its body.
        workers: processes; as many as there are cores to use, and 4 at most, when it is not said.

    Raises:
        SpecError: pipeline.yaml is wrong.
        SettingsError: a secret is empty, not set or short.
    """
    check_listening(settings.environment, host)
    Master(Site(settings, f"{host}:{port}", slowest, workers or min(_cores(), MOST_WORKERS))).run()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> None:
    """Serve on this machine alone, with the settings of the environment."""
    serve(Settings.from_env(), "127.0.0.1", 8080)


if __name__ == "__main__":
    main()
