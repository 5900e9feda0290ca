"""What an engine tells of containers that end, for as long as this process lives. Asks about none."""

import time
from collections.abc import Callable
from contextlib import closing, suppress

from docker import DockerClient

from pipeline.errors import ToolError
from worker.tools.docker_images.engine import AWAY

_AGAIN = 0.5  # seconds until an engine that went away is tried again


def follow(connect: Callable[[], DockerClient], label: str, told: Callable[[str | None], None]) -> None:
    """Listen to the engine, whatever becomes of it; never returns, so it is to be run in a daemon thread.

    Args:
        label: ``name=value`` of the containers that count.
        told: gets the id of each that ended, and None whenever the engine answers anew: what happened before is not known then.
    """
    while True:
        with suppress(ToolError, *AWAY), closing(connect()) as client:
            # From a second ago: the engine answers a moment before it begins to listen.
            filters = {"type": "container", "event": "die", "label": label}
            events = client.events(since=int(time.time()) - 1, filters=filters, decode=True)
            told(None)
            for event in events:
                told(event["id"])
        time.sleep(_AGAIN)
