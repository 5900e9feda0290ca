"""Apps that follow this and that, and pushes to them from each forge."""

from typing import Any

import pytest

from tests.forges import PUSH
from tests.hook import payload

FORGES = pytest.mark.parametrize("forge", PUSH)
TAG = {"github": "push", "gitlab": "Tag Push Hook", "gitea": "push"}
"""The event that tells of a pushed tag."""

NUMBER = {"github": 186853002, "gitlab": 15, "gitea": 140}
"""The repository's, in what is recorded of each forge."""

_APP = """
  {0}:
    enabled: {2}
    source: {{url: https://forge.example.com/acme/{0}.git, secret_env: [IRIS_SECRET, SIGNING], {1}}}
    image: {{engine: local}}
    target: {{kind: local, port: {3}}}"""
_SOURCES = {
    "iris": "branch: main",
    "tagged": "tags: ['v*']",
    "both": "branch: main, tags: ['v*'], paths: [rose/**]",
    **{f"numbered-{forge}": f"id: {number}" for forge, number in NUMBER.items()},
    "quiet": "ignore_senders: [Ada]",
    "idle": "branch: main",
}
SPEC_TEXT = "version: 1\napps:" + "".join(
    _APP.format(name, source, str(name != "idle").lower(), 8800 + number) for number, (name, source) in enumerate(_SOURCES.items())
)


def pushed(forge: str, app: str = "iris", name: str = "push", **changed: Any) -> dict[str, Any]:
    """A recorded delivery, of the repository of that app."""
    body = payload(name, forge, **changed)
    key, called = ("project", "path_with_namespace") if forge == "gitlab" else ("repository", "full_name")
    return {**body, key: {**body[key], called: f"acme/{app}"}}
