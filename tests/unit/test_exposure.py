"""How many proxies there are and where deliveries come from, as the operator says it."""

from ipaddress import ip_network

import pytest

from pipeline.errors import SettingsError
from pipeline.exposure import check_listening, hook_networks, insecure, proxies


@pytest.mark.parametrize(("given", "number"), [({}, 0), ({"PUSHRAIL_PROXIES": " "}, 0), ({"PUSHRAIL_PROXIES": " 2 "}, 2)])
def test_there_is_no_proxy_unless_it_is_said(given: dict[str, str], number: int) -> None:
    assert proxies(given) == number


@pytest.mark.parametrize("value", ["-1", "one", "10", "1.0", "true", "٣"])
def test_what_is_no_number_of_proxies_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="PUSHRAIL_PROXIES must be how many"):
        proxies({"PUSHRAIL_PROXIES": value})


def test_networks_are_separated_by_commas() -> None:
    found = hook_networks({"PUSHRAIL_HOOK_NETWORKS": "192.30.252.0/22, 2a0a:a440::/29,,192.0.2.1"})
    assert found == tuple(map(ip_network, ("192.30.252.0/22", "2a0a:a440::/29", "192.0.2.1/32")))


@pytest.mark.parametrize("given", [{}, {"PUSHRAIL_HOOK_NETWORKS": " , "}])
def test_without_a_network_there_is_no_limit(given: dict[str, str]) -> None:
    assert hook_networks(given) == ()


@pytest.mark.parametrize("value", ["github.com", "192.30.252.1/22", "192.0.2.0/33", "10.0.0.0/8;172.16.0.0/12"])
def test_what_is_no_network_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"PUSHRAIL_HOOK_NETWORKS holds '.*', which is no network such as"):
        hook_networks({"PUSHRAIL_HOOK_NETWORKS": value})


@pytest.mark.parametrize(("value", "switched"), [("1", True), ("", False), ("0", False), ("yes", False)])
def test_secrets_may_be_insecure_only_where_that_is_said_with_a_one(value: str, switched: bool) -> None:
    assert insecure({"PUSHRAIL_INSECURE_SECRETS": value}) is switched
    assert not insecure({})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])
def test_on_loopback_secrets_may_be_insecure(host: str) -> None:
    check_listening({"PUSHRAIL_INSECURE_SECRETS": "1"}, host)


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1", "pushrail.example", ""])
def test_where_others_can_listen_in_they_may_not(host: str) -> None:
    with pytest.raises(SettingsError, match="PUSHRAIL_INSECURE_SECRETS lets secrets be short"):
        check_listening({"PUSHRAIL_INSECURE_SECRETS": "1"}, host)
    check_listening({}, host)
