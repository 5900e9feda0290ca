"""Which pushes become runs."""

from dataclasses import replace

import pytest

from hook_server import accept
from pipeline.delivery import Delivery
from pipeline.model import Run, Trigger
from tests.hook import COMMIT
from tests.unit.pushes import APPS, IRIS, PUSH, ROSE, decided


def test_a_push_to_the_branch_becomes_a_run() -> None:
    assert decided(PUSH) == Run(
        id="r1",
        app="iris",
        trigger=Trigger.PUSH,
        ref="refs/heads/main",
        commit=COMMIT,
        delivery="github:d1",
        requested_by="ada",
        message="Train on the cleaned petals",
        created_at=1000.0,
    )


@pytest.mark.parametrize(
    ("repository", "signers", "found"),
    [
        ("acme/iris", {"iris", "rose"}, ["iris", "rose"]),
        ("Acme/IRIS", {"iris"}, ["iris"]),
        ("acme/iris", {"rose"}, ["rose"]),
        ("acme/iris", set(), []),
        ("evil/iris", {"iris"}, []),
        ("acme/iris2", {"iris"}, []),
        ("mirror/acme/iris", {"iris"}, []),
    ],
)
def test_a_delivery_speaks_for_apps_of_its_repository_whose_secret_signed_it(repository: str, signers: set[str], found: list[str]) -> None:
    apps = accept.addressed(replace(PUSH, repository=repository), APPS.values(), signers)
    assert [app.name for app in apps] == found


@pytest.mark.parametrize(
    "ref",
    [
        "refs/heads/dev",
        "refs/heads/main2",
        "refs/heads/Main",
        "refs/heads/feature/main",
        "refs/heads/refs/heads/main",
        "refs/tags/main",
        "refs/notes/main",
        "refs/pull/1/head",
        "refs/heads/refs/tags/v1",
        "refs/heads/$(id)",
        "refs/heads/;rm",
        "refs/heads/--upload-pack=x",
        "refs/heads/a..b",
        "refs/heads/<script>",
        "refs/heads/" + "a" * 300,
    ],
)
def test_another_ref_is_ignored(ref: str) -> None:
    found = decided(replace(PUSH, ref=ref))
    assert isinstance(found, accept.Ignored)
    assert "the app follows refs/heads/main" in found.reason


def test_a_deleted_branch_is_ignored() -> None:
    assert decided(replace(PUSH, deleted=True, commit="0" * 40)) == accept.Ignored("the push deleted refs/heads/main")


@pytest.mark.parametrize(
    "message",
    [
        "[skip ci] docs",
        "docs [CI Skip]",
        "docs\n\nlong text [no ci]",
        "[skip actions]",
        "x [actions skip] y",
        "docs\n\nskip-checks: true",
        "docs\n\nbody\n\nSkip-Checks:true\nCo-authored-by: Ada <ada@example.com>\n",
    ],
)
def test_a_skip_marker_in_the_head_commit_is_obeyed(message: str) -> None:
    found = decided(replace(PUSH, message=message))
    assert isinstance(found, accept.Ignored)
    assert "the commit message says" in found.reason


@pytest.mark.parametrize(
    "message", ["", "skip ci", "[skip-ci]", "skip-checks: true", "explain skip-checks: true here\n\nbody", "a\n\nskip-checks: false"]
)
def test_other_messages_do_not_skip(message: str) -> None:
    assert isinstance(decided(replace(PUSH, message=message)), Run)


@pytest.mark.parametrize(
    ("paths", "wanted"),
    [
        (("rose/train.py",), True),
        (("rose/deep/er/x.csv", "README.md"), True),
        (("setup.toml",), True),
        (("data/iris.csv",), False),
        (("sub/setup.toml",), False),
        (("prose/x",), False),
        (("rose",), False),
        (None, True),
    ],
)
def test_a_path_filter_decides_when_the_paths_are_certain(paths: tuple[str, ...] | None, wanted: bool) -> None:
    assert isinstance(decided(replace(PUSH, changed=paths), "rose"), Run) is wanted


def test_a_run_let_through_because_the_paths_are_unknown_says_so() -> None:
    assert "path filter" in accept.note(replace(PUSH, changed=None), ROSE)


@pytest.mark.parametrize(("before", "since"), [("b" * 40, "b" * 40), ("0" * 40, "0" * 40), ("", "0" * 40)])
def test_a_run_of_a_push_with_unknown_paths_knows_from_where_git_is_to_compare(before: str, since: str) -> None:
    run = decided(replace(PUSH, changed=None, before=before), "rose")
    assert isinstance(run, Run)
    assert run.since == (since,)


@pytest.mark.parametrize("paths", [("rose/train.py",), None])
def test_there_is_nothing_to_compare_when_the_paths_are_known_or_all_wanted(paths: tuple[str, ...] | None) -> None:
    run = decided(replace(PUSH, changed=paths, before="b" * 40), "rose" if paths else "iris")
    assert isinstance(run, Run)
    assert run.since == ()


@pytest.mark.parametrize(("policy", "pinned"), [("pending-only", False), ("cancel-running", False), ("keep-all", True)])
def test_a_run_carries_its_app_s_concurrency_and_with_keep_all_its_own_commit(policy: str, pinned: bool) -> None:
    app = IRIS.model_copy(update={"concurrency": policy})
    run = accept.accept(PUSH, app, run_id="r1", now=1.0)
    assert isinstance(run, Run)
    assert (run.concurrency, run.pinned, run.slot) == (policy, pinned, "refs/heads/main")


@pytest.mark.parametrize(("delivery", "app"), [(PUSH, ROSE), (replace(PUSH, changed=None), IRIS)])
def test_there_is_nothing_to_say_when_the_paths_are_known_or_all_wanted(delivery: Delivery, app: accept.App) -> None:
    assert accept.note(delivery, app) == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo", "one"),
        ("\n\none", "one"),
        ("a\tb\x1b[31mc", "a b [31mc"),
        ("user\u202egnp.exe", "user gnp.exe"),
        ("x" * 300, "x" * 199 + "…"),
        ("", ""),
    ],
)
def test_what_people_wrote_becomes_one_harmless_line(text: str, line: str) -> None:
    assert accept.one_line(text) == line
