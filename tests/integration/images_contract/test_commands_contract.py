"""What both engines promise (``worker.tool.Images``) of environments and the commands in them, asked of each."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import StepFailed
from tests.integration.image_app import LIMITS, App
from worker.tool import Command


def test_environment_is_the_same_for_the_same_content(app: App) -> None:
    first = app.environment()
    app.write("server.py", "print('other code')\n")
    app.write("Dockerfile", "# a remark\n" + (app.workspace / "Dockerfile").read_text())
    assert app.environment() == first


def test_environment_is_another_when_its_requirements_change(app: App) -> None:
    first = app.environment()
    app.write("requirements.txt", "# other\n")
    assert app.environment() != first


def test_environment_is_another_when_its_stage_changes(app: App) -> None:
    first = app.environment()
    app.write("Dockerfile", (app.workspace / "Dockerfile").read_text().replace("RUN true", "RUN true && true"))
    assert app.environment() != first


def test_dockerfile_without_environment_stage_has_no_environment(app: App) -> None:
    app.write("Dockerfile", 'FROM python:3.11-slim\nCMD ["true"]\n')
    assert app.images.environment(app.workspace, app.lines.append) is None


def test_missing_dockerfile_is_the_apps_fault(app: App) -> None:
    (app.workspace / "Dockerfile").unlink()
    with pytest.raises(StepFailed, match="no readable Dockerfile"):
        app.environment()


def test_command_runs_on_a_copy_of_the_workspace(app: App) -> None:
    said = app.run("import os; print(sorted(os.listdir())); os.remove('server.py')")
    assert said == ["['Dockerfile', 'model', 'requirements.txt', 'server.py']"]
    assert (app.workspace / "server.py").exists()


def test_command_gets_its_variables(app: App) -> None:
    assert app.run("import os; print(os.environ['A'])", variables={"A": "b c"}) == ["b c"]


def test_command_gets_none_of_the_workers_variables(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUSHRAIL_SECRET", "secret")
    assert app.run("import os; print(os.environ.get('PUSHRAIL_SECRET'))") == ["None"]


def test_collected_folder_takes_the_place_of_the_old_one(app: App) -> None:
    app.write("model/stale.txt", "old")
    code = "import os; os.remove('model/stale.txt'); os.mkdir('model/deep'); open('model/deep/new.txt','w').write('new')"
    app.run(code, collect=["model/"])
    assert sorted(path.relative_to(app.workspace).as_posix() for path in (app.workspace / "model").rglob("*")) == [
        "model/deep",
        "model/deep/new.txt",
        "model/weights.txt",
    ]


def test_collected_file_may_lie_in_a_folder_that_is_new(app: App) -> None:
    app.run("import os; os.makedirs('out/a'); open('out/a/metrics.json','w').write('{}')", collect=["out/a/metrics.json"])
    assert (app.workspace / "out/a/metrics.json").read_text() == "{}"


def test_collect_path_that_was_not_written_is_the_apps_fault(app: App) -> None:
    with pytest.raises(StepFailed, match=r"nothing\.txt is not there"):
        app.run("pass", collect=["nothing.txt"])


def test_link_in_a_collected_folder_is_refused(app: App) -> None:
    with pytest.raises(StepFailed, match="link"):
        app.run("import os; os.symlink('/etc/passwd', 'model/leak')", collect=["model"])


def test_collect_path_behind_a_link_of_the_repository_is_refused(app: App, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (app.workspace / "out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StepFailed):
        app.run("import os; os.remove('out'); os.mkdir('out'); open('out/a','w')", collect=["out/a"])
    assert not list((tmp_path / "elsewhere").iterdir())


def test_failed_command_says_its_exit_code_and_last_lines(app: App) -> None:
    with pytest.raises(StepFailed, match=r"exit code 3\n.*the reason"):
        app.run("import sys; print('the reason'); sys.exit(3)")


def test_unknown_command_is_the_apps_fault(app: App) -> None:
    with pytest.raises(StepFailed, match="cannot be started"):
        app.images.run(app.environment(), Command(["no-such"], LIMITS), app.workspace, app.lines.append)


def test_command_over_its_time_is_killed(app: App) -> None:
    with pytest.raises(StepFailed, match=r"ran over its 1 s\nbegun"):
        app.run("import time; print('begun'); time.sleep(600)", limits=replace(LIMITS, seconds=1))


def test_command_over_its_memory_says_so(app: App) -> None:
    with pytest.raises(StepFailed, match="more than its 64m of memory"):
        app.run("x = bytearray(200 * 2**20)", limits=replace(LIMITS, memory="64m"))


def test_output_comes_as_it_grows_and_clean(app: App) -> None:
    said = app.run(r"import sys; sys.stdout.write('a\x1b[31mred\x1b[0m\n10%\r20%\r30%\nno end')")
    assert said == ["ared", "30%", "no end"]
