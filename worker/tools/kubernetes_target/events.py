"""What the Events of a pod tell that its status does not. Pure."""

from collections.abc import Iterable, Sequence

from worker.observation import Raw

UNTOLD = ("Unhealthy", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedPostStartHook")
NOT_PULLED = "Failed to pull image"
"""An event ``Failed``; when it is told by a status, then only until the kubelet backs off."""
AT_WORK = ("Pulling", "TriggeredScaleUp")


def causes(events: Iterable[Raw], said: str) -> list[str]:
    """The last warning of each kind that a status has no place for (probes, mounts, sandboxes, pulls), but for what is ``said`` already."""
    last = {found["reason"]: found.get("message", "").strip() for found in sorted(events, key=_when) if _is_untold(found)}
    return [f"{reason}: {message}" for reason, message in last.items() if message.partition(": ")[2] not in said]


def _is_untold(event: Raw) -> bool:
    return event["reason"] in UNTOLD or event.get("message", "").startswith(NOT_PULLED)


def at_work(events: Sequence[Raw]) -> bool:
    """Whether a pod that has not started may yet: its image is being pulled or a node is added for it. True too when none can be read."""
    return not events or any(found["reason"] in AT_WORK for found in events)


def _when(event: Raw) -> str:
    return event.get("lastTimestamp") or event.get("eventTime") or ""
