"""Percentiles."""

from __future__ import annotations

from scripts.simulation.report import Latency


def test_percentiles_are_nearest_rank_in_milliseconds() -> None:
    latency = Latency.of([n / 1000 for n in range(100, 0, -1)])
    assert (latency.count, latency.p50_ms, latency.p99_ms) == (100, 50.0, 99.0)
    assert Latency.of([0.007]).p99_ms == 7.0


def test_nothing_measured_has_no_percentiles() -> None:
    assert Latency.of([]) == Latency(0, None, None)
    assert str(Latency.of([])) == "not measured"
