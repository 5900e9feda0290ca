"""Wrong passwords by address: who goes on guessing waits longer each time. Kept in memory; knows neither Flask nor the password."""

from dataclasses import dataclass

from hook_server.addresses import Addresses

FREE = 5
LONGEST_SECONDS = 300.0
FORGOTTEN_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class _Guesses:
    times: int
    last: float


class Logins:
    """Every method may be called from any thread; ``now`` is in Unix seconds."""

    def __init__(self) -> None:
        self._guesses = Addresses[_Guesses]()

    def wait(self, address: str, now: float) -> float:
        """Seconds until this address may try again; 0 when it may now."""
        known = _counting(self._guesses.known(address), now)
        return max(known.last + pause(known.times) - now, 0.0)

    def failed(self, address: str, now: float) -> None:
        self._guesses.change(address, lambda known: _Guesses(_counting(known, now).times + 1, now))

    def succeeded(self, address: str) -> None:
        self._guesses.forget(address)


def _counting(known: _Guesses | None, now: float) -> _Guesses:
    return known if known and now - known.last < FORGOTTEN_SECONDS else _Guesses(0, now)


def pause(times: int) -> float:
    """Seconds to wait after so many wrong passwords: none after the first few, then 1, 2, 4, … and never more than five minutes."""
    return 0.0 if times < FREE else min(2.0 ** min(times - FREE, 16), LONGEST_SECONDS)
