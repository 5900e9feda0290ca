"""A push to the apps of tests, and what is decided on it."""

from hook_server import accept
from pipeline.delivery import Delivery
from pipeline.model import Run
from tests.hook import COMMIT, spec

APPS = spec().apps
IRIS, ROSE = APPS["iris"], APPS["rose"]
PUSH = Delivery(
    forge="github",
    id="d1",
    repository="acme/iris",
    ref="refs/heads/main",
    commit=COMMIT,
    sender="ada",
    message="Train on the cleaned petals\n\nThe old file had 3 rows twice.",
    changed=("data/iris.csv",),
)


def decided(delivery: Delivery, app: str = "iris") -> Run | accept.Ignored:
    return accept.accept(delivery, APPS[app], run_id="r1", now=1000.0)


def decided_run() -> Run:
    run = decided(PUSH)
    assert isinstance(run, Run)
    return run
