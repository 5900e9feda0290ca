"""What Redis holds of an app's releases: the live one, the verified ones, what proved bad. Reads only; a run writes them as it ends."""

from collections.abc import Mapping, Sequence

from pipeline.connection import PREFIX, Client, available
from pipeline.record import BAD, RELEASE
from pipeline.release import BadRelease, Release


class Releases:
    """Every method raises StoreUnavailable when Redis does not serve."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    def live(self, app: str) -> Release | None:
        """The app's last verified release."""
        with available():
            held = self._redis.hget(f"{PREFIX}app:{app}", "live")
        return RELEASE.validate_json(held) if held else None

    def stranded(self, app: str) -> str:
        """The run whose rollback failed, while no release has been verified since; else empty."""
        with available():
            held = self._redis.hget(f"{PREFIX}app:{app}", "stranded")
        return held.decode() if held else ""

    def verified(self, app: str) -> list[Release]:
        """The newest 50, newest first; the first one is live."""
        with available():
            return [RELEASE.validate_json(held) for held in self._redis.lrange(f"{PREFIX}releases:{app}", 0, -1)]

    def bad(self, app: str, contents: Sequence[str]) -> Mapping[str, BadRelease]:
        """What is held against those of these contents that proved bad."""
        with available():
            held = self._redis.hmget(f"{PREFIX}bad:{app}", contents) if contents else []
        found = (BAD.validate_json(said) for said in held if said)
        return {bad.content: bad for bad in found}
