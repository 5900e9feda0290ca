"""What a step is: a plain function ``(StepContext) -> Mapping[str, str]``, and the context it is given.

Returning means succeeded; StepSkipped, StepFailed, StepRejected and ToolError mean skipped, failed, rejected and errored. A step is
idempotent and keyed by content, never touches the store and never knows its neighbours' order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.model import Run
from pipeline.release import BadRelease, Release
from pipeline.spec import App, StepSettings
from worker.tool import Images, Log, Target
from worker.tools.git_source import GitSource


@dataclass(frozen=True, slots=True)
class Tools:
    source: GitSource
    images: Images
    target: Target


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step is given.

    Args:
        run: with the results of the steps before this one; its ``fence`` marks every outside effect.
        app: the operator's word on this app.
        settings: of this step.
        live: the last verified release as the store has it, or None before the first.
        releases: the app's history as the attempt began, newest first.
        bad: what another run holds against the content this one has built, if anything.
        workspace: the folder the commit is exported to.
        tools: already made for this app.
        log: for what the app's people should read.
        save: records outputs before the step ends, so that an attempt that takes over knows them.
        adopt: keeps what served before the first release of ours as the one to go back to.
        verified: takes the release this run has verified, which goes live with the end of the run.
    """

    run: Run
    app: App
    settings: StepSettings
    live: Release | None
    releases: Sequence[Release]
    bad: BadRelease | None
    workspace: Path
    tools: Tools
    log: Log
    save: Callable[[Mapping[str, str]], None]
    adopt: Callable[[Release], None]
    verified: Callable[[Release], None]

    @property
    def restores(self) -> Release | None:
        """The release that this run was asked to put back, while the history has it."""
        return next((release for release in self.releases if release.run == self.run.restores), None)


Step = Callable[[StepContext], Mapping[str, str]]
