"""``python -m worker.gateway``: the gateway of an installation, with the live releases it brings back."""

import logging
from collections.abc import Iterator

from pipeline.connection import patient
from pipeline.errors import ToolError
from pipeline.settings import Settings
from pipeline.spec import LocalTarget, Spec, load
from pipeline.store import Store
from worker.compose import local_target
from worker.gateway.address import SOCKET
from worker.gateway.desired import Desired
from worker.gateway.serve import serve

_log = logging.getLogger(__name__)


def main() -> None:
    """Serve until SIGTERM; what is live by our own record serves again from the start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s gateway %(levelname)s %(message)s")
    settings = Settings.from_env()
    live = list(_live(load(settings.config), Store(patient(settings.redis_url)), settings))
    serve(settings.data_dir / SOCKET, settings.data_dir / "logs" / "replicas", live)


def _live(spec: Spec, store: Store, settings: Settings) -> Iterator[Desired]:
    for app in spec.apps.values():
        release = store.live(app.name) if isinstance(app.target, LocalTarget) else None
        if release is None or not isinstance(app.target, LocalTarget):
            continue
        try:
            yield local_target(app.name, app.target, settings).desired(release.template)
        except ToolError as error:
            _log.error("%s: its live release cannot come back: %s", app.name, error)


if __name__ == "__main__":
    main()
