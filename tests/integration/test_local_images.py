"""What images without an engine add to the contract: venvs made once, folders seen whole or not at all, what it takes to run one."""

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import StepFailed, ToolError
from tests.integration.image_app import LIMITS, App, app_in, new_name
from tests.waiting import wait_until
from worker.tool import Command
from worker.tools.local_images import LocalImages
from worker.tools.local_images import environment as local_environment
from worker.tools.packaging.dockerfile import read


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, so that the environment is made once."""
    return tmp_path_factory.mktemp("images")


@pytest.fixture
def app(root: Path, tmp_path: Path) -> App:
    name = new_name()
    return app_in(tmp_path / "workspace", name, LocalImages(name, root, {}), "local")


def test_reference_leads_to_what_runs_it(app: App) -> None:
    reference = app.images.tag(app.build(), "git-1", app.lines.append)
    assert isinstance(app.images, LocalImages)
    image = app.images.unpack(reference)
    said = subprocess.run(image.command, cwd=image.folder, env={"PATH": str(image.bin)}, capture_output=True, text=True, check=True)
    assert said.stdout == "serving\n"


def test_app_without_environment_stage_gets_one_when_it_is_built(app: App) -> None:
    app.write("Dockerfile", 'FROM python:3.11-slim\nENV GREETING="hello you"\nCMD ["python", "server.py"]\n')
    assert isinstance(app.images, LocalImages)
    image = app.images.unpack(app.build())
    assert (image.bin / "python").exists()
    assert image.variables == {"GREETING": "hello you"}


def test_no_file_of_an_image_can_be_written_to(app: App) -> None:
    assert isinstance(app.images, LocalImages)
    folder = app.images.unpack(app.build()).folder
    assert not [path for path in folder.rglob("*") if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o222]


def test_what_is_extracted_can_be_written_to(app: App, tmp_path: Path) -> None:
    app.images.extract(app.build(), "model", tmp_path / "out")
    assert all(path.stat().st_mode & stat.S_IWUSR for path in (tmp_path / "out", tmp_path / "out/weights.txt"))


def test_dockerignore_is_honoured(app: App) -> None:
    app.write(".dockerignore", "model/draft*\n")
    app.write("model/draft.txt", "draft")
    assert isinstance(app.images, LocalImages)
    folder = app.images.unpack(app.build()).folder
    assert [path.name for path in (folder / "model").iterdir()] == ["weights.txt"]


@pytest.mark.parametrize("cmd", ["", "CMD python server.py\n"])
def test_command_for_a_shell_is_refused_with_advice(app: App, cmd: str) -> None:
    app.write("Dockerfile", f"FROM python:3.11-slim\n{cmd}")
    with pytest.raises(StepFailed, match="CMD in exec form"):
        app.build()


def test_missing_requirements_are_refused_with_advice(app: App) -> None:
    (app.workspace / "requirements.txt").unlink()
    with pytest.raises(StepFailed, match=r"no requirements\.txt"):
        app.build()


def test_requirement_that_cannot_be_installed_is_the_apps_fault(app: App) -> None:
    app.write("requirements.txt", "./no-such-folder\n")
    with pytest.raises(StepFailed, match="no-such-folder"):
        app.environment()


def test_environment_left_half_made_is_made_anew(app: App, root: Path) -> None:
    app.write("requirements.txt", "# half\n")
    key = app.environment()
    (root / "environments" / key / local_environment.MARKER).unlink()
    (root / "environments" / key / "bin" / "python").unlink()
    assert app.environment() == key
    assert app.run("print('whole')") == ["whole"]


def test_two_workers_make_one_environment(app: App, root: Path) -> None:
    app.write("requirements.txt", "# two\n")
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        (one, said), (other, also_said) = pool.starmap(_make, [(root, app.workspace)] * 2)
    assert one == other
    assert sorted(lines[0].endswith("is here already") for lines in (said, also_said)) == [False, True]


def _make(root: Path, workspace: Path) -> tuple[str, list[str]]:
    said: list[str] = []
    return local_environment.find_or_make(root / "environments", workspace, read(workspace), {}, said.append), said


def test_installer_gets_no_secret_of_the_worker(app: App, tmp_path: Path) -> None:
    app.write("thing/setup.py", "import os; raise SystemExit(' '.join(sorted(os.environ)))")
    app.write("requirements.txt", "./thing\n")
    images = LocalImages(app.name, tmp_path, {"PIP_NO_BUILD_ISOLATION": "1", "A_SECRET": "s"})
    with pytest.raises(StepFailed):
        images.environment(app.workspace, app.lines.append)
    said = "\n".join(app.lines)
    assert "PIP_NO_BUILD_ISOLATION" in said
    assert "A_SECRET" not in said


def test_image_whose_environment_is_gone_says_what_to_do(app: App, tmp_path: Path) -> None:
    images = LocalImages(app.name, tmp_path, {})
    built = images.build(app.workspace, {}, app.lines.append)
    (environment,) = (tmp_path / "environments").glob(f"*/{local_environment.MARKER}")
    environment.unlink()
    with pytest.raises(ToolError, match="replay"):
        images.unpack(built.id)


def test_what_a_killed_worker_left_is_never_an_image_and_goes_with_the_next_build(app: App, root: Path) -> None:
    built = app.build()
    left = root / "images" / app.name / ".half"
    (left / "code").mkdir(parents=True)
    left.chmod(0o555)
    assert [stored.id for stored in app.images.stored()] == [built]
    app.build("2")
    assert not left.exists()


@pytest.mark.parametrize("image", ["sha256:../../etc", "local/other@sha256:" + "0" * 64, "sha256:" + "0" * 64])
def test_image_that_is_none_of_the_apps_is_refused(app: App, image: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="there is no image"):
        app.images.extract(image, "model", tmp_path / "out")


def test_freed_bytes_are_those_of_the_folder(app: App) -> None:
    built = app.build()
    (stored,) = app.images.stored()
    assert app.images.remove(built) == stored.size


def test_child_that_keeps_the_output_open_is_not_waited_for(app: App) -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '5'], start_new_session=True); print('done')"
    said: list[str] = []
    app.images.run(app.environment(), Command(["python", "-c", code], LIMITS), app.workspace, said.append)
    assert said == ["done"]


def test_command_dies_with_the_worker_that_is_killed(app: App, root: Path, tmp_path: Path) -> None:
    environment, pid = app.environment(), tmp_path / "pid"
    app.write("train.py", f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, str(root), app.name, environment, str(app.workspace)])
    training = int(wait_until(lambda: pid.exists() and pid.read_text()))
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    wait_until(lambda: not Path(f"/proc/{training}").exists() or "Z" in Path(f"/proc/{training}/stat").read_text().split(")")[1])


_WORKER = """
import sys
from pathlib import Path
from worker.tool import Command, Limits
from worker.tools.local_images import LocalImages
root, name, environment, workspace = sys.argv[1:]
command = Command(["python", "train.py"], Limits(600, "512m", None, False))
LocalImages(name, Path(root), {}).run(environment, command, Path(workspace), print)
"""
