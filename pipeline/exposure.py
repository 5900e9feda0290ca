"""How the hook server is reached, as the operator says it: proxies in front, networks of deliveries, and whether secrets may be short."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from pipeline.errors import SettingsError

Network = IPv4Network | IPv6Network
_PROXIES, _NETWORKS, _INSECURE = "PUSHRAIL_PROXIES", "PUSHRAIL_HOOK_NETWORKS", "PUSHRAIL_INSECURE_SECRETS"


def proxies(environment: Mapping[str, str]) -> int:
    """How many proxies stand in front, each of which appends to the forwarding headers: ``PUSHRAIL_PROXIES``, 0 unless it is set.

    Raises:
        SettingsError: it is no number from 0 to 9.
    """
    value = environment.get(_PROXIES, "").strip() or "0"
    if not re.fullmatch("[0-9]", value):
        raise SettingsError(f"{_PROXIES} must be how many proxies stand in front of the server, from 0 to 9")
    return int(value)


def hook_networks(environment: Mapping[str, str]) -> tuple[Network, ...]:
    """The networks that deliveries may come from: ``PUSHRAIL_HOOK_NETWORKS``, separated by commas; empty is any.

    Raises:
        SettingsError: one of them is no network.
    """
    return tuple(_network(text.strip()) for text in environment.get(_NETWORKS, "").split(",") if text.strip())


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise SettingsError(
            f"{_NETWORKS} holds {text!r}, which is no network such as 192.30.252.0/22 or 2a0a:a440::/29: {error}"
        ) from error


def insecure(environment: Mapping[str, str]) -> bool:
    """Whether secrets may be short here: ``PUSHRAIL_INSECURE_SECRETS`` is 1, for a server that only this machine can reach."""
    return environment.get(_INSECURE, "").strip() == "1"


def check_listening(environment: Mapping[str, str], host: str) -> None:
    """Refuse to listen for others where secrets may be short.

    Args:
        host: a name or an address, one of IPv6 in brackets or not.

    Raises:
        SettingsError: the switch is on, and this is not an address of loopback.
    """
    if insecure(environment) and not _loopback(host.strip("[]")):
        raise SettingsError(f"{_INSECURE} lets secrets be short where nobody else can listen in; take it away, or listen on 127.0.0.1")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
