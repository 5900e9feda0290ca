"""A push goes live whichever forge tells of it, of a branch or of a tag."""

import json
import uuid
from collections.abc import Iterator

import pytest
import requests

from tests.e2e import tiny_app
from tests.e2e.installation import SECRET, Installation, Repository, installed
from tests.e2e.processes import answer
from tests.forges import PUSH, headers
from tests.hook import payload


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository, port: int) -> Iterator[Installation]:
    followed = {"url": str(repository.folder), "branch": "main", "tags": ["v*"], "secret_env": "SECRET"}
    with installed(
        tmp_path_factory.mktemp("service"), {"tiny": tiny_app.spec(str(repository.folder), port, source=followed)}
    ) as installation:
        yield installation


def ended(service: Installation, forge: str, event: str, name: str, commit: str, **changed: str) -> dict[str, object]:
    """The run that a recorded delivery starts, when it is of this commit, once it has ended."""
    body = payload(
        name, forge, **{"after": commit, "checkout_sha": commit, "head_commit": {"id": commit, "message": "A change"}, **changed}
    )
    body["repository"] |= {"full_name": "acme/tiny"}
    body["project"] = {"path_with_namespace": "acme/tiny"}
    raw = json.dumps(body).encode()
    sent = headers(forge, raw, event=event, delivery=str(uuid.uuid4()), secret=SECRET)
    said = requests.post(f"{service.address}/hooks/{forge}", raw, headers=sent, timeout=10).json()
    return service.ended(said["outcomes"][0]["run"])


@pytest.mark.parametrize(("forge", "number"), [("gitlab", 1), ("gitea", 2)])
def test_a_push_to_the_branch_goes_live(service: Installation, repository: Repository, port: int, forge: str, number: int) -> None:
    run = ended(service, forge, PUSH[forge], "push", repository.commit(tiny_app.files(number)))
    assert run["status"] == "succeeded", service.log(str(run["id"]))
    assert answer(port) == number


@pytest.mark.parametrize(("forge", "event", "number"), [("github", "push", 11), ("gitlab", "Tag Push Hook", 12)])
def test_an_annotated_tag_beside_the_branch_goes_live_where_it_is_now(
    service: Installation, repository: Repository, port: int, forge: str, event: str, number: int
) -> None:
    repository.git("checkout", "--quiet", "--detach")
    told = repository.commit(tiny_app.files(1, note="what the delivery tells of"))
    tagged = repository.commit(tiny_app.files(number))
    repository.git("tag", "--annotate", "--message", "A release", f"v{number}")
    repository.git("checkout", "--quiet", "main")
    run = ended(service, forge, event, "annotated_tag", told, after="9" * 40, ref=f"refs/tags/v{number}")
    assert run["status"] == "succeeded", service.log(str(run["id"]))
    assert (run["commit"], run["built_commit"], run["ref"]) == (told, tagged, f"refs/tags/v{number}")
    assert answer(port) == number
