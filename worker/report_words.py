"""What is to be said of a run to its forge, and what has been said once the forge took it. Pure; knows no HTTP.

https://docs.github.com/en/rest/commits/statuses, https://docs.github.com/en/rest/deployments/statuses,
https://docs.gitlab.com/api/commits/#set-the-pipeline-status-of-a-commit, https://docs.gitea.com/api: repoCreateStatus
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.model import Run, Status, Trigger
from pipeline.spec.report import Report
from pipeline.told import ASKED, Told

LONGEST = 140
"""Characters of a description that GitHub takes."""

_OPEN = {
    "github": {Status.QUEUED: "pending", Status.RUNNING: "pending"},
    "gitlab": {Status.QUEUED: "pending", Status.RUNNING: "running"},
    "gitea": {Status.QUEUED: "pending", Status.RUNNING: "pending"},
}
_GOOD_OR_BAD = {
    Status.SUCCEEDED: "success",
    Status.FAILED: "failure",
    Status.REJECTED: "failure",
    Status.ROLLED_BACK: "failure",
    Status.ERRORED: "error",
    Status.ROLLBACK_FAILED: "error",
}
_NOT_DONE = (Status.CANCELLED, Status.SUPERSEDED)
STATES: Mapping[str, Mapping[Status, str]] = {
    "github": {**_OPEN["github"], **_GOOD_OR_BAD, **dict.fromkeys(_NOT_DONE, "error")},
    "gitlab": {
        **_OPEN["gitlab"],
        **{status: "success" if said == "success" else "failed" for status, said in _GOOD_OR_BAD.items()},
        **dict.fromkeys(_NOT_DONE, "canceled"),
    },
    "gitea": {**_OPEN["gitea"], **_GOOD_OR_BAD, **dict.fromkeys(_NOT_DONE, "warning")},
}
"""A run's status in each forge's words. GitHub has none for what was called off; *error* at least blocks what requires the status."""

DEPLOYMENT_STATES: Mapping[Status, str] = {
    **dict.fromkeys((Status.QUEUED, Status.RUNNING), "in_progress"),
    **_GOOD_OR_BAD,
    **dict.fromkeys(_NOT_DONE, "inactive"),
}


@dataclass(frozen=True, slots=True)
class CommitStatus:
    commit: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class NewDeployment:
    commit: str
    run: str


@dataclass(frozen=True, slots=True)
class WhichDeployment:
    """A question: an earlier request for a deployment was never answered."""

    commit: str
    run: str


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    deployment: str
    state: str
    text: str


Word = CommitStatus | NewDeployment | WhichDeployment | DeploymentStatus


def words(run: Run, told: Told, report: Report) -> Iterator[Word]:
    """What the forge does not know yet, in the order in which to say it; nothing while the run has no commit."""
    commit, states = run.built_commit, STATES[report.forge]
    if told.commit not in ("", commit) and told.state in _OPEN[report.forge].values():
        yield CommitStatus(told.commit, states[Status.SUPERSEDED], f"Superseded: {commit[:12]} is built in its place")
    if commit and (told.commit, told.state, told.text) != (commit, states[run.status], text(run)):
        yield CommitStatus(commit, states[run.status], text(run))
    if commit and report.deployments and _rolls_out(run):
        yield from _deployment(run, told)


def _deployment(run: Run, told: Told) -> Iterator[Word]:
    state = DEPLOYMENT_STATES[run.status]
    if told.deployment == ASKED:
        yield WhichDeployment(run.built_commit, run.id)
    elif not told.deployment:
        yield NewDeployment(run.built_commit, run.id)
    elif told.deployment_state != state:
        yield DeploymentStatus(told.deployment, state, text(run))


def _rolls_out(run: Run) -> bool:
    """Whether it came as far as changing what is live."""
    step = run.result("rollback" if run.trigger is Trigger.ROLLBACK else "rollout")
    return step is not None and step.status is not Status.SKIPPED


def text(run: Run) -> str:
    """How the run stands, in one line that fits."""
    said = run.status.replace("_", " ").capitalize()
    line = " ".join(f"{said}: {run.reason}".split()) if run.reason and run.status.is_final else said
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def taken(word: Word, told: Told, deployment: str, now: float) -> Told:
    """What was told once the forge has taken a word.

    Args:
        deployment: the id that its answer tells, or nothing.
        now: Unix seconds.
    """
    match word:
        case CommitStatus(commit, state, said):
            return replace(told, commit=commit, state=state, text=said, at=now)
        case NewDeployment() | WhichDeployment():
            return replace(told, deployment=deployment)
        case DeploymentStatus(_, state, _):
            return replace(told, deployment_state=state, at=now)
