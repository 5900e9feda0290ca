"""The ``pushrail`` command as a person meets it: what it says, where, and with which exit code."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cli.main import address, main
from tests.e2e.installation import free_port
from tests.secret import secret
from tests.unit.spec_file import CLUSTER, app, file

COMMANDS = main.list_commands(click.Context(main))
SOURCE = "{url: 'https://x.com/acme/iris', secret_env: SECRET, token_env: TOKEN}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(file(app(source=SOURCE, image="{engine: docker}", target=CLUSTER)))
    return path


BARE = {"PUSHRAIL_CONFIG": "", "PUSHRAIL_DATA_DIR": "", "PUSHRAIL_REDIS_URL": "", "PUSHRAIL_API_TOKEN": secret("t")}


def said(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, words, env={**BARE, "PUSHRAIL_DASHBOARD_PASSWORD": "p" * 20, **environment})


def started(*words: str, **environment: str) -> tuple[int, str]:
    """The exit code and what it complains about, as a process of its own: ``server`` replaces the one it begins in."""
    given = {**os.environ, **BARE, "PUSHRAIL_DASHBOARD_PASSWORD": "p" * 20, **environment}
    ended = subprocess.run([sys.executable, "-m", "cli", *words], env=given, capture_output=True, text=True, timeout=20)
    return ended.returncode, ended.stdout + ended.stderr


def test_check_says_that_a_good_file_is_good(config: Path) -> None:
    result = said("check", "--config", str(config), SECRET=secret("s"), TOKEN="t")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"iris: acme/iris main → docker → kubernetes\n{config}: good\n"


def test_check_changes_nothing(config: Path) -> None:
    said("check", "--config", str(config), "--data-dir", str(config.parent / "data"), SECRET=secret("s"), TOKEN="t")
    assert list(config.parent.iterdir()) == [config]


def test_check_tells_every_problem_with_its_key_and_fails(config: Path) -> None:
    config.write_text(file(app(image="{engin: local}", target="{kind: local, port: 0}")))
    result = said("check", "--config", str(config))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "pushrail: apps.iris.image.engin: unknown key; the nearest valid one is 'engine'",
        "pushrail: apps.iris.target.port: must be at least 1",
    ]


def test_check_tells_where_it_looked_for_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = said("check", "--config", str(tmp_path / "no.yaml"))
    assert result.exit_code == 1
    assert result.stderr.startswith(f"pushrail: {tmp_path / 'no.yaml'}: cannot be read: No such file or directory; --config")


@pytest.mark.parametrize(
    ("given", "missing"), [({"TOKEN": "t"}, "SECRET"), ({"SECRET": " ", "TOKEN": "t"}, "SECRET"), ({"SECRET": secret("s")}, "TOKEN")]
)
def test_check_names_a_missing_secret(given: dict[str, str], missing: str, config: Path) -> None:
    result = said("check", "--config", str(config), **given)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"pushrail: {missing} is empty or not set; put the secret in the environment as {missing}")


@pytest.mark.parametrize("name", ["SECRET", "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD"])
@pytest.mark.parametrize("command", ["check", "up", "server"])
def test_a_secret_that_is_too_short_is_refused_and_not_repeated(command: str, name: str, config: Path) -> None:
    place = ("--listen", f"127.0.0.1:{free_port()}") if command != "check" else ()
    where = ("--config", str(config), "--data-dir", str(config.parent / "data"), *place)
    code, output = started(command, *where, **{"SECRET": secret("s"), "TOKEN": "t", name: "too short"})
    assert (code, "too short" in output) == (1, False)
    assert output.startswith(f"pushrail: {name} has 9 ")


def test_check_lets_short_secrets_pass_where_they_may_be_insecure(config: Path) -> None:
    result = said("check", "--config", str(config), SECRET="s", TOKEN="t", PUSHRAIL_INSECURE_SECRETS="1")
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("command", ["up", "server"])
def test_where_secrets_may_be_insecure_nobody_else_is_served(command: str, config: Path) -> None:
    where = ("--config", str(config), "--data-dir", str(config.parent / "data"), "--listen", f"0.0.0.0:{free_port()}")
    code, output = started(command, *where, SECRET="s", TOKEN="t", PUSHRAIL_INSECURE_SECRETS="1")
    assert code == 1
    assert output.startswith("pushrail: PUSHRAIL_INSECURE_SECRETS lets secrets be short where nobody else can listen in")


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("demo", "size", "releases", "rollback", "cancel", "token")])
def test_every_command_says_what_it_does_and_takes_the_common_flags(command: str) -> None:
    result = said(command, "--help")
    assert result.exit_code == 0
    assert all(flag in result.stdout for flag in ("--config", "--data-dir", "--redis"))


@pytest.mark.parametrize("kind", ["local", "docker"])
def test_scale_says_where_the_number_stands_that_is_not_kubernetes_s(kind: str, config: Path) -> None:
    config.write_text(file(app(image=f"{{engine: {kind}}}", target=f"{{kind: {kind}, port: 9000}}")))
    result = said("scale", "--config", str(config), "iris", "3")
    assert result.exit_code == 1
    assert result.stderr == f"pushrail: apps.iris.target.replicas: is how many there are with kind {kind}; change it there\n"


def test_scale_names_the_nearest_app_there_is(config: Path) -> None:
    result = said("scale", "--config", str(config), "iri", "3")
    assert (result.exit_code, result.stderr) == (1, "pushrail: apps.iri: there is no such app; the nearest is iris\n")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["demo", "--help"], ["--version"]])
def test_help_and_version_are_there(words: list[str]) -> None:
    assert said(*words).exit_code == 0


@pytest.mark.parametrize(
    ("given", "read"),
    [("127.0.0.1:8080", ("127.0.0.1", 8080)), ("0.0.0.0:1", ("0.0.0.0", 1)), ("[::1]:65535", ("[::1]", 65535)), ("host:80", ("host", 80))],
)
def test_listen_is_a_host_and_a_port(given: str, read: tuple[str, int]) -> None:
    assert address(click.Context(main), click.Option(["--listen"]), given) == read


@pytest.mark.parametrize(
    "given", ["", "8080", ":8080", "host", "host:", "host:x", "host:0", "host:65536", "::1:80", "http://host:80", "a b:1", "h:٣"]
)
def test_what_is_no_host_and_port_is_refused(given: str) -> None:
    result = said("server", "--listen", given)
    assert result.exit_code == 2
    assert "is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080" in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("command", ["server", "up"])
@pytest.mark.parametrize("name", ["SECRET", "PUSHRAIL_API_TOKEN", "PUSHRAIL_DASHBOARD_PASSWORD"])
def test_an_empty_secret_starts_nothing(command: str, name: str, config: Path) -> None:
    where = ("--config", str(config), "--data-dir", str(config.parent / "data"), "--listen", f"127.0.0.1:{free_port()}")
    code, output = started(command, *where, **{"SECRET": secret("s"), "TOKEN": "t", name: " "})
    assert code == 1
    assert output.startswith(f"pushrail: {name} is empty or not set")


@pytest.mark.parametrize("command", ["server", "up"])
def test_a_port_that_is_taken_is_told_before_anything_is_started(command: str, config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        where = ("--config", str(config), "--data-dir", str(config.parent / "data"), "--listen", place)
        code, output = started(command, *where, SECRET=secret("s"), TOKEN="t")
    assert code == 1
    assert output == f"pushrail: cannot listen on {place}: another program has this port; --listen HOST:PORT names another place\n"


def test_a_data_folder_that_cannot_be_written_to_is_told_as_such(config: Path) -> None:
    (config.parent / "data").write_text("no folder")
    result = said("up", "--config", str(config), "--data-dir", str(config.parent / "data" / "below"), SECRET=secret("s"), TOKEN="t")
    assert result.exit_code == 1
    assert "below cannot be written to: Not a directory; --data-dir names another folder" in result.stderr


def test_credentials_that_were_cut_short_are_told_as_such(config: Path) -> None:
    data = config.parent / "data"
    data.mkdir()
    (data / "credentials.json").write_text("")
    result = said("up", "--config", str(config), "--data-dir", str(data), SECRET=secret("s"), TOKEN="t")
    assert result.exit_code == 1
    assert "credentials.json cannot be read as JSON; mend it, or remove it" in result.stderr


@pytest.mark.parametrize("url", ["localhost:6379", "http://:hunter22@host"])
def test_what_is_no_redis_url_is_refused_and_not_repeated(url: str, config: Path) -> None:
    result = said("worker", "--config", str(config), "--redis", url)
    assert (result.exit_code, "hunter22" in result.stderr) == (1, False)
    assert result.stderr.startswith("pushrail: the Redis URL must be redis://HOST:PORT/0")
