"""The keeper: the one process beside the hook server and the workers. It puts back what a dead worker left, finds pushes that no delivery
told of, and tells forges what became of runs.

Each of the three goes on in a thread of its own and waits for neither of the others. Any number of keepers may run, on any machines.
"""

import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pipeline import logs
from pipeline.connection import patient
from pipeline.errors import PushrailError
from pipeline.settings import Settings
from pipeline.spec import App
from pipeline.store import Store
from worker import reaper, reconcile, reporter
from worker.current import current
from worker.tools.git_source import GitSource

END_SECONDS = 5.0
"""How long what is under way may take to end after SIGTERM; all of it may be cut off and is taken up again."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loop:
    """What is done again and again, with a pause of so many seconds in between."""

    name: str
    act: Callable[[], None]
    pause: Callable[[], float]


def keep_on(loop: Loop, stop: threading.Event) -> None:
    """Do it until ``stop``; an error of its own is logged, and it goes on."""
    while not stop.is_set():
        try:
            loop.act()
        except PushrailError as error:
            logger.warning("%s goes on in a moment: %s", loop.name, error)
        except Exception:
            logger.exception("%s failed, and goes on in a moment", loop.name)
        stop.wait(loop.pause())


def loops(settings: Settings, stop: threading.Event) -> tuple[Loop, ...]:
    """The three, with connections of their own; raises SpecError when pipeline.yaml cannot be used."""
    spec, unseen = current(settings.config), set[str]()
    reaped, reconciled = Store(patient(settings.redis_url)), Store(patient(settings.redis_url))
    report = reporter.Reporter(patient(settings.redis_url), settings, spec)

    def tip(app: App) -> str:
        token = settings.secret(app.source.token_env) if app.source.token_env else None
        return GitSource(app.source, settings.data_dir / "mirrors", token).tip()

    def find() -> None:
        reconcile.reconcile(reconcile.followed(spec()), tip, reconciled, unseen, stop.wait, time.time)

    return (
        Loop("the reaper", lambda: reaper.reap(reaped, time.time()), lambda: reaper.EVERY_SECONDS),
        Loop("the reconciler", find, lambda: reconcile.EVERY_SECONDS * random.uniform(0.9, 1.1)),  # noqa: S311 - no secret
        Loop("the reporter", report.round, lambda: reporter.EVERY_SECONDS),
    )


def main() -> None:
    """Go on until SIGTERM or SIGINT."""
    logs.begin("keeper")
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    threads = [threading.Thread(target=keep_on, args=(loop, stop), daemon=True) for loop in loops(Settings.from_env(), stop)]
    for thread in threads:
        thread.start()
    stop.wait()
    until = time.monotonic() + END_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


if __name__ == "__main__":
    main()
