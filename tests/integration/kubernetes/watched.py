"""What tests of the watch follow on a scripted API server, and how they read its news."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.integration.kubernetes.fake_api import Asked, Said, listing, window
from worker.tools.kubernetes_target.news import News, Source
from worker.tools.kubernetes_target.watch import Timing, Watch

SHORT = Timing(window=3, slack=0.5, first_pause=0.05, longest_pause=1.0)


def uid(raw: Any) -> str:
    return str(raw["metadata"]["uid"])


PODS = {"pods": Source("/pods", {}, uid)}
THREE = {kind: Source(f"/{kind}", {}, uid) for kind in ("deployments", "replicasets", "pods")}


def healthy(asked: Asked) -> Said:
    """The answer of a server with nothing in it."""
    return window(asked) if asked.watching else listing()


def told(watch: Watch) -> Iterator[News]:
    """All news, until there is none for 10 s."""
    return iter(partial(watch.next, 10), None)
