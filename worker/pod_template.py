"""A pod template as a value: the same release looks the same, whatever controllers have written into it. Pure."""

import json
from collections.abc import Mapping
from typing import Any


def bare(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template without what controllers add: what can be put back, and compared."""
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if key != "creationTimestamp"}
    metadata["labels"] = {key: value for key, value in (metadata.get("labels") or {}).items() if key != "pod-template-hash"}
    return {**template, "metadata": metadata}


def fingerprint(template: Mapping[str, Any]) -> str:
    """Text that is equal exactly when two templates are."""
    return json.dumps(bare(template), sort_keys=True, separators=(",", ":"))
