"""What the Events of a pod tell that its status does not. Pure."""

from collections.abc import Iterable, Sequence

from worker.observation import Raw

UNTOLD = ("Unhealthy", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedPostStartHook")
AT_WORK = ("Pulling", "TriggeredScaleUp")


def causes(events: Iterable[Raw]) -> list[str]:
    """The last warning of each kind that a status has no place for: probes, mounts, sandboxes."""
    last = {found["reason"]: found.get("message", "") for found in sorted(events, key=_when) if found["reason"] in UNTOLD}
    return [f"{reason}: {message.strip()}" for reason, message in last.items()]


def at_work(events: Sequence[Raw]) -> bool:
    """Whether a pod that has not started may yet: its image is being pulled or a node is added for it. True too when none can be read."""
    return not events or any(found["reason"] in AT_WORK for found in events)


def _when(event: Raw) -> str:
    return event.get("lastTimestamp") or event.get("eventTime") or ""
