"""When a program that died is started again. The time is what the tests say it is."""

from collections.abc import Iterator

import pytest

from cli.program import STEADY_SECONDS, Program, Running, pause
from tests.waiting import wait_until


def test_the_pauses_grow_to_half_a_minute() -> None:
    assert [pause(deaths) for deaths in (1, 2, 3, 4, 5, 6, 7, 1000)] == [1, 2, 4, 8, 16, 30, 30, 30]


@pytest.fixture
def dying() -> Iterator[Running]:
    """A program that ends as soon as it is started, first at time 0."""
    running = Running(Program("a", ["false"]), {}, None, 0.0)
    yield running
    running.end()


def start_after(running: Running, death: float, seconds: float) -> bool:
    """Whether it is started again just that long after its death was seen, and not before."""
    wait_until(lambda: running.code is not None)
    running.look_after(death)
    first = running.pid
    running.look_after(death + seconds - 0.1)
    early = running.pid != first
    running.look_after(death + seconds)
    return running.pid != first and not early


def test_a_program_that_dies_at_every_start_is_started_less_and_less_often(dying: Running) -> None:
    assert start_after(dying, 0.0, 1.0)
    assert start_after(dying, 1.0, 2.0)
    assert start_after(dying, 3.0, 4.0)


def test_a_program_that_was_steady_is_started_again_soon(dying: Running) -> None:
    assert start_after(dying, 0.0, 1.0)
    assert start_after(dying, 1.0, 2.0)
    assert start_after(dying, 3.0 + STEADY_SECONDS, 1.0)
