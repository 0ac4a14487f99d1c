"""How long a queue is left alone, by a clock of the test's own."""

from __future__ import annotations

import pytest

from bus.pacing import Pace


def test_readings_keep_their_distance() -> None:
    pace = Pace(0.25)
    assert pace.rest_s(100, 10.0) == 0.25
    assert pace.rest_s(100, 11.0) == 0.25


def test_a_timer_may_be_early() -> None:
    pace = Pace(0.25)
    pace.rest_s(100, 10.0)
    assert pace.rest_s(100, 10.247) == pytest.approx(0.25)


def test_several_readers_rest_until_the_same_moment() -> None:
    pace = Pace(0.25)
    pace.rest_s(100, 10.0)
    assert pace.rest_s(100, 10.05) == pytest.approx(0.2)


@pytest.mark.parametrize("every_s", [0.005, 0.025, 0.1, 0.25])
def test_the_rate_is_told_however_it_is_read(every_s: float) -> None:
    rates: list[float] = []
    pace = Pace(lambda rate: rates.append(rate) or 0.0)
    for n in range(200):
        assert pace.rest_s(int(50_000 * every_s), 10.0 + n * every_s) == 0.0
    assert rates[-1] == pytest.approx(50_000, rel=0.01)


def test_a_burst_that_is_over_is_forgotten() -> None:
    rates: list[float] = []
    pace = Pace(lambda rate: rates.append(rate) or 0.0)
    for now in (10.0, 10.01, 11.0):
        pace.rest_s(10_000 if now == 10.01 else 100, now)
    assert rates[1] > 50_000 > 2_000 > rates[2]
