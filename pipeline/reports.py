"""What forges are still to be told, in Redis, and who tells them. Knows no forge.

Keys: ``reports`` (up to where the event record has been noted), ``report:<app>`` (its runs that are to be told of, each with the newest
event), ``reporter:<app>`` (who tells of the app, or until when nobody shall, and how often it failed in a row).
"""

from collections.abc import Iterable, Mapping

from pipeline.connection import PREFIX, Client, available
from pipeline.record import TOLD
from pipeline.scripts import Scripts
from pipeline.told import Told

LEASE_SECONDS = 30.0
"""How long one keeper alone tells of an app after it last said so; longer than any request it makes."""

AT_ONCE = 1000


class Reports:
    """Every method raises StoreUnavailable when Redis cannot do it, and then has changed nothing."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._do = Scripts(redis).do

    def note(self, apps: Iterable[str], since: float) -> int:
        """Go on through the event record: each run of these apps that something happened to is due. See ``note.lua``.

        Args:
            since: where to begin when nothing has been noted yet, Unix seconds.

        Returns:
            How many events were read; at most 1,000.
        """
        return int(self._do("note", int(since * 1000), AT_ONCE, *apps))

    def due(self, app: str) -> Mapping[str, str]:
        """The app's runs that are to be told of, oldest first, each with the event that made it due last."""
        with available():
            held = self._redis.hgetall(f"{PREFIX}report:{app}")
        return dict(sorted((run.decode(), event.decode()) for run, event in held.items()))

    def hold(self, app: str, keeper: str, now: float) -> bool:
        """Become the one who tells of this app for 30 s, or stay it; no while another is, or while the forge is left in peace."""
        return bool(self._do("hold", app, keeper, now, LEASE_SECONDS))

    def told(self, app: str, keeper: str, run: str, told: Told, event: str = "") -> bool:
        """Keep with the run what the forge was told; no when another keeper tells of the app by now.

        Args:
            event: that which made the run due: nothing is left to tell, unless there has been another since. Empty: something is.
        """
        return bool(self._do("told", app, keeper, run, TOLD.dump_json(told), event))

    def rest(self, app: str, keeper: str, until: float, failures: int) -> None:
        """Stop telling of the app, for anyone to go on after ``until`` (Unix seconds)."""
        self._do("rest", app, keeper, until, failures)

    def failures(self, app: str) -> int:
        """How often the forge has failed in a row."""
        with available():
            return int(self._redis.hget(f"{PREFIX}reporter:{app}", "failures") or 0)
