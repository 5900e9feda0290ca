"""The ``pushrail`` command."""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from cli import credentials, greenlets, programs
from cli.cancel import cancel
from cli.demo.story import tell
from cli.flags import common
from cli.only_one import only_one
from cli.program import Program
from cli.releases import releases, rollback
from cli.size import size
from cli.supervisor import Supervisor
from cli.token import token
from hook_server.serve import serve
from pipeline import logs, secrets
from pipeline.errors import PushrailError
from pipeline.exposure import check_listening
from pipeline.settings import API_TOKEN, PASSWORD, Settings
from pipeline.spec import Spec, load

LATER = {"doctor": "cli.doctor", "scale": "cli.scale"}
"""Commands that need a tool, by their module: 0.3 s and 50 MB of SDKs that the others do without."""


class Told(click.Group):
    """Shows our own errors as a message and exit code 1; only a defect shows a traceback."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), *LATER])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in LATER:
            command: click.Command = getattr(import_module(LATER[name]), name)
            return command
        return super().get_command(context, name)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except PushrailError as error:
            for line in str(error).splitlines():
                click.echo(f"pushrail: {line}", err=True)
            sys.exit(1)


@click.group(cls=Told, context_settings={"show_default": True, "help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pushrail")
def main() -> None:
    """From a signed git push to a served model, and back again when it is bad."""
    logs.begin("pushrail")


def address(context: click.Context, option: click.Parameter, value: str) -> tuple[str, int]:
    """``HOST:PORT``, an IPv6 host in brackets."""
    found = re.fullmatch(r"([^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})", value)
    if found is None or not 1 <= int(found[2]) <= 65535:
        raise click.BadParameter(f"{value!r} is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    return found[1], int(found[2])


listen = click.option("--listen", default="127.0.0.1:8080", metavar="HOST:PORT", callback=address, help="Where the hook server listens.")
count = click.option("--workers", default=1, type=click.IntRange(1, 64), help="How many runs go on at once.")


@main.command()
@common
@listen
@count
def up(config: Path | None, data_dir: Path | None, redis_url: str | None, listen: tuple[str, int], workers: int) -> None:
    """Run everything here: hook server, workers and, without --redis, a Redis of its own."""
    settings = Settings.from_env(config, data_dir, redis_url)
    spec = load(settings.config)
    embedded = not (redis_url or settings.environment.get("PUSHRAIL_REDIS_URL"))
    with only_one(settings.data_dir):
        settings = Settings.from_env(config, data_dir, redis_url, extra=credentials.generated(settings.data_dir))
        check_listening(settings.environment, listen[0])
        secrets.read(settings, spec)
        _named(settings, spec)
        programs.free(*listen)
        own, settings = programs.redis(settings) if embedded else ([], settings)
        everything = [*own, *programs.gateway(settings, spec), programs.server(*listen), *programs.workers(workers)]
        _run(everything, settings, listen)
    click.echo(f"pushrail: stopped{programs.outliving(spec)}")


def _run(everything: list[Program], settings: Settings, listen: tuple[str, int]) -> None:
    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    click.echo(f"pushrail: starting {', '.join(program.name for program in everything)}; logs in {logs}")
    Supervisor(everything, programs.environment(settings), logs).run(when_up=lambda: _greet(*listen, settings))


def _named(settings: Settings, spec: Spec) -> None:
    """Raise SettingsError when a secret is not there, or too short, that pipeline.yaml names."""
    settings.webhook_secrets(spec)
    for app in spec.apps.values():
        for name in app.secret_names:
            settings.secret(name)


def _own(settings: Settings) -> None:
    """Raise SettingsError when the server's own token or password is named and not as it must be; where it is not, ``up`` makes one."""
    if settings.names(API_TOKEN):
        settings.api_tokens()
    if settings.names(PASSWORD):
        settings.dashboard_password()


def _greet(host: str, port: int, settings: Settings) -> None:
    click.echo(f"pushrail: up at http://{host}:{port}; webhooks go to http://{host}:{port}/hooks/github")
    click.echo(f"pushrail: a password or token that you did not set is in {settings.data_dir / 'credentials.json'}")


@main.command()
@common
@listen
def server(config: Path | None, data_dir: Path | None, redis_url: str | None, listen: tuple[str, int]) -> None:
    """Run the hook server alone: webhooks, API and dashboard."""
    greenlets.become()
    programs.free(*listen)
    serve(Settings.from_env(config, data_dir, redis_url), *listen)


@main.command()
@common
@count
def worker(config: Path | None, data_dir: Path | None, redis_url: str | None, workers: int) -> None:
    """Run the workers alone, and the keeper: it looks after runs whose worker died, after missed pushes, and tells forges."""
    settings = Settings.from_env(config, data_dir, redis_url)
    load(settings.config)
    Supervisor(programs.workers(workers), programs.environment(settings)).run()


@main.command()
@common
def check(config: Path | None, data_dir: Path | None, redis_url: str | None) -> None:
    """Say what is wrong with pipeline.yaml and the secrets it names; change nothing."""
    settings = Settings.from_env(config, data_dir, redis_url)
    spec = load(settings.config)
    _named(settings, spec)
    _own(settings)
    for app in spec.apps.values():
        click.echo(f"{app.name}: {app.source.repository} {app.source.followed} → {app.image.engine} → {app.target.kind}")
    click.echo(f"{settings.config}: good")


@main.command()
@click.option("--keep", is_flag=True, help="Leave the service running at the end.")
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), default=Path(".pushrail/demo"), help="Where the demo's state is kept."
)
def demo(keep: bool, data_dir: Path) -> None:
    """Show it: four pushes and a replay against a service of its own, under load."""
    sys.exit(tell(data_dir.resolve(), keep))


for command in (size, releases, rollback, cancel, token):
    main.add_command(command)

if __name__ == "__main__":
    main()
