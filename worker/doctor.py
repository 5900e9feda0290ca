"""What all that an app needs has to say before anything is asked of it. Does nothing but ask the tools, which do the looking."""

from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

from pipeline.connection import complaints, impatient
from pipeline.errors import SettingsError, SetupHidden, StoreUnavailable, ToolError
from pipeline.settings import API_TOKEN, PASSWORD, Settings
from pipeline.spec import App
from pipeline.spec.report import Report
from worker.compose import tools_for
from worker.finding import Finding, error, good, told, warning
from worker.report_requests import NAMES, PERMISSION, complaint, look
from worker.tools import forge


def look_at_redis(url: str, *, named: bool) -> Iterator[Finding]:
    """Whether runs are safe in it, as ``/readyz`` sees it; one that nobody has ``named`` need not be there yet."""
    try:
        wrong = complaints(impatient(url))
    except SetupHidden as hidden:
        yield warning("redis", f"{str(hidden).removeprefix('redis: ')}; see to it that it has them as append-only file and noeviction")
    except StoreUnavailable as away:
        if named:
            said = str(away).partition(";")[0]
            yield error("redis", f"{said}; see that it runs and that --redis or PUSHRAIL_REDIS_URL names it, with its password")
        else:
            yield warning("redis", "none is named and none runs here; `pushrail up` brings its own, else name one with --redis")
    else:
        yield from (error("redis", line.removeprefix("redis: ")) for line in wrong)
        if not wrong:
            yield good("redis", f"{_place(url)} keeps an append-only file and throws no run away")


def look_at(app: App, settings: Settings) -> Iterator[Finding]:
    """The app's secrets, repository, engine, target and forge; where it is released to nowhere, that is not asked."""
    reading = dict.fromkeys(app.secret_names, settings.secret) | dict.fromkeys(app.source.secret_env, settings.webhook_secret)
    lacking = {name: said for name, read in reading.items() if (said := _lacking(partial(read, name)))}
    yield from (error("secrets", said) for said in lacking.values())
    if not lacking:
        yield good("secrets", "all that are named are there")
    if app.source.token_env in lacking:
        return
    tools = tools_for(app, settings)
    yield from told("git", tools.source.preflight())
    yield from told("images", tools.images.preflight())
    if app.releases:
        yield from told(app.target.kind, tools.target.preflight(None, None))
    if app.report and app.report.token_env not in lacking:
        yield _forge(app, app.report, settings)


def _forge(app: App, report: Report, settings: Settings) -> Finding:
    """Whether the forge knows repository and token; it never stops a run."""
    name = NAMES[report.forge]
    try:
        reply = forge.send(name, look(app, report, settings.secret(report.token_env)))
    except ToolError as away:
        return warning("forge", str(away))
    if 200 <= reply.status < 300:
        return good("forge", f"{name} knows {app.source.repository} and the token; {PERMISSION}")
    return warning("forge", complaint(report, reply))


def look_at_own(settings: Settings) -> Iterator[Finding]:
    """The server's own token and password, where they are named; where they are not, ``pushrail up`` makes them."""
    for name, read in ((API_TOKEN, settings.api_tokens), (PASSWORD, settings.dashboard_password)):
        if settings.names(name) and (said := _lacking(read)):
            yield error("secrets", said)


def _lacking(read: Callable[[], object]) -> str:
    try:
        read()
    except SettingsError as missing:
        return str(missing)
    return ""


def _place(url: str) -> str:
    """Without what is secret in it."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path
