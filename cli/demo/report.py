"""What the demo shows: a line for each step as it ends, and the table at the end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cli.client import Shown
from pipeline.model import Status

_PATIENCE = 3.0  # seconds without a line before what a step is at is shown
_MARKS = {"succeeded": "✓", "skipped": "·", "rejected": "✗", "failed": "✗", "errored": "✗"}


@dataclass(frozen=True, slots=True)
class Chapter:
    """One push, or the replay, as it came out; ``trouble`` spoils it whatever the run's status."""

    name: str
    commit: str
    expected: Status
    run: Shown
    seconds: float
    trouble: str = ""

    @property
    def status(self) -> Status:
        return Status(self.run["status"])

    @property
    def good(self) -> bool:
        return self.status is self.expected and not self.trouble

    def spoilt(self, trouble: str) -> "Chapter":
        return replace(self, trouble=trouble)

    @property
    def decided_by(self) -> str:
        """The first step that said no, or the last one that did something."""
        steps = self.run["steps"]
        bad = [step["name"] for step in steps if step["status"] in ("failed", "rejected", "errored")]
        return str((bad or [step["name"] for step in steps if step["status"] == "succeeded"][-1:] or ["-"])[0])


class Progress:
    """Says each step once, when it has ended, and what a long one is at meanwhile.

    Args:
        say: shows a line.
        clock: monotonic seconds.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._said: set[str] = set()
        self._quiet_since = clock()

    def show(self, run: Shown, newest: str) -> None:
        for step in run["steps"]:
            if step["finished_at"] is not None and step["name"] not in self._said:
                self._said.add(step["name"])
                if not _was_not_due(step):
                    self._tell(_line(step))
        running = [step["name"] for step in run["steps"] if step["finished_at"] is None]
        if running and self._clock() - self._quiet_since > _PATIENCE:
            self._tell(f"    … {running[0]:<9}{newest.partition(' ')[2][:110]}")

    def _tell(self, line: str) -> None:
        self._quiet_since = self._clock()
        self._say(line)


def _was_not_due(step: Shown) -> bool:
    """Skipped by the runner, for what another step came to, and not by itself."""
    return bool(step["status"] == "skipped" and (step["started_at"] == step["finished_at"] or step["name"] == "rollback"))


def _line(step: Shown) -> str:
    seconds = step["finished_at"] - step["started_at"]
    shown = " ".join(str(step["reason"]).split())
    return f"    {_MARKS[step['status']]} {step['name']:<9}{seconds:6.1f} s  {step['status']}{f': {shown[:150]}' if shown else ''}"


def table(chapters: Sequence[Chapter]) -> str:
    """One row for each chapter under a heading: push, commit, result, seconds, step that decided."""
    rows = [("push", "commit", "result", "seconds", "decided by")]
    for chapter in chapters:
        result = f"{chapter.status}{'' if chapter.good else f' (expected {chapter.expected}) {chapter.trouble}'}"
        rows.append((chapter.name, chapter.commit[:12], result, f"{chapter.seconds:.1f}", chapter.decided_by))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def ending(chapters: Sequence[Chapter], requests: int, failures: int) -> str:
    """The one line that says what came of it."""
    pushes, replays = chapters[:-1], chapters[-1:]
    counted = {status: sum(chapter.status is status for chapter in pushes) for status in Status}
    return (
        f"demo: {len(pushes)} pushes, {counted[Status.SUCCEEDED]} live, {counted[Status.ROLLED_BACK]} rolled back, "
        f"{counted[Status.REJECTED]} rejected, {sum(chapter.good for chapter in replays)} replayed, "
        f"{failures} of {requests} requests failed"
    )
