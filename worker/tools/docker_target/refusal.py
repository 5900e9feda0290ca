"""The engine's refusals and its silence, in the gateway's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import APIError

from pipeline.errors import ToolError
from worker.gateway.running import CannotStart, Unavailable
from worker.tools.docker_images.engine import AWAY


@contextmanager
def refusals() -> Iterator[None]:
    """What the engine refuses cannot be started; that it does not answer says nothing about a release."""
    try:
        yield
    except APIError as error:
        raise CannotStart(f"cannot be started: {error.explanation or error}") from error
    except ToolError as error:
        raise Unavailable(str(error)) from error
    except AWAY as error:
        raise Unavailable(f"the engine does not answer ({error})") from error
