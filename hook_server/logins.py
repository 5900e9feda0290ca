"""Wrong passwords by address: who goes on guessing waits longer each time. Kept in memory; knows neither Flask nor the password."""

import threading
from dataclasses import dataclass

FREE = 5
LONGEST_SECONDS = 300.0
FORGOTTEN_SECONDS = 3600.0
MOST_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class _Guesses:
    times: int
    last: float


class Logins:
    """Every method may be called from any thread; ``now`` is in Unix seconds."""

    def __init__(self) -> None:
        self._guesses: dict[str, _Guesses] = {}  # whose last guess is oldest comes first
        self._lock = threading.Lock()

    def wait(self, address: str, now: float) -> float:
        """Seconds until this address may try again; 0 when it may now."""
        with self._lock:
            known = self._known(address, now)
            return max(known.last + pause(known.times) - now, 0.0)

    def failed(self, address: str, now: float) -> None:
        with self._lock:
            times = self._known(address, now).times + 1
            self._guesses.pop(address, None)
            self._guesses[address] = _Guesses(times, now)
            if len(self._guesses) > MOST_ADDRESSES:
                del self._guesses[next(iter(self._guesses))]

    def succeeded(self, address: str) -> None:
        with self._lock:
            self._guesses.pop(address, None)

    def _known(self, address: str, now: float) -> _Guesses:
        known = self._guesses.get(address)
        return known if known and now - known.last < FORGOTTEN_SECONDS else _Guesses(0, now)


def pause(times: int) -> float:
    """Seconds to wait after so many wrong passwords: none after the first few, then 1, 2, 4, … and never more than five minutes."""
    return 0.0 if times < FREE else min(2.0 ** min(times - FREE, 16), LONGEST_SECONDS)
