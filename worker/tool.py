"""What tools promise: the two that have more than one implementation, and the values they speak in. Knows no SDK.

``Images`` is an engine, ``Target`` is where releases live. ``source`` is git alone and needs no protocol.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.model import Run
from worker.finding import Finding

Log = Callable[[str], None]
"""Takes one line, without its newline, for the run's log."""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image an engine holds.

    Args:
        id: the engine's own identity, ``sha256:…``.
        labels: what it was labelled with when it was made.
        tags: every name that points at it; none means it is dangling.
        created_at: Unix seconds.
        size: bytes.
    """

    id: str
    labels: Mapping[str, str]
    tags: tuple[str, ...]
    created_at: float
    size: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command run for an app may use.

    Args:
        seconds: wall-clock time; over it the command and its children are killed.
        memory: such as ``4g`` or ``512m``.
        cpus: processors, or None for all.
        network: whether it may reach the network.
    """

    seconds: float
    memory: str
    cpus: float | None
    network: bool


@dataclass(frozen=True, slots=True)
class Command:
    """What is run for an app in its environment.

    Args:
        words: program and arguments.
        variables: set beside those of the environment.
        collect: paths (relative, files or folders) that are brought back into the workspace.
    """

    words: Sequence[str]
    limits: Limits
    variables: Mapping[str, str] = field(default_factory=dict)
    collect: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the released service answered: HTTP status, body, seconds it took."""

    status: int
    body: bytes
    seconds: float


class Images(Protocol):
    """An engine that makes environments, runs commands in them and packages images; made for one app and sees only that app's.

    Every method may raise ToolError; what the app did wrong (a Dockerfile that does not build, a command that ends non-zero, runs out of
    time or of memory) is StepFailed.
    """

    def preflight(self) -> Iterable[Finding]:
        """Look whether the engine, and where there is one the registry, can be worked with; changes nothing."""

    def environment(self, workspace: Path, log: Log) -> str | None:
        """Find or make the app's environment: dependencies only, keyed by the hash of all that decides it.

        Returns:
            Its id, the same for the same content, or None when the app brings no ``environment`` stage.
        """

    def run(self, environment: str, command: Command, workspace: Path, log: Log) -> None:
        """Run a command on a copy of the workspace and bring what it collects back.

        Its output goes to ``log`` line by line as it grows. A path it was to collect and did not write is StepFailed.
        """

    def find(self, label: str, value: str) -> StoredImage | None:
        """The newest of this app's images that carries the label with this value."""

    def build(self, workspace: Path, labels: Mapping[str, str], log: Log) -> StoredImage:
        """Package the workspace (code and, in its place, the model) into an image; same content, same id while the engine keeps it."""

    def tag(self, image_id: str, tag: str, log: Log) -> str:
        """Name an image ``tag`` and, where there is a registry, push it.

        Returns:
            The reference a target runs, by digest as the registry reports it after the push.

        Raises:
            TagTaken: the name stands for other content.
        """

    def stored(self) -> Sequence[StoredImage]:
        """This app's images, dangling ones included."""

    def has(self, reference: str) -> bool:
        """Whether what ``tag`` returned a reference to can still be run: it is in the registry or, without one, on the engine."""

    def remove(self, image_id: str) -> int:
        """Remove an image and the tags we gave it here, never by force; with a tag of somebody else's it stays.

        Returns:
            Bytes freed; 0 when it stays, was in use or gone already.
        """

    def extract(self, image: str, path: str, destination: Path) -> None:
        """Copy the folder ``path`` (relative to the code's place in the image) out of an image into ``destination``, which is made.

        ``image`` is an image id or a reference that ``tag`` returned; a reference that is not here is pulled.
        """


class Target(Protocol):
    """Where an app's releases live; made for one app. Every method may raise ToolError."""

    def preflight(self, image: str | None, run: Run | None) -> Iterable[Finding]:
        """Look for what stands in the way of a rollout, and for what would make requests fail in one; changes nothing.

        Args:
            image: what ``run`` is about to roll out; both are None where nothing is, and what serves now is looked at.

        Raises:
            StepFailed: this very release is refused.
        """

    def snapshot(self) -> str | None:
        """The whole template of what serves now if it is complete, healthy and not a retired release, else None.

        Opaque to all but this target.
        """

    def rollout(self, image: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        """Make ``image`` serve, replica by replica, and watch to a verdict; only watches when this very release is there already.

        Returns:
            Outputs for the step's record, among them ``changed``: ``yes`` or ``no``.

        Raises:
            StepFailed: the release is bad, said in words a person can act on; it is left as it is for ``restore``.
        """

    def hold(self, image: str, run: Run, seconds: float, log: Log) -> str:
        """Watch that this run's ``image`` stays what serves, complete and with no new restart; StepFailed when it does not.

        Returns:
            The whole template of what was held, for ``restore``.
        """

    def request(self, path: str, body: bytes | None, seconds: float) -> Answer:
        """Send one request through the Service: POST of JSON ``body``, or GET when it is None. ToolError when none answers in time."""

    def restore(self, template: str, run: Run, seconds: float, log: Log) -> Mapping[str, str]:
        """Put a whole template back and watch it to complete; StepFailed when it does not get there."""

    def retire(self, run: Run, log: Log, *, stop: bool) -> Mapping[str, str]:
        """Settle a bad release of this run that had none before it: stop all its replicas, or leave it as it is. Restores nothing.

        Either way it is no snapshot any more: the next release that is bad must not go back to it.

        Returns:
            Outputs for the step's record.

        Raises:
            StepSkipped: what is there is not what this run put there.
        """

    def in_use(self) -> frozenset[str]:
        """The image references that serve or are on their way in or out."""
