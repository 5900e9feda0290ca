"""Which of the versions that ``target.create`` can write an API server serves."""

import re
from dataclasses import dataclass

from pipeline.errors import ToolError
from worker.tools.kubernetes_target.api import Api

SLEEP_SINCE = 33
"""Every kubelet has preStop's ``sleep`` since 1.30 (KEP-3960), and none is more than three minor versions behind its API server
(https://kubernetes.io/releases/version-skew-policy/)."""

_NEWEST_FIRST = {"autoscaling": ("v2", "v1"), "policy": ("v1", "v1beta1")}


@dataclass(frozen=True, slots=True)
class Served:
    """Versions of the groups autoscaling and policy, and whether preStop may sleep without a program of the image."""

    autoscaling: str
    policy: str
    sleep: bool


def discover(api: Api) -> Served:
    """Ask the API server; ToolError when it serves no version that can be written."""
    found = {group["name"]: {version["version"] for version in group["versions"]} for group in api.get("/apis")["groups"]}
    minor = re.match(r"v1\.(\d+)", api.get("/version")["gitVersion"])
    versions = {group: _best(group, found.get(group, set())) for group in _NEWEST_FIRST}
    return Served(**versions, sleep=minor is not None and int(minor[1]) >= SLEEP_SINCE)


def _best(group: str, served: set[str]) -> str:
    for version in _NEWEST_FIRST[group]:
        if version in served:
            return version
    raise ToolError("kubernetes", f"the API server serves none of {', '.join(_NEWEST_FIRST[group])} of {group}; take target.create out")
