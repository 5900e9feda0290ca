"""``pushrail doctor`` as a person meets it: on one machine, against a real repository, a real Redis and real ports."""

import socket
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from pipeline.store import Store
from tests.e2e.installation import free_port
from tests.integration.reporting import github_server
from tests.integration.reporting.github_server import Fault
from tests.secret import secret
from tests.unit.spec_file import app, file

WELL = "  ok       "


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "acme" / "iris"
    folder.mkdir(parents=True)
    for words in (["init", "-q", "-b", "main"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.fixture
def config(tmp_path: Path, repository: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(described(repository, free_port()))
    return path


def described(repository: Path, port: int, more: str = "") -> str:
    return file(app(source=f"{{url: 'file://{repository}', secret_env: SECRET{more}}}", target=f"{{kind: local, port: {port}}}"))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's data folder is the one of this repository."""
    monkeypatch.chdir(tmp_path)


def doctor(config: Path, *words: str, **environment: str) -> Result:
    ours = ("CONFIG", "DATA_DIR", "REDIS_URL", "API_TOKEN", "DASHBOARD_PASSWORD")
    bare = {"SECRET": secret("webhook"), **{f"PUSHRAIL_{name}": "" for name in ours}}
    return CliRunner().invoke(main, ["doctor", "--config", str(config), *words], env={**bare, **environment})


def bad(result: Result, severity: str = "error") -> list[str]:
    return [line.removeprefix(f"  {severity:<7}  ") for line in result.stdout.splitlines() if line.startswith(f"  {severity}")]


def test_what_is_well_is_told_in_columns_one_app_after_the_other(config: Path, repository: Path, redis_url: str) -> None:
    tip = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True).stdout[:12]
    result = doctor(config, "--redis", redis_url)
    lines = result.stdout.splitlines()
    assert [lines[0], lines[2], lines[-1]] == ["pushrail", "iris", "0 errors, 1 warning"]
    assert lines[1].startswith(f"{WELL}redis       127.0.0.1:")
    assert lines[4] == f"{WELL}git         file://{repository}: main is at {tip}"
    assert {line[11:23] for line in lines if line.startswith("  ")} >= {"secrets     ", "images      ", "gateway     "}
    assert bad(result, "warning") == [next(line for line in bad(result, "warning") if line.endswith("start `pushrail up`"))]
    assert result.exit_code == 0


def test_of_an_app_that_follows_tags_those_are_counted(config: Path, repository: Path, redis_url: str) -> None:
    for tag in ("v1", "v2", "nightly"):
        subprocess.run(["git", "tag", tag], cwd=repository, check=True)
    config.write_text(config.read_text().replace("secret_env: SECRET", "secret_env: SECRET, tags: ['v*']"))
    lines = doctor(config, "--redis", redis_url).stdout.splitlines()
    assert lines[4] == f"{WELL}git         file://{repository}: 2 tags match v*"


def test_it_changes_nothing(config: Path, redis_url: str) -> None:
    before = sorted(config.parent.iterdir())
    doctor(config, "--redis", redis_url)
    assert sorted(config.parent.iterdir()) == before


def test_a_missing_secret_is_named_and_the_rest_is_looked_at_all_the_same(config: Path, redis_url: str) -> None:
    result = doctor(config, "--redis", redis_url, SECRET="")
    assert result.exit_code == 1
    (line,) = bad(result)
    assert line.startswith("secrets     SECRET is empty or not set; put the secret in the environment as SECRET, or")
    assert "main is at" in result.stdout


@pytest.mark.parametrize("name", ["SECRET", "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD"])
def test_a_secret_that_is_too_short_is_named(config: Path, redis_url: str, name: str) -> None:
    result = doctor(config, "--redis", redis_url, **{name: "too short"})
    (line,) = bad(result)
    assert line.startswith(f"secrets     {name} has 9 ")
    assert "too short" not in result.output


def test_a_branch_that_is_not_there_is_told(config: Path, repository: Path, redis_url: str) -> None:
    config.write_text(described(repository, free_port(), ", branch: release"))
    result = doctor(config, "--redis", redis_url)
    assert (result.exit_code, bad(result)) == (1, [f"git         file://{repository} has no branch release; check source.branch"])


def test_a_server_of_repositories_that_does_not_answer_is_told_without_the_token(config: Path, redis_url: str) -> None:
    source = f"{{url: 'https://127.0.0.1:{free_port()}/acme/iris', secret_env: SECRET, token_env: TOKEN}}"
    config.write_text(file(app(source=source)))
    result = doctor(config, "--redis", redis_url, TOKEN="127.0.0.1")
    (line,) = bad(result)
    assert line.startswith("git         ls-remote failed: ")
    assert line.endswith("see that source.url can be reached from here")
    assert "127.0.0.1" not in result.output


def test_a_port_that_another_program_has_is_told(config: Path, repository: Path, redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(described(repository, port))
        result = doctor(config, "--redis", redis_url)
    said = f"cannot listen on 127.0.0.1:{port}: another program has this port; end it, or give target.port another number"
    assert (result.exit_code, bad(result)) == (1, [f"gateway     {said}"])


def test_a_redis_that_may_throw_runs_away_is_told(config: Path, redis_url: str, store: Store) -> None:
    store.redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        result = doctor(config, "--redis", redis_url)
    finally:
        store.redis.config_set("maxmemory-policy", "noeviction")
    assert (result.exit_code, bad(result)) == (1, ["redis       maxmemory-policy is 'allkeys-lru'; set it to 'noeviction'"])


def test_a_redis_that_is_named_must_be_there(config: Path) -> None:
    result = doctor(config, PUSHRAIL_REDIS_URL=f"redis://:pass-of-redis@127.0.0.1:{free_port()}/0")
    assert result.exit_code == 1
    assert bad(result)[0].startswith("redis       Redis does not serve: ConnectionError; see that it runs and that --redis or")
    assert "pass-of-redis" not in result.output


def test_a_redis_that_up_brings_along_need_not_be_up(config: Path) -> None:
    (config.parent / ".pushrail/redis").mkdir(parents=True)
    (config.parent / ".pushrail/redis/url").write_text(f"redis://:pass-of-redis@127.0.0.1:{free_port()}/0")
    result = doctor(config)
    assert result.exit_code == 0
    assert (
        bad(result, "warning")[0]
        == "redis       none is named and none runs here; `pushrail up` brings its own, else name one with --redis"
    )


def test_the_redis_of_an_installation_that_is_up_is_looked_at(config: Path, redis_url: str) -> None:
    (config.parent / ".pushrail/redis").mkdir(parents=True)
    (config.parent / ".pushrail/redis/url").write_text(redis_url)
    assert f"{WELL}redis " in doctor(config).stdout


def test_a_data_folder_that_cannot_be_written_to_is_told(config: Path, redis_url: str) -> None:
    (config.parent / "data").write_text("no folder")
    result = doctor(config, "--redis", redis_url, "--data-dir", str(config.parent / "data/below"))
    assert bad(result)[0].startswith(f"images      {config.parent / 'data'} cannot be written to; give it to the user")


@pytest.mark.parametrize(
    ("fault", "severity", "said"),
    [
        (None, "ok", "GitHub knows acme/iris and the token"),
        (Fault(401, body={"message": "Bad credentials"}), "warning", "GitHub answers 401: Bad credentials; see report.token_env"),
        (Fault(404, body={"message": "Not Found"}), "warning", "GitHub answers 404: Not Found"),
    ],
)
def test_a_forge_that_is_to_be_told_is_asked_and_stops_nothing(
    fault: Fault | None, severity: str, said: str, config: Path, repository: Path, redis_url: str
) -> None:
    with github_server.github() as github:
        github.faults += [fault] if fault else []
        report = f"report: {{api: '{github.address}', token_env: FORGE_TOKEN}}"
        source = f"{{url: 'file://{repository}', secret_env: SECRET}}"
        config.write_text(file(app(source=source, target=f"{{kind: local, port: {free_port()}}}", more=report)))
        result = doctor(config, "--redis", redis_url, FORGE_TOKEN=github_server.TOKEN)
    assert result.exit_code == 0
    assert any(line.startswith(f"forge       {said}") for line in bad(result, severity))


def test_on_a_narrow_terminal_what_is_said_stays_in_its_column(config: Path, redis_url: str) -> None:
    lines = doctor(config, "--redis", redis_url, SECRET="", COLUMNS="80").stdout.splitlines()
    said = [line for line in lines if line.startswith("  ")]
    assert len(said) > 6
    assert all(line[11:23].strip() or line.startswith(" " * 23) for line in said)
    assert all(len(line) <= 80 for line in said if "/" not in line)
