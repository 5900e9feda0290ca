import pytest

from hook_server.addresses import MOST
from hook_server.logins import FORGOTTEN_SECONDS, FREE, LONGEST_SECONDS, Logins, pause

ADA, BOB = "192.0.2.1", "2001:db8::1"


def guessed(times: int, now: float = 1000.0) -> Logins:
    logins = Logins()
    for _ in range(times):
        logins.failed(ADA, now)
    return logins


@pytest.mark.parametrize(
    ("times", "seconds"), [(0, 0), (FREE - 1, 0), (FREE, 1), (FREE + 1, 2), (FREE + 3, 8), (50, LONGEST_SECONDS), (10**9, LONGEST_SECONDS)]
)
def test_who_goes_on_guessing_waits_longer_each_time(times: int, seconds: float) -> None:
    assert pause(times) == seconds


def test_an_address_waits_from_its_last_guess_on() -> None:
    logins = guessed(FREE + 3)
    assert [logins.wait(ADA, now) for now in (1000.0, 1003.0, 1008.0)] == [8.0, 5.0, 0.0]


def test_another_address_does_not_wait() -> None:
    assert guessed(50).wait(BOB, 1000.0) == 0


def test_the_right_password_and_time_clear_an_address() -> None:
    logins = guessed(50)
    assert logins.wait(ADA, 1000.0 + FORGOTTEN_SECONDS) == 0
    logins.succeeded(ADA)
    assert logins.wait(ADA, 1000.0) == 0


def test_the_oldest_of_too_many_addresses_is_forgotten() -> None:
    logins = guessed(50)
    for number in range(MOST):
        logins.failed(str(number), 1000.0)
    assert logins.wait(ADA, 1000.0) == 0
