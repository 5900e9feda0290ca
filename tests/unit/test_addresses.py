"""Clients' addresses: what counts as one, and how many are remembered."""

import pytest

from hook_server.address import parsed, place
from hook_server.addresses import MOST, Addresses


@pytest.mark.parametrize(
    ("given", "counts_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("x" * 1000, "x" * 64),
        ("", ""),
    ],
)
def test_an_address_of_ipv4_is_one_client_and_a_64_of_ipv6_is_another(given: str, counts_as: str) -> None:
    assert place(given) == counts_as


@pytest.mark.parametrize("given", ["", "unknown", "192.0.2.1:80", "1.2.3", "[::1]"])
def test_what_is_no_address_is_none(given: str) -> None:
    assert parsed(given) is None


def test_what_is_known_is_changed_and_forgotten() -> None:
    times = Addresses[int]()
    assert [times.change("192.0.2.1", lambda known: (known or 0) + 1) for _ in range(3)] == [1, 2, 3]
    assert times.known("::ffff:192.0.2.1") == 3
    times.forget("192.0.2.1")
    assert times.known("192.0.2.1") is None


def test_of_too_many_whoever_was_heard_of_longest_ago_is_forgotten() -> None:
    numbers = Addresses[int]()
    for number in range(MOST):
        numbers.change(str(number), lambda _: 1)
    numbers.change("0", lambda _: 2)
    numbers.change("one more", lambda _: 1)
    assert (numbers.known("0"), numbers.known("1"), numbers.known("one more")) == (2, None, 1)
