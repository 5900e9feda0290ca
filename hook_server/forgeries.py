"""Wrong signatures by address: so many a minute are refused one by one, more are told to wait. Kept in memory; knows no secret."""

from hook_server.addresses import Addresses

EVERY_SECONDS = 1.0
"""One more is free each second."""

BURST = 60


class Forgeries:
    """Counts only what has failed already: a signature that is right passes, whoever else shares the address of its sender."""

    def __init__(self) -> None:
        self._due = Addresses[float]()  # when all that was counted is forgotten, in Unix seconds

    def failed(self, address: str, now: float) -> float:
        """Count one more.

        Args:
            now: Unix seconds.

        Returns:
            0 while it is within the limit; else it is not counted, and this is how many seconds there are until one more is.
        """
        over = max(self._due.known(address) or now, now) + EVERY_SECONDS - (now + BURST * EVERY_SECONDS)
        if over > 0:
            return over
        self._due.change(address, lambda due: max(due or now, now) + EVERY_SECONDS)
        return 0.0
