"""What is known of one Deployment now, kept up to date from a watch. Changes nothing and judges nothing."""

import time
from typing import Any

from pipeline.errors import ToolError
from worker.observation import GONE, Observation
from worker.tools.kubernetes_target.news import Changed, Listed, Lost, News
from worker.tools.kubernetes_target.watch import Watch

DEPLOYMENTS, REPLICA_SETS, PODS = "deployments", "replicasets", "pods"
KINDS = (DEPLOYMENTS, REPLICA_SETS, PODS)

FIRST_SIGHT_SECONDS = 15.0
TICK = 0.5
"""Seconds after which a wait for news ends without any: some rules of a judge are about time."""

UNSEEN = ToolError("kubernetes", "the API server did not answer in time", transient=True)


class View:
    """The newest state of the three kinds a rollout is made of."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._ahead: News | None = None
        self._known: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self._asked: dict[str, float] = {}
        self._blind: dict[str, ToolError] = dict.fromkeys(KINDS, UNSEEN)

    @property
    def blind(self) -> ToolError | None:
        """Why not all is in sight, if so: what is known may be old and nothing must be concluded from it."""
        return next(iter(self._blind.values()), None)

    @property
    def now(self) -> Observation:
        deployment = next(iter(self._known[DEPLOYMENTS].values()), GONE)
        return Observation(deployment, tuple(self._known[REPLICA_SETS].values()), tuple(self._known[PODS].values()))

    def listed_since(self, moment: float) -> bool:
        """Whether every kind in it has been listed at ``moment`` (monotonic) or later, so that no silent watch can hide anything."""
        return min(self._asked.values()) >= moment

    def look_again(self) -> None:
        """Have all of it listed anew; it comes with ``take`` like other news."""
        self._watch.look_again()

    def open_eyes(self) -> None:
        """Wait until all three kinds are in sight; ToolError when one may not be seen or the server does not answer."""
        deadline = time.monotonic() + FIRST_SIGHT_SECONDS
        while self.blind:
            if time.monotonic() >= deadline:
                raise self.blind
            self.take(TICK)

    def take(self, seconds: float = TICK) -> None:
        """Take in the next piece of news, if one comes within ``seconds``; or all changes that wait, but no second one of the same object.

        So a burst is judged once, and yet no state that an object was in goes unseen.

        Raises:
            ToolError: there is no seeing, and waiting does not mend it.
        """
        news, self._ahead = self._ahead or self._watch.next(seconds), None
        changed = set[str]()
        while isinstance(news, Changed) and news.uid not in changed:
            self._fold(news)
            changed.add(news.uid)
            news = self._watch.next(0)
        if changed:
            self._ahead = news
        elif news is not None:
            self._fold(news)

    def _fold(self, news: News) -> None:
        if isinstance(news, Lost):
            if not news.error.transient:
                raise news.error
            self._blind[news.kind] = news.error
        elif isinstance(news, Listed):
            self._known[news.kind] = dict(news.objects)
            self._asked[news.kind] = news.asked
            self._blind.pop(news.kind, None)
        elif news.object is None:
            self._known[news.kind].pop(news.uid, None)
        else:
            self._known[news.kind][news.uid] = news.object
