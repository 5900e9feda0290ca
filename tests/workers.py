"""The worker processes of a hook server."""

from pathlib import Path

from tests.wire import Server


def workers(server: Server) -> list[int]:
    """Their process ids."""
    return [int(pid) for pid in Path(f"/proc/{server[1].pid}/task/{server[1].pid}/children").read_text().split()]
