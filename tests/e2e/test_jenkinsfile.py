"""The Jenkinsfile's shell steps against the whole service: what a build prints, how it ends, and what it never shows."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline.token import Scope
from tests.e2e import jenkins_build, tiny_app
from tests.e2e.installation import Installation, Repository, free_port, installed
from tests.e2e.jenkins_build import STEPS, TEXT, Build
from tests.keys import kept
from tests.waiting import wait_until

START, FOLLOW, RECORD = STEPS
SECTIONS = ("agent", "parameters", "options", "stages", "post", "withCredentials", "archiveArtifacts")
OPTIONS = ("disableConcurrentBuilds()", "timeout(", "buildDiscarder(", "timestamps()")

NewBuild = Callable[..., Build]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("git") / "acme" / "tiny")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, repository: Repository) -> Iterator[Installation]:
    """With a first release that is live."""
    commit = repository.commit(tiny_app.files(answer=1))
    with installed(tmp_path_factory.mktemp("service"), {"tiny": tiny_app.spec(str(repository.folder), free_port())}) as installation:
        run = installation.push(repository.name, commit).json()["outcomes"][0]["run"]
        assert installation.ended(run)["status"] == "succeeded"
        yield installation


@pytest.fixture(scope="module")
def token(service: Installation) -> str:
    """With the one scope that the Jenkinsfile asks for."""
    return kept(service.store.redis, Scope.TRIGGER, "jenkins").text


@pytest.fixture
def new_build(service: Installation, token: str, tmp_path: Path) -> NewBuild:
    def make(**variables: str) -> Build:
        given = {"PUSHRAIL_URL": service.address, "APP": "tiny", "BUILD_TAG": f"jenkins-tiny-{uuid4().hex[:8]}", "PUSHRAIL_TOKEN": token}
        return jenkins_build.build(tmp_path / uuid4().hex, **{**given, **variables})

    return make


def test_a_build_prints_the_whole_log_and_succeeds_with_its_run(new_build: NewBuild, service: Installation, repository: Repository) -> None:
    repository.commit(tiny_app.files(answer=2))
    build = new_build()
    assert build.step(START).returncode == 0
    followed = build.step(FOLLOW)
    assert followed.returncode == 0, followed.stdout
    assert service.log(build.run) in followed.stdout
    assert f"Run {build.run} succeeded: {service.address}/runs/{build.run}" in followed.stdout


def test_a_build_fails_when_its_run_is_rolled_back_and_says_why(new_build: NewBuild, service: Installation, repository: Repository) -> None:
    repository.commit(tiny_app.files(answer=3, ready=False))
    build = new_build()
    build.step(START)
    followed = build.step(FOLLOW)
    assert followed.returncode != 0
    assert f"Run {build.run} rolled_back" in followed.stdout
    assert '"reason":"rollout: ' in build.step(RECORD).stdout


def test_the_record_that_is_kept_is_the_run_as_the_api_shows_it(new_build: NewBuild, service: Installation, repository: Repository) -> None:
    repository.commit(tiny_app.files(answer=4))
    build = new_build()
    build.step(START)
    build.step(FOLLOW)
    assert build.step(RECORD).returncode == 0
    assert json.loads((build.folder / "pushrail-run.json").read_text()) == service.run(build.run)


def test_the_same_build_tag_is_the_same_run(new_build: NewBuild) -> None:
    first, again = (new_build(BUILD_TAG="jenkins a job with spaces-7") for _ in range(2))
    assert (first.step(START).returncode, again.step(START).returncode) == (0, 0)
    assert first.run == again.run


def test_a_commit_that_is_named_is_the_one_that_is_built(new_build: NewBuild, service: Installation, repository: Repository) -> None:
    commit = repository.commit(tiny_app.files(answer=5))
    repository.commit(tiny_app.files(answer=6))
    build = new_build(COMMIT=commit)
    build.step(START)
    assert service.ended(build.run)["built_commit"] == commit


def test_a_poll_that_breaks_off_is_asked_again_from_where_it_was(new_build: NewBuild, service: Installation) -> None:
    build = new_build()
    build.step(START)
    service.ended(build.run)
    followed = build.step(FOLLOW, BROKEN_CALLS="2")  # the first is that of the start
    assert followed.returncode == 0, followed.stdout
    assert followed.stdout.count("==> pull") == 1


def test_a_wrong_token_fails_the_build_in_the_words_of_the_service(new_build: NewBuild) -> None:
    started = new_build(PUSHRAIL_TOKEN="wrong").step(START)
    assert started.returncode != 0
    assert "Pushrail answers 401" in started.stdout
    assert "PUSHRAIL_API_TOKEN" in started.stdout


@pytest.mark.parametrize("wrong", [{"APP": "../runs"}, {"APP": ""}, {"COMMIT": '", "x'}, {"COMMIT": "main"}])
def test_a_parameter_that_is_no_name_asks_nothing(new_build: NewBuild, wrong: dict[str, str]) -> None:
    build = new_build(**wrong)
    assert build.step(START).returncode == 2
    assert not (build.folder.parent / "spied").exists()


def test_a_build_that_is_stopped_leaves_its_run_alone(new_build: NewBuild, service: Installation, repository: Repository) -> None:
    repository.commit(tiny_app.files(answer=7, train_seconds=4))
    build = new_build()
    build.step(START)
    with build.started(FOLLOW) as following:
        wait_until(lambda: "/log?" in build.arguments)
        os.killpg(following.pid, signal.SIGTERM)
        said, _ = following.communicate(timeout=30)
    assert following.returncode == 143
    assert f"the run goes on: {service.address}/runs/{build.run}" in said
    assert service.ended(build.run)["status"] == "succeeded"


def test_the_token_is_in_no_argument_and_in_no_line_of_the_log(new_build: NewBuild, token: str) -> None:
    build = new_build()
    said = "".join(build.step(label).stdout for label in STEPS)
    assert "succeeded" in said
    assert build.arguments.count("curl ") >= 3
    assert token not in said + build.arguments
    assert [path.name for path in build.folder.iterdir() if token in path.read_text()] == []


def test_there_is_no_record_to_keep_of_a_run_that_never_started(new_build: NewBuild) -> None:
    assert new_build().step(RECORD).returncode == 0


@pytest.mark.parametrize("label", STEPS)
def test_every_step_is_posix_shell_that_jenkins_takes_literally(label: str) -> None:
    assert subprocess.run(["/bin/sh", "-n"], input=STEPS[label], text=True, capture_output=True).stderr == ""
    assert "\\" not in STEPS[label], "Groovy reads a backslash in quotes"


def test_every_shell_step_is_in_single_quotes() -> None:
    assert len(re.findall(r"\bsh\b(?=[ (])", re.sub(r"(?m)//.*$", "", TEXT))) == len(STEPS)
    assert '"""' not in TEXT


@pytest.mark.parametrize("word", [*SECTIONS, *OPTIONS])
def test_the_build_is_bounded_and_keeps_what_it_found(word: str) -> None:
    assert re.search(rf"(?m)^ *{re.escape(word)}", TEXT)
