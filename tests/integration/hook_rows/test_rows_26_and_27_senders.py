"""Rows 26 and 27, and who signs how: whose repository it is, what it says of itself, who pushed, from each forge."""

import json
from pathlib import Path

import pytest
import requests

from pipeline.store import Store
from tests.forges import PUSH, SIGNING, headers, outcomes, reason, send
from tests.hook import COMMIT
from tests.integration.hook_rows.forge_apps import FORGES, NUMBER, pushed
from tests.wire import Server


@FORGES
@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "file:///etc", "https://evil.example/acme/iris.git"])
def test_row_26_addresses_of_the_payload_are_never_used(forge_server: Server, store: Store, forge: str, url: str) -> None:
    body, key = pushed(forge), "project" if forge == "gitlab" else "repository"
    body[key] |= dict.fromkeys(("clone_url", "ssh_url", "git_http_url", "git_ssh_url", "http_url", "url"), url)
    assert send(forge_server, forge, body).status_code == 202
    held = [store.redis.dump(name) for name in store.redis.keys("*")]
    assert len(held) > 3
    assert not any(url.encode() in (value or b"") for value in held)


@FORGES
def test_row_26_the_repository_with_the_right_number_is_heard(forge_server: Server, forge: str) -> None:
    assert outcomes(send(forge_server, forge, pushed(forge, f"numbered-{forge}"))) == [(f"numbered-{forge}", "accepted")]


@FORGES
def test_row_26_another_repository_under_the_same_name_is_ignored_and_warned_of(
    forge_server: Server, server_log: Path, store: Store, forge: str
) -> None:
    other = "numbered-gitlab" if forge != "gitlab" else "numbered-gitea"
    told = reason(send(forge_server, forge, pushed(forge, other), delivery=f"impostor-{forge}"))
    assert told.startswith(f"warning: acme/{other} is now repository {NUMBER[forge]}, not ")
    (line,) = [line for line in server_log.read_text().splitlines() if f"impostor-{forge}" in line and "WARNING" in line]
    assert told in line
    assert store.runs() == []


@FORGES
@pytest.mark.parametrize(
    ("app", "message", "told"),
    [
        ("unknown", "", "no app of acme/unknown has the secret that signed this"),
        ("idle", "", "the app is switched off: enabled is false in pipeline.yaml"),
        ("quiet", "", "the push is by ada, and ignore_senders names who pushed"),
        ("iris", "docs [skip ci]", "the commit message says [skip ci]"),
        ("iris", "docs\n\nSkip-Checks: true", "the commit message says skip-checks: true"),
    ],
)
def test_row_27_what_starts_nothing_is_told_why(forge_server: Server, store: Store, forge: str, app: str, message: str, told: str) -> None:
    head = {"id": COMMIT, "message": message}
    assert reason(send(forge_server, forge, pushed(forge, app, head_commit=head, commits=[head]))) == told
    assert store.runs() == []


def test_gitlab_signs_with_a_signing_token(forge_server: Server) -> None:
    assert send(forge_server, "gitlab", pushed("gitlab"), secret=SIGNING).status_code == 202


@pytest.mark.parametrize(
    "also",
    [
        {"webhook-timestamp": "1000000000"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": None, "X-Gitlab-Token": SIGNING},
        {"webhook-signature": None},
    ],
)
def test_what_gitlab_did_not_sign_just_now_is_401(forge_server: Server, store: Store, also: dict[str, str | None]) -> None:
    assert send(forge_server, "gitlab", pushed("gitlab"), secret=SIGNING, also=also).status_code == 401
    assert store.runs() == []


@pytest.mark.parametrize(("forge", "other"), [(forge, other) for forge in PUSH for other in PUSH if forge != other])
def test_what_one_forge_sends_is_refused_at_the_address_of_another(forge_server: Server, store: Store, forge: str, other: str) -> None:
    body = json.dumps(pushed(forge)).encode()
    answer = requests.post(f"{forge_server[0]}/hooks/{other}", body, headers=headers(forge, body), timeout=15)
    looks_alike = (forge, other) == ("gitea", "github")  # and is signed alike
    assert answer.status_code == (400 if looks_alike else 401)
    assert store.runs() == []


@pytest.mark.parametrize("path", ["", "/", "/bitbucket", "/github/", "/GitHub"])
def test_there_is_no_other_address(forge_server: Server, path: str) -> None:
    assert requests.post(f"{forge_server[0]}/hooks{path}", b"{}", timeout=15).status_code == 404
