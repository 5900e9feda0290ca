"""What a gateway is asked to run: a release of an app, as it stands on disk, and who asked. Frozen values; reads no file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Release:
    """What a replica is started from.

    Args:
        image: the reference it is known by; the same reference is the same content.
        folder: its working directory, never written to.
        command: program and arguments.
        bin: the folder searched first for the program.
        variables: of its environment, as its Dockerfile sets them.
    """

    image: str
    folder: str
    command: tuple[str, ...]
    bin: str
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Desired:
    """What an app should come to.

    Args:
        port: of 127.0.0.1, where its clients connect.
        replicas: how many serve; 0 stops the app.
        run: id of the run that asks.
        fence: of that run; a lower one than the last is refused.
    """

    app: str
    port: int
    replicas: int
    release: Release
    run: str
    fence: int


def parse(given: Mapping[str, Any]) -> Desired:
    """Read what ``dataclasses.asdict`` of a Desired became in JSON.

    Raises:
        KeyError, TypeError: it is not that.
    """
    release = given["release"]
    return Desired(**{**given, "release": Release(**{**release, "command": tuple(release["command"])})})
