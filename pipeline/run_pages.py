"""The lists of runs in Redis, read page by page: of all apps or of one, newest first. A page begins where the one before ended, however
many runs have come since.

Keys: ``runs`` and ``runs:<app>``, the newest 10,000 each, by the order in which they were accepted.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.connection import PREFIX, Client, available
from pipeline.model import Run
from pipeline.record import read_run

MOST = 200
"""Runs that one page looks at; with a filter it may hold fewer than were asked for, or none, and have a next page all the same."""


@dataclass(frozen=True, slots=True)
class Page:
    """Runs, and the place in the order of acceptance before which the next page begins; None when there is none."""

    runs: tuple[Run, ...]
    before: int | None


def page(redis: Client, app: str = "", *, before: int | None = None, limit: int = 50, wanted: Callable[[Run], bool] | None = None) -> Page:
    """One page of the runs of an app, or of all when ``app`` is empty.

    Args:
        before: as the page before said; None is the newest.
        limit: runs at most, up to ``MOST``.
        wanted: which of them; None is all.

    Raises:
        StoreUnavailable: Redis does not serve.
    """
    looked = MOST if wanted else limit
    places = _places(redis, f"runs:{app}" if app else "runs", before, looked + 1)
    within, more = places[:looked], len(places) > looked
    found = [(place, run) for (_, place), run in zip(within, _runs(redis, within), strict=True) if run and (not wanted or wanted(run))]
    last = found[limit - 1][0] if len(found) > limit else within[-1][1] if more else None
    return Page(tuple(run for _, run in found[:limit]), last)


def _places(redis: Client, name: str, before: int | None, most: int) -> list[tuple[str, int]]:
    """Ids of runs, each with its place in the order of acceptance."""
    newest = "+inf" if before is None else f"({before}"
    with available():
        held = redis.zrevrangebyscore(f"{PREFIX}{name}", newest, "-inf", start=0, num=most, withscores=True)
    return [(run.decode(), int(place)) for run, place in held]


def _runs(redis: Client, places: list[tuple[str, int]]) -> list[Run | None]:
    """The runs, all in one exchange; None for one that is no longer kept."""
    with available(), redis.pipeline(transaction=False) as exchange:
        for run, _ in places:
            exchange.hgetall(f"{PREFIX}run:{run}")
        kept = exchange.execute()
    return [read_run({key.decode(): value for key, value in held.items()}) if b"record" in held else None for held in kept]
