"""One round of telling an app's forge what is not told yet: oldest run first, one request after the other, until all is said or it fails.

A run's result is never touched. What a forge fails at is said again later; what it refuses is not, until the run changes again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pipeline.errors import Fenced, PushrailError
from pipeline.model import Run
from pipeline.reports import Reports
from pipeline.spec import App
from pipeline.spec.report import Report
from pipeline.store import Store
from pipeline.told import ASKED, Told
from worker import report_requests as requests
from worker.report_requests import NAMES, Reply, Request, Verdict
from worker.report_words import NewDeployment, Word, taken, words
from worker.step_log import shown

GIVEN_UP_SECONDS = 86_400.0
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 900.0
"""Seconds for which a forge that failed is left in peace: twice as many after every further failure."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What a round is given of the world.

    Args:
        keeper: which process this is, among all that tell forges.
        send: sends a request to the forge of this name; ToolError when no answer came.
        token: the value of a variable; SettingsError when there is none.
        hidden: values that are shown to nobody.
        page: the address of a run's page, or nothing.
        clock: Unix seconds.
        noise: from 0 to 1, so that keepers and apps do not come back all at once.
    """

    store: Store
    reports: Reports
    keeper: str
    send: Callable[[str, Request], Reply]
    token: Callable[[str], str] = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)
    page: Callable[[Run], str]
    clock: Callable[[], float]
    noise: Callable[[], float]


class _Later(PushrailError):
    """The forge did not take a word and may take it later; ``seconds``: how long it asks to be left in peace."""

    def __init__(self, why: str, seconds: float = 0.0) -> None:
        super().__init__(why)
        self.seconds = seconds


def tell(app: App, report: Report, around: Around) -> None:
    """Tell the app's forge what is due, unless another keeper does or the forge is to be left in peace."""
    reports, keeper = around.reports, around.keeper
    if not reports.hold(app.name, keeper, around.clock()):
        return
    try:
        failures, seconds = _round(app, report, around)
    except Fenced as fenced:
        logger.info("%s", fenced)
    else:
        reports.rest(app.name, keeper, around.clock() + seconds, failures)


def _round(app: App, report: Report, around: Around) -> tuple[int, float]:
    """Go through what is due; how often the forge has failed in a row by now, and for how many seconds it is left in peace."""
    failures = around.reports.failures(app.name)
    try:
        for run, event in around.reports.due(app.name).items():
            _tell_of(run, event, app, report, around)
            failures = 0
    except _Later as later:
        failures += 1
        _put_off(str(later), app, report, around)
        return failures, max(later.seconds, pause(failures, around.noise()))
    return 0, 0.0


def pause(failures: int, noise: float) -> float:
    """Seconds until the next try; ``noise`` from 0 to 1 takes up to half of them away."""
    return min(FIRST_PAUSE * 2.0 ** (min(failures, 20) - 1), LONGEST_PAUSE) * (1 - noise / 2)


def _tell_of(run_id: str, event: str, app: App, report: Report, around: Around) -> None:
    run, refused = around.store.run(run_id), dict[Word, str]()
    told = _told(run, report)
    while run and (word := next((word for word in words(run, told, report) if word not in refused), None)):
        if isinstance(word, NewDeployment):  # should the answer be lost, the next round asks before it makes another one
            _keep(run_id, replace(told, deployment=ASKED), app, around)
        reply = _said(word, run, app, report, around)
        if requests.verdict(word, reply) is Verdict.REFUSED:
            refused[word] = _complaint(report, reply, around)
            told = replace(told, error=refused[word])
        else:
            told = taken(word, told, _deployment(word, reply, report), around.clock())
        _keep(run_id, told, app, around)
    _keep(run_id, replace(told, error="; ".join(refused.values()), failing_since=None), app, around, event)


def _told(run: Run | None, report: Report) -> Told:
    return (run and run.told) or Told(NAMES[report.forge])


def _keep(run_id: str, told: Told, app: App, around: Around, event: str = "") -> None:
    if not around.reports.told(app.name, around.keeper, run_id, told, event):
        raise Fenced(f"{app.name}: another keeper tells of it by now")


def _said(word: Word, run: Run, app: App, report: Report, around: Around) -> Reply:
    """The forge's answer; raises _Later when there is none, or one that may change."""
    if not around.reports.hold(app.name, around.keeper, around.clock()):
        raise Fenced(f"{app.name}: another keeper tells of it by now")
    try:
        request = requests.request(word, app, report, around.token(report.token_env), around.page(run), run.ref)
        reply = around.send(NAMES[report.forge], request)
    except Fenced:
        raise
    except PushrailError as error:
        raise _Later(shown(str(error), around.hidden)) from error
    if requests.verdict(word, reply) is Verdict.LATER:
        raise _Later(_complaint(report, reply, around), requests.wait(reply, around.clock()))
    return reply


def _deployment(word: Word, reply: Reply, report: Report) -> str:
    if (found := requests.deployment(word, reply)) is None:
        raise _Later(f"{NAMES[report.forge]} answers {reply.status} and tells no deployment")
    return found


def _complaint(report: Report, reply: Reply, around: Around) -> str:
    return shown(requests.complaint(report, reply), around.hidden)


def _put_off(why: str, app: App, report: Report, around: Around) -> None:
    """Every run that is still due is told so; what has been due for a day is given up."""
    for run_id, event in around.reports.due(app.name).items():
        told, now = _told(around.store.run(run_id), report), around.clock()
        since = told.failing_since or now
        gives_up = now - since >= GIVEN_UP_SECONDS
        told = replace(told, error=why, failing_since=None if gives_up else since)
        if gives_up:
            logger.warning("%s: run %s is not told any more, after a day of trying: %s", app.name, run_id, why)
        _keep(run_id, told, app, around, event if gives_up else "")
