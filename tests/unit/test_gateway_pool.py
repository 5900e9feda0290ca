import asyncio

from worker.gateway.pool import Backend, Held, Pool


class _Link(Held):
    def __init__(self, owes: bool, moved_at: float) -> None:
        self.owes = owes
        self.moved_at = moved_at


def _pool(*backends: Backend) -> Pool:
    pool = Pool()
    for backend in backends:
        pool.add(backend)
    return pool


def test_connections_go_round_equals() -> None:
    pool = _pool(one := Backend(1), two := Backend(2))
    assert [pool.least_busy(()) for _ in range(4)] == [one, two, one, two]


def test_the_one_with_fewest_connections_is_chosen() -> None:
    pool = _pool(one := Backend(1), two := Backend(2))
    one.links.add(_Link(False, 0))
    assert [pool.least_busy(()) for _ in range(2)] == [two, two]


def test_one_that_was_tried_is_not_chosen_again() -> None:
    pool = _pool(one := Backend(1), two := Backend(2))
    assert [pool.least_busy({one}) for _ in range(2)] == [two, two]


def test_an_empty_pool_is_waited_for() -> None:
    async def scene() -> Backend | None:
        pool = Pool()
        choosing = asyncio.create_task(pool.choose((), 5))
        await asyncio.sleep(0)
        pool.add(one)
        return await choosing

    one = Backend(1)
    assert asyncio.run(scene()) is one


def test_nobody_waits_for_ever_for_an_empty_pool() -> None:
    assert asyncio.run(Pool().choose((), 0.01)) is None


async def _rests(link: Held) -> bool:
    """Whether a drain that may wait a tenth of a second would go on at once."""
    backend = Backend(1)
    backend.links.add(link)
    clock = asyncio.get_running_loop().time
    began = clock()
    await backend.rest(1000, 0.1)
    return clock() - began < 0.1


def test_a_drain_waits_for_a_connection_with_an_answer_due() -> None:
    assert not asyncio.run(_rests(_Link(True, -2000)))


def test_a_drain_waits_for_a_connection_that_was_just_used() -> None:
    async def scene() -> bool:
        return await _rests(_Link(False, asyncio.get_running_loop().time()))

    assert not asyncio.run(scene())


def test_a_drain_does_not_wait_for_a_quiet_connection() -> None:
    async def scene() -> bool:
        return await _rests(_Link(False, asyncio.get_running_loop().time() - 2000))

    assert asyncio.run(scene())
