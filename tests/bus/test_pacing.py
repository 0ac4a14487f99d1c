"""When batches may go, by a clock of the test's own."""

from __future__ import annotations

import math

from bus.pacing import Pace

NOW = -math.inf  # ready before any time


def test_without_a_pace_nothing_waits() -> None:
    pace = Pace()
    pace.came(1_000_000, 10.0)
    pace.went(10.0)
    assert pace.ready_at <= 10.0


def test_the_first_never_waits_and_the_next_keeps_its_distance() -> None:
    pace = Pace(pace_s=0.25)
    pace.came(100, 10.0)
    assert pace.ready_at == NOW
    pace.went(10.0)
    pace.came(100, 10.01)
    assert pace.ready_at == 10.25


def test_a_rate_is_busy_from_its_threshold_on() -> None:
    for bytes_per_message, waits in ((140, False), (440, True)):
        pace = Pace(pace_s=0.02, busy_bytes_per_s=50_000)
        now = 10.0
        for _ in range(100):  # 200 a second
            now += 0.005
            pace.came(bytes_per_message, now)
            pace.went(now)
        assert (pace.ready_at > now) is waits


def test_a_burst_that_is_over_is_forgotten() -> None:
    pace = Pace(pace_s=0.02, busy_bytes_per_s=50_000)
    for n in range(100):
        pace.came(1000, 10.0 + n / 1000)
    pace.went(10.1)
    assert pace.ready_at > 10.1
    pace.came(100, 11.0)
    assert pace.ready_at == NOW


def test_enough_does_not_wait_for_more() -> None:
    pace = Pace(pace_s=0.25, enough_bytes=1000)
    pace.went(10.0)
    pace.came(600, 10.01)
    assert pace.ready_at == 10.25
    pace.came(400, 10.02)
    assert pace.ready_at == NOW
    pace.went(10.02)
    assert pace.ready_at == 10.27


def test_hurry_lets_one_batch_go() -> None:
    pace = Pace(pace_s=0.25)
    pace.went(10.0)
    pace.hurry()
    assert pace.ready_at == NOW
    pace.went(10.1)
    assert pace.ready_at == 10.35
