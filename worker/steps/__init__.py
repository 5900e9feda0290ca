"""The nine steps, one file each; the name is the same here, in ``pipeline.yaml``, in the log, in the API and on the page."""

from collections.abc import Mapping

from worker.step import Step
from worker.steps.build import build
from worker.steps.evaluate import evaluate
from worker.steps.prune import prune
from worker.steps.pull import pull
from worker.steps.retrain import retrain
from worker.steps.rollback import rollback
from worker.steps.rollout import rollout
from worker.steps.tag import tag
from worker.steps.verify import verify

STEPS: Mapping[str, Step] = {
    "pull": pull,
    "retrain": retrain,
    "evaluate": evaluate,
    "build": build,
    "tag": tag,
    "prune": prune,
    "rollout": rollout,
    "verify": verify,
    "rollback": rollback,
}
