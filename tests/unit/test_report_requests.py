"""Each word as each forge's HTTP request, and what its answers mean. Shapes are the forges' own, as their API references give them."""

import json
from typing import Any

import pytest

from pipeline.spec import App, parse
from pipeline.spec.report import Report
from tests.unit.spec_file import app as described
from tests.unit.spec_file import file
from worker.report import FIRST_PAUSE, LONGEST_PAUSE, pause
from worker.report_requests import Reply, Request, Verdict, complaint, deployment, request, verdict, wait
from worker.report_words import CommitStatus, DeploymentStatus, NewDeployment, WhichDeployment, Word

A = "a" * 40
PAGE = "https://pushrail.example.com/runs/r1"
STATUS, NEW, WHICH = CommitStatus(A, "success", "Succeeded"), NewDeployment(A, "r1"), WhichDeployment(A, "r1")
OF_DEPLOYMENT = DeploymentStatus("40", "success", "Succeeded")
GITHUB = Report(token_env="TOKEN", deployments="production")


def app(url: str = "https://git.example.com/acme/iris.git") -> App:
    return parse(file(described(source=f"{{url: '{url}', secret_env: S}}"))).apps["iris"]


def said(word: Word, report: Report = GITHUB, page: str = PAGE, url: str = "https://git.example.com/acme/iris.git") -> Request:
    return request(word, app(url), report, "t0ken", page, "refs/heads/main")


def reply(status: int, body: Any = None, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("word", "method", "url", "body"),
    [
        (
            STATUS,
            "POST",
            f"https://api.github.com/repos/acme/iris/statuses/{A}",
            {"state": "success", "context": "pushrail", "description": "Succeeded", "target_url": PAGE},
        ),
        (
            NEW,
            "POST",
            "https://api.github.com/repos/acme/iris/deployments",
            {
                "ref": A,
                "environment": "production",
                "payload": {"run": "r1"},
                "description": "iris, run r1",
                "auto_merge": False,
                "required_contexts": [],
            },
        ),
        (WHICH, "GET", f"https://api.github.com/repos/acme/iris/deployments?sha={A}&environment=production", None),
        (
            OF_DEPLOYMENT,
            "POST",
            "https://api.github.com/repos/acme/iris/deployments/40/statuses",
            {"state": "success", "description": "Succeeded", "log_url": PAGE},
        ),
    ],
)
def test_github_s_requests(word: Word, method: str, url: str, body: dict[str, Any] | None) -> None:
    made = said(word)
    assert (made.method, made.url, made.body) == (method, url, body)
    assert made.headers == {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "Authorization": "Bearer t0ken",
        "User-Agent": "pushrail",
    }


@pytest.mark.parametrize(
    ("url", "project"),
    [
        ("https://gitlab.com/acme/iris.git", "acme%2Firis"),
        ("https://gitlab.com/acme/ml/iris", "acme%2Fml%2Firis"),
        ("git@gitlab.com:acme/ml/iris.git", "acme%2Fml%2Firis"),
    ],
)
def test_gitlab_s_status_is_of_the_whole_project_path(url: str, project: str) -> None:
    made = said(STATUS, Report(forge="gitlab", token_env="TOKEN", context="deploy"), url=url)
    assert (made.method, made.url) == ("POST", f"https://gitlab.com/api/v4/projects/{project}/statuses/{A}")
    assert made.body == {"state": "success", "name": "deploy", "description": "Succeeded", "ref": "main", "target_url": PAGE}
    assert made.headers["PRIVATE-TOKEN"] == "t0ken"


def test_a_gitlab_below_a_path_of_its_host_is_no_part_of_the_project() -> None:
    below = Report(forge="gitlab", token_env="TOKEN", api="https://example.com/gitlab/api/v4")
    made = said(STATUS, below, url="https://example.com/gitlab/acme/ml/iris.git")
    assert made.url == f"https://example.com/gitlab/api/v4/projects/acme%2Fml%2Firis/statuses/{A}"


def test_gitea_s_status() -> None:
    made = said(STATUS, Report(forge="gitea", api="https://git.example.com/api/v1/", token_env="TOKEN"))
    assert (made.method, made.url) == ("POST", f"https://git.example.com/api/v1/repos/acme/iris/statuses/{A}")
    assert made.body == {"state": "success", "context": "pushrail", "description": "Succeeded", "target_url": PAGE}
    assert made.headers["Authorization"] == "token t0ken"


@pytest.mark.parametrize("word", [STATUS, OF_DEPLOYMENT])
def test_without_an_address_of_the_dashboard_there_is_no_link(word: Word) -> None:
    body = said(word, page="").body or {}
    assert {"target_url", "log_url"}.isdisjoint(body)


def test_a_token_is_not_shown() -> None:
    assert "t0ken" not in repr(said(STATUS))


@pytest.mark.parametrize(
    ("word", "status", "body", "meant"),
    [
        (STATUS, 201, {}, Verdict.TAKEN),
        (STATUS, 400, {"message": "Cannot transition status via :run from :running"}, Verdict.TAKEN),
        (STATUS, 400, {"message": "bad"}, Verdict.REFUSED),
        (STATUS, 422, {}, Verdict.REFUSED),
        (NEW, 409, {}, Verdict.REFUSED),
        (OF_DEPLOYMENT, 404, {}, Verdict.REFUSED),
        (STATUS, 404, {"message": "404 Commit Not Found"}, Verdict.REFUSED),
        (STATUS, 404, {"message": "404 Project Not Found"}, Verdict.LATER),
        *((STATUS, status, {}, Verdict.LATER) for status in (301, 401, 403, 404, 408, 429, 500, 502, 503, 520)),
    ],
)
def test_what_an_answer_means(word: Word, status: int, body: Any, meant: Verdict) -> None:
    assert verdict(word, reply(status, body)) is meant


@pytest.mark.parametrize(
    ("word", "body", "found"),
    [
        (NEW, {"id": 40}, "40"),
        (NEW, [], None),
        (NEW, {}, None),
        (WHICH, [], ""),
        (WHICH, [{"id": 1, "payload": "by hand"}, {"id": 2, "payload": {"run": "r1"}}], "2"),
        (WHICH, {"message": "?"}, None),
        (WHICH, None, None),
        (STATUS, {"id": 1}, ""),
    ],
)
def test_which_deployment_an_answer_tells(word: Word, body: Any, found: str | None) -> None:
    assert deployment(word, reply(201, body)) == found


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null"])
def test_an_answer_that_says_nothing_is_told_by_its_number(body: bytes) -> None:
    assert complaint(GITHUB, Reply(500, {}, body)) == "GitHub answers 500"


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (reply(500), 0),
        (reply(429), 60),
        (reply(503, retry_after="7"), 7),
        (reply(429, retry_after="Thu, 01 Jan 1970 00:17:00 GMT"), 20),
        (reply(429, retry_after="soon"), 0),
        (reply(403, x_ratelimit_remaining="0", x_ratelimit_reset="1090"), 90),
        (reply(403, x_ratelimit_remaining="5", x_ratelimit_reset="1090"), 0),
        (reply(429, retry_after="999999"), 3600),
        (reply(429, x_ratelimit_remaining="0", x_ratelimit_reset="1"), 0),
    ],
)
def test_how_long_a_forge_asks_to_be_left_in_peace(answer: Reply, seconds: float) -> None:
    assert wait(answer, 1000.0) == seconds


def test_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    assert [pause(failures, 0.0) for failures in (1, 2, 3, 4)] == [FIRST_PAUSE * times for times in (1, 2, 4, 8)]
    assert [pause(failures, 0.0) for failures in (9, 20, 5000)] == [LONGEST_PAUSE] * 3


def test_noise_takes_up_to_half_of_a_pause_away() -> None:
    assert [pause(1, noise) for noise in (0.0, 0.5, 1.0)] == [FIRST_PAUSE, FIRST_PAUSE * 0.75, FIRST_PAUSE * 0.5]
