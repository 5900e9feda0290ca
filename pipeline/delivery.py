"""What a forge sent, and what it came to: Delivery, Received, Outcome, Decision. Frozen; knows no I/O.

HTTP request → Received (with the Delivery, when it is a push) → Decision, one for each app → Outcome.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.model import Run

MOST_PATHS_CHARACTERS = 20_000
MOST_MESSAGE_CHARACTERS = 2_000
MOST_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """One authenticated push event.

    Args:
        id: the forge's id of the event; the same on a redelivery, and shared by every hook that received the event.
        forge: who sent it, by the URL it was sent to: ``github``, ``gitlab`` or ``gitea``.
        event: the forge's own name for what happened.
        repository: ``owner/name``.
        repository_id: the forge's number for the repository, which stays when its name changes; empty when it is not told.
        ref: the full ref, ``refs/heads/…`` or ``refs/tags/…``.
        before: the commit the ref was at before the push; all zeros when the push made the ref.
        commit: 40 or 64 hex digits; all zeros when the ref was deleted.
        sender: whose act the event tells, by login.
        pusher: who pushed, by login, where the event tells it apart from the sender.
        message: the head commit's whole message.
        deleted: the push removed the ref.
        forced: the push took commits away from the branch, as far as the event tells.
        changed: the paths the push touched, or None where the event does not say it for certain.
    """

    id: str
    repository: str
    ref: str
    commit: str
    forge: str = ""
    event: str = ""
    repository_id: str = ""
    before: str = ""
    sender: str = ""
    pusher: str = ""
    message: str = ""
    deleted: bool = False
    forced: bool = False
    changed: tuple[str, ...] | None = None

    @property
    def claim(self) -> str:
        """What a run of it is known by: ids of two forges never meet, nor do they meet the key of a request to the API."""
        return f"{self.forge}:{self.id}"

    @property
    def bounded(self) -> "Delivery":
        """As it is kept: a long list of paths is dropped as undecided, a long message is cut."""
        changed = self.changed if sum(map(len, self.changed or ())) <= MOST_PATHS_CHARACTERS else None
        message, sender, pusher = (
            self.message[:MOST_MESSAGE_CHARACTERS],
            self.sender[:MOST_NAME_CHARACTERS],
            self.pusher[:MOST_NAME_CHARACTERS],
        )
        if (message, sender, pusher, changed) == (self.message, self.sender, self.pusher, self.changed):
            return self
        return replace(self, message=message, sender=sender, pusher=pusher, changed=changed)


@dataclass(frozen=True, slots=True)
class Received:
    """One authenticated request to a webhook address.

    Args:
        forge: by the URL it was sent to, ``github`` for one.
        event: the forge's own name for what happened.
        id: the forge's id of the event, or empty.
        received_at: Unix seconds.
        signed_by: by app, which of its secrets signed it, counted from 1.
        push: what it says, when it is a push.
        redelivers: the entry of the log that a person sent through once more; ``received_at`` is then when.
        requested_by: who, for people to read.
        reason: why, if they said so.
    """

    forge: str
    event: str
    id: str
    received_at: float
    signed_by: Mapping[str, int]
    push: Delivery | None = None
    redelivers: str = ""
    requested_by: str = ""
    reason: str = ""


OUTCOMES = ("accepted", "duplicate", "ignored", "superseded", "failed", "pong")
"""``accepted`` becomes ``superseded`` when its run does; ``failed`` could not be used or kept, ``pong`` answers a ping."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery came to for one app.

    Args:
        app: empty when it concerns none.
        outcome: one of OUTCOMES.
        run: the run that was started, or that has it already.
        reason: in one line, for people to read.
    """

    app: str
    outcome: str
    run: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What an app makes of a delivery, as long as none of its runs has it already.

    Args:
        run: to accept, if any.
        settles: ref and commit of a push that starts nothing here: nothing shall be started for it later either.
        alarming: somebody should look at it.
    """

    outcome: Outcome
    run: Run | None = None
    settles: tuple[str, str] = ("", "")
    alarming: bool = False
