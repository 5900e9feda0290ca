import pytest

from worker.gateway.timing import back_off


@pytest.mark.parametrize(("crashes", "seconds"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (6, 16), (7, 30), (1000, 30)])
def test_the_first_restart_is_immediate_and_later_ones_wait_longer_up_to_a_bound(crashes: int, seconds: float) -> None:
    assert back_off(crashes) == seconds
