"""A scenario from its push to the good release verified live again, on a real cluster, with the moments at which things happened."""

import re
import time
from dataclasses import dataclass, field

from pipeline.errors import StepFailed, ToolError
from tests.integration.kubernetes.app import App, run
from tests.scenarios.images import GOLDEN
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import LATENCY, push, staged
from worker import golden

RESTORE_SECONDS = 60


@dataclass
class Story:
    """What came of a push.

    Args:
        error: what the push raised, if it did.
        image: what the Deployment runs in the end.
        lines: the log, each line with its moment (monotonic).
    """

    error: StepFailed | ToolError | None = None
    image: str = ""
    lines: list[tuple[float, str]] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append((time.monotonic(), line))

    def moment(self, words: str) -> float:
        """When the first line with these words (a regular expression) was logged."""
        return next(moment for moment, line in self.lines if re.search(words, line))


def tell(scenario: Scenario) -> Story:
    """The story of a scenario, in a namespace of its own."""
    with staged(scenario) as (app, good):
        return played(app, scenario, good)


def played(app: App, scenario: Scenario, good: str) -> Story:
    """Push; put the good release back if that failed; ask the golden predictions of what serves then."""
    story = Story()
    try:
        push(app, scenario, good, story)
    except (StepFailed, ToolError) as error:
        story.error = error
        story("ended")
        _restore(app, scenario, good, story)
    story.image = app.container()["image"]
    return story


def _restore(app: App, scenario: Scenario, good: str, story: Story) -> None:
    target = app.target()
    target.restore(good, run(len(scenario.earlier) + 1), RESTORE_SECONDS, story)
    golden.check(target, GOLDEN, LATENCY, story)
