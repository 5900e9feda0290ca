"""From where deliveries may come. Decided by the address alone, before anything of the request's body is read."""

from flask import Flask, abort, request

from hook_server.address import parsed
from pipeline.exposure import Network


def register(app: Flask, networks: tuple[Network, ...]) -> None:
    """Answer 403 on ``/hooks/`` to who is in none of the networks; where there are none, everybody may send."""

    def allow() -> None:
        if request.path.startswith("/hooks/") and not _inside(request.remote_addr or "", networks):
            abort(403, "deliveries are not accepted from your address; the networks of PUSHRAIL_HOOK_NETWORKS are")

    if networks:
        app.before_request(allow)


def _inside(text: str, networks: tuple[Network, ...]) -> bool:
    address = parsed(text)
    return address is not None and any(address in network for network in networks)
