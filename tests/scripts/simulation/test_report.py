"""Percentiles, and what people read."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from scripts.simulation.record import Record
from scripts.simulation.report import Latency, measure


def test_percentiles_are_nearest_rank_in_milliseconds() -> None:
    latency = Latency.of([n / 1000 for n in range(100, 0, -1)])
    assert (latency.count, latency.p50_ms, latency.p99_ms) == (100, 50.0, 99.0)
    assert Latency.of([0.007]).p99_ms == 7.0


def test_nothing_measured_has_no_percentiles() -> None:
    assert Latency.of([]) == Latency(0, None, None)
    assert str(Latency.of([])) == "not measured"


def test_one_is_not_many_and_closes_are_told_in_words() -> None:
    record = Record("p1", "Ann", 0)
    record.closes += [None, 4505]
    report = measure(
        [record], None, session={"id": "s", "pacing": "self"}, closed_at={}, wall_s=1.0, questions=1
    )
    assert str(Latency.of([0.007])).endswith("· 1 sample")
    assert report.closed_because == "1 × network lost, 1 × session ended (4505)"
    assert report.closes == {"network": 1, "4505": 1}
    shown = StringIO()
    report.show(Console(file=shown, width=120))
    assert "1 question, 1 participant, self pacing" in shown.getvalue()
    assert "session ended (4505)" in shown.getvalue()
