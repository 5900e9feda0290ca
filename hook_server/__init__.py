"""The hook server: HTTP in, queue out. ``create_app`` is the one place that puts its parts together."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hook_server import (
    api,
    apidocs,
    auth,
    dashboard,
    delivery_pages,
    error_pages,
    headers,
    health,
    hooks,
    metrics,
    networks,
    release_pages,
    token_pages,
)
from hook_server.meters import Meters
from hook_server.parts import Parts
from hook_server.senders import SLOWEST, Senders
from hook_server.spool import Spool
from hook_server.stored_metrics import Stored
from hook_server.viewers import Viewers
from pipeline.connection import Client, impatient
from pipeline.deliveries import Deliveries
from pipeline.exposure import hook_networks, proxies
from pipeline.refusals import Refusals
from pipeline.releases import Releases
from pipeline.run_id import new_run_id
from pipeline.run_log import RunLog
from pipeline.secrets import Secrets, read
from pipeline.settings import Settings
from pipeline.spec import Spec
from pipeline.store import Store
from pipeline.tally import Tally
from pipeline.tokens import Tokens


def create_app(
    settings: Settings,
    spec: Spec,
    opening: Secrets | None = None,
    *,
    redis: Client | None = None,
    clock: Callable[[], float] = time.time,
    slowest: float = SLOWEST,
    shared: Path | None = None,
) -> Flask:
    """Compose the server; nothing is connected before the first request.

    Args:
        opening: instead of the secrets as they are now.
        redis: instead of a connection to ``settings.redis_url``.
        clock: Unix seconds.
        slowest: seconds within which a request's body must have come.
        shared: where several processes count together, see ``meters``.

    Raises:
        SettingsError: a webhook secret, the API token or the dashboard password is empty, not set or short, or a setting is none.
    """
    app = Flask(__name__)
    client = redis if redis is not None else impatient(settings.redis_url)
    given = _parts(spec, opening or read(settings, spec), client, clock, slowest, shared)
    app.extensions["pushrail"] = given
    app.config["MAX_CONTENT_LENGTH"] = auth.MOST_BYTES  # an endpoint that takes more says so itself
    auth.configure(app, given.dashboard_password, given.api_tokens)
    error_pages.register(app)
    headers.register(app)
    allowed = hook_networks(settings.environment)
    networks.register(app, allowed)
    app.wsgi_app = hooks.in_front_of(app.wsgi_app, given, allowed)  # type: ignore[assignment,method-assign]
    _behind(app, proxies(settings.environment))
    for module in (health, metrics, auth, dashboard, release_pages, delivery_pages, token_pages, apidocs):
        app.register_blueprint(module.bp)
    api.register(app)
    return app


def _behind(app: Flask, proxies: int) -> None:
    """Believe the forwarding headers of so many proxies: what the outermost of them saw, which is that far from the right, and no more."""
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]


def _parts(spec: Spec, opening: Secrets, redis: Client, clock: Callable[[], float], slowest: float, shared: Path | None) -> Parts:
    meters = Meters(shared)
    meters.told.register(Stored(Tally(redis), spec.apps, clock))
    deliveries, refusals = Deliveries(redis, keep=spec.deliveries.keep, days=spec.deliveries.days), Refusals(redis)
    return Parts(
        spec=spec,
        redis=redis,
        store=Store(redis),
        releases=Releases(redis),
        log=RunLog(redis),
        tokens=Tokens(redis),
        deliveries=deliveries,
        refusals=refusals,
        spool=Spool(deliveries, refusals),
        viewers=Viewers(redis),
        clock=clock,
        new_id=lambda now: new_run_id(now, secrets.token_hex(3)),
        webhook_secrets=opening.webhook,
        lost_secrets=opening.lost,
        api_tokens=opening.api_tokens,
        dashboard_password=opening.dashboard_password,
        meters=meters,
        metrics=meters.told,
        bodies=Senders(slowest),
    )
