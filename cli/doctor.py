"""``pushrail doctor``: what is found, in columns, one app after the other."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import click

from cli import embedded_redis
from cli.flags import common
from pipeline.settings import Settings
from pipeline.spec import load
from worker.doctor import look_at, look_at_own, look_at_redis
from worker.finding import Finding, Severity
from worker.step_log import shown

COLOURS = {Severity.GOOD: "green", Severity.WARNING: "yellow", Severity.ERROR: "red"}
TOOL = len("kubernetes")


@click.command()
@common
def doctor(config: Path | None, data_dir: Path | None, redis_url: str | None) -> None:
    """Look at all that every app needs and say what is wrong and how to mend it; change nothing.

    Ends with 1 when something would stop a run.
    """
    settings = Settings.from_env(config, data_dir, redis_url)
    spec = load(settings.config)
    hidden = settings.hidden(spec)
    found = _told("pushrail", chain(_redis(settings, given=bool(redis_url)), look_at_own(settings)), hidden)
    for app in spec.apps.values():
        found += _told(app.name, look_at(app, settings), hidden)
    errors, warnings = found.count(Severity.ERROR), found.count(Severity.WARNING)
    click.echo(f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}")
    sys.exit(1 if errors else 0)


def _redis(settings: Settings, *, given: bool) -> Iterator[Finding]:
    """The one that is named; else the one that ``pushrail up`` brings along, which need not be up."""
    named = given or bool(settings.environment.get("PUSHRAIL_REDIS_URL"))
    own = None if named else embedded_redis.address(settings.data_dir / "redis")
    return look_at_redis(own or settings.redis_url, named=named)


def _told(title: str, findings: Iterable[Finding], hidden: Iterable[str]) -> list[Severity]:
    click.secho(title, bold=True)
    severities = []
    for finding in findings:
        severities.append(finding.severity)
        for line in _lines(finding, hidden):
            click.echo(line)
    return severities


def _lines(finding: Finding, hidden: Iterable[str]) -> list[str]:
    """In columns; what is said is broken to fit a terminal, and nowhere else."""
    width = shutil.get_terminal_size((10_000, 24)).columns
    indent = " " * (2 + 7 + 2 + TOOL + 2)
    said = " ".join(shown(finding.said, hidden).split())
    first, *rest = textwrap.wrap(said, max(width - len(indent), 40), break_long_words=False, break_on_hyphens=False) or [""]
    severity = click.style(f"{finding.severity:<7}", fg=COLOURS[finding.severity])
    return [f"  {severity}  {finding.tool:<{TOOL}}  {first}", *(indent + line for line in rest)]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
