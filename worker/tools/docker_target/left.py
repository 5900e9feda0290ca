"""What an earlier gateway left on the engine: what still serves a live release may be taken on, the rest goes."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from docker import DockerClient
from docker.errors import NotFound

from worker.tools.docker_target.container import Found
from worker.tools.docker_target.making import APP, INSTALLATION, RELEASE

Left = dict[tuple[str, str], list[Found]]
"""By app and key of the release."""


def take_stock(client: DockerClient, installation: str, wanted: Mapping[tuple[str, str], int]) -> Left:
    """Remove every container of the installation but as many running ones of each release as are wanted, and return those."""
    left: Left = defaultdict(list)
    open_places = Counter(wanted)
    for summary in client.api.containers(all=True, filters={"label": f"{INSTALLATION}={installation}"}):
        place = summary["Labels"].get(APP, ""), summary["Labels"].get(RELEASE, "")
        found = _running(summary)
        if found and open_places[place] > 0:
            open_places[place] -= 1
            left[place].append(found)
        else:
            with suppress(NotFound):
                client.api.remove_container(summary["Id"], v=True, force=True)
    return left


def _running(summary: Mapping[str, Any]) -> Found | None:
    port = next((port["PublicPort"] for port in summary["Ports"] if "PublicPort" in port), None)
    if summary["State"] != "running" or port is None:
        return None
    return Found(summary["Id"], summary["Names"][0].removeprefix("/"), port)
