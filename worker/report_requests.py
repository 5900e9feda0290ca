"""A word to a forge → the HTTP request that says it, and an answer → what became of it. Pure: sends nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pipeline.spec import App
from pipeline.spec.report import Report
from worker.report_words import CommitStatus, DeploymentStatus, NewDeployment, WhichDeployment, Word

NAMES = {"github": "GitHub", "gitlab": "GitLab", "gitea": "Gitea"}
GITHUB_VERSION = "2022-11-28"
LONGEST_WAIT = 3600.0
"""Seconds; GitHub's own limits start anew every hour."""

PERMISSION = "report.token_env must name a token that may write the commit statuses of source.url"
_HINTS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "; see report.token_env",
    HTTPStatus.FORBIDDEN: f"; {PERMISSION}",
    HTTPStatus.NOT_FOUND: f"; {PERMISSION}",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; its headers hold the token."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; the names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Verdict(Enum):
    TAKEN = auto()
    REFUSED = auto()  # it will not take this word, however often it is said
    LATER = auto()


def request(word: Word, app: App, report: Report, token: str, page: str, ref: str) -> Request:
    """The request that says this word.

    Args:
        page: the address of the run's page, or nothing.
        ref: the run's, in full; GitLab would otherwise take the first branch that has the commit.
    """
    headers, place, body = _headers(report, token), _place(app, report), _body(word, app, report, page, ref)
    match word:
        case CommitStatus(commit):
            return Request("POST", f"{place}/statuses/{commit}", headers, body)
        case NewDeployment():
            return Request("POST", f"{place}/deployments", headers, body)
        case WhichDeployment(commit):
            return Request("GET", f"{place}/deployments?{urlencode({'sha': commit, 'environment': report.deployments})}", headers)
        case DeploymentStatus(deployment):
            return Request("POST", f"{place}/deployments/{deployment}/statuses", headers, body)


def look(app: App, report: Report, token: str) -> Request:
    """The request that asks whether the forge knows repository and token; it changes nothing."""
    return Request("GET", _place(app, report), _headers(report, token))


def _place(app: App, report: Report) -> str:
    """Where the API has the app's repository. A GitLab that lies below a path of its host has that in front of repositories, too."""
    if report.forge != "gitlab":
        return f"{report.address}/repos/{quote(app.source.repository)}"
    below = urlsplit(report.address).path.removesuffix("/api/v4").strip("/")
    project = app.source.project.removeprefix(f"{below}/") if below else app.source.project
    return f"{report.address}/projects/{quote(project, safe='')}"


def _headers(report: Report, token: str) -> Mapping[str, str]:
    ours = {"User-Agent": "pushrail", "Accept": "application/json"}
    match report.forge:
        case "github":
            theirs = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": GITHUB_VERSION}
            return {**ours, **theirs, "Authorization": f"Bearer {token}"}
        case "gitlab":
            return {**ours, "PRIVATE-TOKEN": token}
        case "gitea":
            return {**ours, "Authorization": f"token {token}"}


def _body(word: Word, app: App, report: Report, page: str, ref: str) -> Mapping[str, Any] | None:
    link = {"target_url": page} if page else {}
    match word:
        case CommitStatus(_, state, said) if report.forge == "gitlab":
            name = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
            return {"state": state, "name": report.context, "description": said, "ref": name, **link}
        case CommitStatus(_, state, said):
            return {"state": state, "context": report.context, "description": said, **link}
        case NewDeployment(commit, run):
            known = {"ref": commit, "environment": report.deployments, "payload": {"run": run}, "description": f"{app.name}, run {run}"}
            return {**known, "auto_merge": False, "required_contexts": []}
        case DeploymentStatus(_, state, said):
            return {"state": state, "description": said, **({"log_url": page} if page else {})}
        case WhichDeployment():
            return None


def verdict(word: Word, reply: Reply) -> Verdict:
    """Whether the forge took it. What concerns the token or the repository may be mended, and is said again later."""
    if 200 <= reply.status < 300:
        return Verdict.TAKEN
    if reply.status == HTTPStatus.BAD_REQUEST and b"Cannot transition status" in reply.body:  # GitLab: it is in this state already
        return Verdict.TAKEN
    if reply.status == HTTPStatus.NOT_FOUND and (isinstance(word, DeploymentStatus) or b"ommit Not Found" in reply.body):
        return Verdict.REFUSED  # somebody deleted the deployment; or the commit, as GitLab says it
    may_change = (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    return Verdict.REFUSED if 400 <= reply.status < 500 and reply.status not in may_change else Verdict.LATER


def deployment(word: Word, reply: Reply) -> str | None:
    """The id of the run's deployment that the answer tells; empty when there is none, None when the answer cannot be read."""
    if not isinstance(word, NewDeployment | WhichDeployment):
        return ""
    said, ours = _json(reply), {"run": word.run}
    try:
        if isinstance(word, NewDeployment):
            return str(said["id"])
        return next((str(each["id"]) for each in said if each["payload"] == ours), "")
    except (KeyError, TypeError):
        return None


def complaint(report: Report, reply: Reply) -> str:
    """What the answer says is wrong, in one line."""
    said = " ".join(_message(reply).split())[:200]
    return f"{NAMES[report.forge]} answers {reply.status}{said and f': {said}'}{_HINTS.get(reply.status, '')}"


def _message(reply: Reply) -> str:
    if 300 <= reply.status < 400:
        return "the repository is elsewhere now; see source.url and report.api"
    said = _json(reply)
    return str(said.get("message") or said.get("error") or "") if isinstance(said, dict) else ""


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except ValueError:
        return None


def wait(reply: Reply, now: float) -> float:
    """Seconds for which the forge asks to be left in peace.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
    """
    after, left, reset = (reply.headers.get(name, "") for name in ("retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"))
    asked = 60.0 if reply.status == HTTPStatus.TOO_MANY_REQUESTS else 0.0
    if after.isdigit():
        asked = float(after)
    elif after:
        asked = _until(after) - now
    elif left == "0" and reset.isdigit():
        asked = float(reset) - now
    return min(max(asked, 0.0), LONGEST_WAIT)


def _until(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0
