"""What a forge was told of a run. It tells people; it never decides anything about the run."""

from dataclasses import dataclass

ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Told:
    """What the forge took last, and what keeps it from taking more.

    Args:
        forge: its name, for people to read.
        commit: the commit whose status it took last.
        state: that status, in the forge's own word.
        text: its description.
        at: when it took it, Unix seconds.
        error: why it has not taken what is true now; empty when it has.
        failing_since: the first time it did not take what is told now, Unix seconds.
        deployment: its id of the run's deployment; ASKED while it is unknown whether it has made one.
        deployment_state: the deployment's status that it took last.
    """

    forge: str
    commit: str = ""
    state: str = ""
    text: str = ""
    at: float | None = None
    error: str = ""
    failing_since: float | None = None
    deployment: str = ""
    deployment_state: str = ""
