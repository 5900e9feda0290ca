"""Which pushes become runs of apps that say more than a branch: tags, senders, the repository's number, switched off."""

from dataclasses import replace

import pytest

from hook_server import accept
from hook_server.decide import decided
from pipeline.delivery import Decision
from pipeline.model import Run
from tests.hook import spec
from tests.unit.pushes import PUSH
from tests.unit.spec_file import app, file

TAG = replace(PUSH, ref="refs/tags/v1.2.0", changed=None)


def judged(source: str, *, ref: str = PUSH.ref, more: str = "", **changed: object) -> str:
    """Why a push starts no run, empty when it starts one."""
    text = file(app(source=f"{{url: https://github.com/acme/iris.git, secret_env: S, {source}}}", more=more))
    found = accept.accept(replace(PUSH, ref=ref, **changed), spec(text).apps["iris"], run_id="r1", now=1.0)  # type: ignore[arg-type]
    return "" if isinstance(found, Run) else found.reason


@pytest.mark.parametrize(
    ("source", "ref", "wanted"),
    [
        ("tags: ['v*']", "refs/tags/v1.2.0", True),
        ("tags: v*", "refs/tags/v1.2.0", True),
        ("tags: [v1.*, rc-*]", "refs/tags/rc-2", True),
        ("tags: ['v*']", "refs/tags/1.2.0", False),
        ("tags: ['v*']", "refs/tags/V1", False),
        ("tags: ['v*']", "refs/tags/v1/rc", False),
        ("tags: ['v**']", "refs/tags/v1/rc", True),
        ("tags: ['**']", "refs/tags/any/thing", True),
        ("tags: ['v*']", "refs/heads/main", False),
        ("tags: ['v*']", "refs/heads/v1", False),
        ("tags: ['v*'], branch: main", "refs/heads/main", True),
        ("tags: ['v*'], branch: main", "refs/tags/v1", True),
        ("tags: ['v*']", "refs/tags/v1/../../heads/main", False),
        ("branch: main", "refs/tags/v1", False),
        ("tags: [main]", "refs/heads/main", False),
        ("tags: ['*']", "refs/heads/refs/tags/v1", False),
        ("tags: ['**']", "refs/notes/v1", False),
    ],
)
def test_an_app_follows_its_branch_or_its_tags_or_both(source: str, ref: str, wanted: bool) -> None:
    assert bool(judged(source, ref=ref)) is not wanted


def test_what_is_followed_instead_is_told() -> None:
    assert judged("tags: ['v*', rc], branch: live") == (
        "the push is to refs/heads/main, the app follows refs/heads/live and refs/tags/v* and refs/tags/rc"
    )


@pytest.mark.parametrize("changed", [{"message": "[skip ci]"}, {"message": "x\n\nskip-checks: true"}, {"changed": ("README.md",)}])
def test_a_tag_is_built_whatever_its_commit_says_or_touches(changed: dict[str, object]) -> None:
    assert judged("tags: ['v*'], paths: [rose/**]", ref=TAG.ref, **changed) == ""
    assert judged("branch: main, paths: [rose/**]", **changed) != ""


def test_of_a_tag_there_is_nothing_to_say_about_paths() -> None:
    described = spec(file(app(source="{url: https://x.com/acme/iris, secret_env: S, tags: v*, paths: [rose/**]}"))).apps["iris"]
    assert accept.note(TAG, described) == ""


def test_a_deleted_tag_is_ignored() -> None:
    assert judged("tags: ['v*']", ref=TAG.ref, deleted=True) == "the push deleted refs/tags/v1.2.0"


@pytest.mark.parametrize(
    ("people", "ignored"),
    [
        ({"sender": "iris-bot"}, True),
        ({"sender": "Iris-Bot"}, True),
        ({"sender": "ada", "pusher": "IRIS-BOT"}, True),
        ({"sender": "iris-bot2"}, False),
        ({"sender": "iris"}, False),
        ({"sender": ""}, False),
    ],
)
def test_what_the_own_bot_pushes_starts_nothing(people: dict[str, str], ignored: bool) -> None:
    for ref in ("refs/heads/main", "refs/tags/v1"):
        assert ("ignore_senders" in judged("branch: main, tags: v*, ignore_senders: [other, iris-bot]", ref=ref, **people)) is ignored


def test_an_app_that_is_switched_off_ignores_its_pushes() -> None:
    assert judged("branch: main", more="enabled: false") == "the app is switched off: enabled is false in pipeline.yaml"


def decision(number: str, *, ref: str = PUSH.ref) -> Decision:
    apps = spec(file(app(source="{url: https://github.com/acme/iris.git, secret_env: S, id: 42}"))).apps.values()
    (made,) = decided(replace(PUSH, repository_id=number, ref=ref), {"iris": 1}, apps, new_id=lambda now: "r1", now=1.0)
    return made


def test_a_push_of_the_repository_itself_becomes_a_run() -> None:
    assert decision("42").run is not None


@pytest.mark.parametrize(
    ("number", "told"), [("43", "is now repository 43, not 42"), ("", "is now repository no number, not 42"), ("042", "042")]
)
def test_another_repository_under_the_same_name_is_ignored_and_alarming_and_settles_nothing(number: str, told: str) -> None:
    made = decision(number)
    assert (made.run, made.outcome.outcome, made.alarming, made.settles) == (None, "ignored", True, ("", ""))
    assert told in made.outcome.reason
    assert "source.id" in made.outcome.reason


def test_a_push_that_is_merely_ignored_is_no_alarm() -> None:
    assert not decision("42", ref="refs/heads/dev").alarming


@pytest.mark.parametrize(
    ("url", "name", "same"),
    [
        ("https://gitlab.com/acme/ml/iris.git", "acme/ml/iris", True),
        ("git@gitlab.com:acme/ml/iris.git", "Acme/ML/iris", True),
        ("https://example.com/gitlab/acme/ml/iris", "acme/ml/iris", True),
        ("file:///srv/git/acme/iris.git", "acme/iris", True),
        ("https://gitlab.com/acme/ml/iris.git", "other/ml/iris", False),
        ("https://gitlab.com/acme/ml/iris.git", "iris", False),
        ("https://gitlab.com/acme/ml/iris.git", "/iris", False),
        ("https://gitlab.com/acme/ml/iris.git", "", False),
        ("https://gitlab.com/acme/ml/iris.git", "l/iris", False),
        ("https://gitlab.com/acme/iris.git", "gitlab.com/acme/iris", False),
    ],
)
def test_a_repository_in_groups_of_groups_is_known_by_its_whole_name(url: str, name: str, same: bool) -> None:
    described = spec(file(app(source=f"{{url: '{url}', secret_env: S}}"))).apps
    assert bool(accept.addressed(replace(PUSH, repository=name), described.values(), {"iris"})) is same
