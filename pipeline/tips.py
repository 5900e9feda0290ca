"""Which commits of which branch were seen, in Redis: each has a run, or a rule says that it gets none. Knows no git.

Key: ``seen:<app>:<ref>``, the newest 1,000 of them in the order in which they were seen. Runs and deliveries write it as they are accepted.
"""

from pipeline.connection import PREFIX, Client, available
from pipeline.scripts import Scripts


class Tips:
    """Every method raises StoreUnavailable when Redis cannot do it, and then has changed nothing."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._do = Scripts(redis).do

    def seen(self, app: str, ref: str, commit: str) -> bool:
        with available():
            return self._redis.zscore(f"{PREFIX}seen:{app}:{ref}", commit) is not None

    def newest(self, app: str, ref: str) -> str:
        """The commit that was seen last; empty before the first."""
        with available():
            newest = self._redis.zrevrange(f"{PREFIX}seen:{app}:{ref}", 0, 0)
        return newest[0].decode() if newest else ""

    def baseline(self, app: str, ref: str, commit: str) -> bool:
        """Begin with this commit when nothing of the branch was ever seen; whether that is so."""
        return bool(self._do("baseline", app, ref, commit))
