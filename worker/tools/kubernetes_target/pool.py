"""The connections to one API server: the SDK's own pool, whose sockets notice a peer that has vanished. Sends nothing."""

import socket

import urllib3
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject

SOCKET_OPTIONS = (
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 4),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 2),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 10_000),
)
"""A peer that answers no packet for 10 s is gone (tcp(7)), without a request more. What an operating system lacks of it is left out."""


def pool_for(settings: Configuration) -> urllib3.PoolManager:
    """Connections by these settings, none of them made yet."""
    pool: urllib3.PoolManager = RESTClientObject(settings).pool_manager
    known = [(level, getattr(socket, name), value) for level, name, value in SOCKET_OPTIONS if hasattr(socket, name)]
    pool.connection_pool_kw["socket_options"] = known
    return pool
