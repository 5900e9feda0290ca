"""A client's address as text → what can be compared. Knows neither Flask nor any header."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address


def parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one also where a socket of both kinds writes it as ``::ffff:192.0.2.1``; None when it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def place(text: str) -> str:
    """Who counts as one: an IPv4 address, and of IPv6 the /64, for a site has at least that many to choose from (RFC 6177)."""
    address = parsed(text)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address) if address else text[:64]
