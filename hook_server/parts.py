"""What the receiver and the views are given: made once by ``create_app``. Decides nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app
from prometheus_client import CollectorRegistry

from hook_server.forgeries import Forgeries
from hook_server.logins import Logins
from hook_server.meters import Meters
from hook_server.senders import SLOWEST, Senders
from hook_server.spool import Spool
from hook_server.viewers import Viewers
from pipeline.connection import Client
from pipeline.deliveries import Deliveries
from pipeline.refusals import Refusals
from pipeline.releases import Releases
from pipeline.run_log import RunLog
from pipeline.spec import Spec
from pipeline.store import Store
from pipeline.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Parts:
    """Collaborators and secrets; what is counted here is counted by each worker process for itself.

    Args:
        webhook_secrets: by app name.
        lost_secrets: by app name, the variables whose secret was there at start and is not now.
        clock: Unix seconds.
        new_id: a run's id for the time it is given.
        bodies: clients in the middle of sending a request's body.
        logins: which addresses guessed at the password.
        meters: what this process counts of deliveries.
        metrics: what a scrape is told.
        forgeries: which addresses sent wrong signatures.
        viewers: who waits for more of a log.
    """

    spec: Spec
    redis: Client
    store: Store
    releases: Releases
    log: RunLog
    tokens: Tokens
    deliveries: Deliveries
    refusals: Refusals
    spool: Spool
    meters: Meters
    metrics: CollectorRegistry
    viewers: Viewers
    clock: Callable[[], float]
    new_id: Callable[[float], str]
    webhook_secrets: Mapping[str, tuple[str, ...]] = field(repr=False)
    lost_secrets: Mapping[str, tuple[str, ...]]
    api_tokens: tuple[str, ...] = field(repr=False)
    dashboard_password: str = field(repr=False)
    bodies: Senders = field(default_factory=lambda: Senders(SLOWEST))
    logins: Logins = field(default_factory=Logins)
    forgeries: Forgeries = field(default_factory=Forgeries)


def parts() -> Parts:
    return cast(Parts, current_app.extensions["pushrail"])
