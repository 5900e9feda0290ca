"""What a gateway is asked to run: a release of an app, on disk or on an engine, and who asked. Frozen values; reads no file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

READINESS = "/readyz"


@dataclass(frozen=True, slots=True)
class FolderRelease:
    """What a process is started from.

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

    @property
    def readiness(self) -> str:
        return READINESS


@dataclass(frozen=True, slots=True)
class ContainerRelease:
    """What a container is started from.

    Args:
        image: its reference; what it runs is the image's own matter.
        port: where it listens inside.
        readiness: the path that answers 200 when it is ready.
        variables: of its environment, beside those of its image.
        secrets: names of more variables; their values are the gateway's to know and stand nowhere.
        memory: at most, such as ``512m``; None is no bound.
        cpus: processors at most, None is no bound.
        volumes: folders of the engine's machine and where they appear inside, for reading only.
        network: of the engine, where other containers are; None is its default one.
    """

    image: str
    port: int
    readiness: str = READINESS
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    memory: str | None = None
    cpus: float | None = None
    volumes: Mapping[str, str] = field(default_factory=dict)
    network: str | None = None


Release = FolderRelease | ContainerRelease


@dataclass(frozen=True, slots=True)
class Desired:
    """What an app should come to.

    Args:
        port: where its clients connect.
        replicas: how many serve; 0 stops the app.
        run: id of the run that asks.
        fence: of that run; a lower one than the last is refused.
        address: the IP address the port is opened on.
        bad: the run has found the release bad; nothing goes back to it.
    """

    app: str
    port: int
    replicas: int
    release: Release
    run: str
    fence: int
    address: str = "127.0.0.1"
    bad: bool = False


def parse(given: Mapping[str, Any]) -> Desired:
    """Read what ``dataclasses.asdict`` of a Desired became in JSON.

    Raises:
        KeyError, TypeError: it is not that.
    """
    return Desired(**{**given, "release": parse_release(given["release"])})


def parse_release(given: Mapping[str, Any]) -> Release:
    """The same for a Release."""
    if "folder" in given:
        return FolderRelease(**{**given, "command": tuple(given["command"])})
    return ContainerRelease(**{**given, "secrets": tuple(given["secrets"])})
