"""The demo's story: four pushes and a replay, under load, and what each must come to."""

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from cli.client import Client, Shown
from cli.demo import repository, service
from cli.demo.load import Load
from cli.demo.report import Chapter, Progress, ending, table
from pipeline.errors import PushrailError
from pipeline.model import Status
from pipeline.settings import Settings

REPLAYED = "b"
_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Push:
    """One push: what is told of it, the edits it makes, and what the run must come to."""

    name: str
    message: str
    edits: Mapping[str, tuple[str, str]]
    expected: Status


_GOOD, _WRONG = "for name in features] for", "for name in sorted(features)] for"
PUSHES = (
    Push("a", "First release", {}, Status.SUCCEEDED),
    Push("b", "Regularise less", {"params.json": ('"C": 1.0,', '"C": 10.0,')}, Status.SUCCEEDED),
    Push("c", "Read the features in alphabetical order", {"instances.py": (_GOOD, _WRONG)}, Status.ROLLED_BACK),
    Push("d", "Regularise more", {"instances.py": (_WRONG, _GOOD), "params.json": ('"C": 10.0,', '"C": 0.0001,')}, Status.REJECTED),
)


def tell(folder: Path, keep: bool) -> int:
    """Run the demo in ``folder``; 0 when every push and every prediction came out as it must."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _tell(folder, keep)
    except PushrailError as error:
        click.echo(f"demo: {error}", err=True)
    except KeyboardInterrupt:
        click.echo("demo: interrupted", err=True)
    click.echo(f"demo: logs are in {folder / 'logs'}", err=True)
    return 1


def _tell(folder: Path, keep: bool) -> int:
    ours = service.plan(folder)
    environment = ours.environment(Settings.from_env().environment)
    code = repository.create(folder / "git", f"{ours.address}/hooks/github", environment)
    click.echo(f"demo: a Redis, a gateway, a hook server and a worker are starting in {folder}")
    with service.running(ours, code.bare, environment, keep) as pid:
        client, load = Client(ours.address, ours.token), Load(ours.app_port)
        chapters = [_push(push, code, client, load) for push in PUSHES]
        chapters.append(_replay(chapters, client))
        load.stop()
    good = all(chapter.good for chapter in chapters) and not load.failures
    click.echo(f"\n{table(chapters)}\n")
    if not good:
        _complain(ours, load)
    click.echo(ending(chapters, load.requests, len(load.failures)))
    if keep:
        click.echo(f"demo: it is still running: {ours.address}, password {ours.password}")
        click.echo(f"demo: predictions at http://127.0.0.1:{ours.app_port}/api/predict; `kill {pid}` ends it")
        click.echo(f"demo: pushrail releases iris --url {ours.address} --data-dir {ours.folder}")
    return 0 if good else 1


def _complain(ours: service.Service, load: Load) -> None:
    click.echo(f"demo: not as it should be; logs are in {ours.logs}", err=True)
    for failure in load.failures[:5]:
        click.echo(f"demo: a prediction failed: {failure}", err=True)


def _push(push: Push, code: repository.Repository, client: Client, load: Load) -> Chapter:
    click.echo(f"\n({push.name}) git push: {push.message}")
    before, began = client.newest(), time.monotonic()
    commit = code.push(push.message, push.edits)
    run = client.newest()
    if run is None or run == before:
        raise PushrailError(f"push {push.name} started no run")
    chapter = _follow(push.name, commit, push.expected, run, client, began)
    if push is PUSHES[0] and chapter.good:
        load.start()
    return chapter


def _replay(chapters: list[Chapter], client: Client) -> Chapter:
    original = next(chapter for chapter in chapters if chapter.name == REPLAYED)
    click.echo(f"\n({REPLAYED} again) replay of run {original.run['id']}")
    began = time.monotonic()
    chapter = _follow(f"{REPLAYED} again", original.commit, Status.SUCCEEDED, client.replay(original.run["id"]), client, began)
    done = {step["name"]: step for step in chapter.run["steps"]}
    reused = done["retrain"]["status"] == "skipped" and done["build"]["outputs"].get("reused") == "yes"
    return chapter if reused else chapter.spoilt("it trained or built again")


def _follow(name: str, commit: str, expected: Status, run: Shown, client: Client, began: float) -> Chapter:
    progress, newest = Progress(click.echo), ""
    for shown, text in client.follow(run["id"], _SECONDS):
        run, newest = shown, (text.splitlines() or [newest])[-1]
        progress.show(run, newest)
    return Chapter(name, commit, expected, run, time.monotonic() - began)
