"""TCP ports: free ones for replicas, never an ephemeral one, and whether a named one can be listened on."""

import errno
import random
import socket
from collections.abc import Container

# Below the ephemeral range of Linux (32768) and macOS (49152): the kernel may give an ephemeral port to any outgoing connection between
# our look and the replica's bind, and a probe of a port where nobody listens yet can connect to itself (TCP simultaneous open).
_PORTS = range(20000, 32768)


def free_port(taken: Container[int]) -> int:
    """A port that nobody uses on any address, none of ``taken``.

    Raises:
        OSError: none was found.
    """
    for port in random.sample(_PORTS, 200):
        if port not in taken and _is_free(port):
            return port
    raise OSError("no free port between 20000 and 32767")


def obstacle(host: str, port: int) -> str:
    """Why nothing can be made to listen there now; empty when something can."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        return "another program has this port" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
    return ""


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
