"""From where deliveries may come. Decided by the address alone, before anything of the request's body is read."""

from flask import Flask, request
from werkzeug.exceptions import Forbidden

from hook_server.address import parsed
from pipeline.exposure import Network

Networks = tuple[Network, ...]


def check(address: str, networks: Networks) -> None:
    """Refuse who is in none of the networks; where there are none, everybody may send.

    Raises:
        Forbidden: this address may not.
    """
    if networks and not _inside(address, networks):
        raise Forbidden("deliveries are not accepted from your address; the networks of PUSHRAIL_HOOK_NETWORKS are")


def register(app: Flask, networks: Networks) -> None:
    """Refuse strangers below ``/hooks/`` also where there is no forge, or they could tell which there are."""

    def allow() -> None:
        if request.path.startswith("/hooks/"):
            check(request.remote_addr or "", networks)

    app.before_request(allow)


def _inside(text: str, networks: Networks) -> bool:
    address = parsed(text)
    return address is not None and any(address in network for network in networks)
