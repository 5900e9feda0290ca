"""How many wrong signatures an address may send."""

from hook_server.forgeries import BURST, EVERY_SECONDS, Forgeries

ADA, BOB = "192.0.2.1", "192.0.2.2"
NOW = 1_800_000_000.0


def failing(times: int, address: str = ADA) -> Forgeries:
    forgeries = Forgeries()
    assert [forgeries.failed(address, NOW) for _ in range(times)] == [0.0] * times
    return forgeries


def test_a_minute_s_worth_may_fail_at_once_and_no_more() -> None:
    forgeries = failing(BURST)
    assert [forgeries.failed(ADA, NOW) for _ in range(3)] == [EVERY_SECONDS] * 3


def test_one_more_is_free_each_second() -> None:
    forgeries = failing(BURST)
    assert [forgeries.failed(ADA, NOW + EVERY_SECONDS) for _ in range(2)] == [0.0, EVERY_SECONDS]


def test_a_minute_of_silence_makes_all_of_it_free_again() -> None:
    forgeries = failing(BURST)
    assert [forgeries.failed(ADA, NOW + BURST * EVERY_SECONDS) for _ in range(BURST)] == [0.0] * BURST


def test_another_address_is_not_held_back() -> None:
    assert failing(BURST).failed(BOB, NOW) == 0.0


def test_whoever_has_a_network_of_ipv6_is_one_sender() -> None:
    forgeries = failing(BURST, "2001:db8::1")
    assert forgeries.failed("2001:db8::2", NOW) > 0
    assert forgeries.failed("2001:db8:0:1::1", NOW) == 0
