"""Traces: across a message, and not at all while they are off."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bus.telemetry import context, traces
from bus.telemetry.settings import SettingInvalid, Settings
from bus.telemetry.traces import Tracing

ROOT = Path(__file__).parents[2]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Everything is traced, into memory."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(traces, "_tracing", Tracing(provider, 1.0))
    yield exporter
    context.clear()


def test_a_message_carries_several_traces_on(spans: InMemorySpanExporter) -> None:
    tracing = traces.tracing()
    assert tracing is not None
    begun = [tracing.begin("answer"), tracing.begin("answer")]
    context.bind(traceparents=[span.traceparent for span in begun if span])
    headers = context.headers()
    context.clear()
    followed = traces.follow_all("score", headers)
    for span in [*followed, *filter(None, begun)]:
        span.end(answers=2)
    finished = spans.get_finished_spans()
    parents = {span.context.span_id: span.context.trace_id for span in finished if span.name == "answer"}
    scored = [span for span in finished if span.name == "score"]
    assert len(scored) == len(parents) == 2
    for span in scored:
        assert span.parent is not None and span.parent.is_remote
        assert parents[span.parent.span_id] == span.context.trace_id
        assert span.attributes == {"answers": 2}


@pytest.mark.parametrize("text", ["", "00-0-0-01", "garbage", f"00-{'a' * 32}-{'b' * 16}-00"])
def test_what_is_no_trace_is_left_alone(spans: InMemorySpanExporter, text: str) -> None:
    assert traces.follow_all("score", {"Quizwire-Traces": text}) == []


def test_no_more_than_sixteen_travel_in_one_message() -> None:
    many = ",".join(f"00-{number:032x}-{number:016x}-01" for number in range(1, 40))
    assert len(context.traceparents({context.TRACES: many})) == 16


def test_the_share_that_is_asked_for_is_sampled(spans: InMemorySpanExporter) -> None:
    tracing = traces.tracing()
    assert tracing is not None
    tracing.sample = 0.0
    assert tracing.begin("answer") is None
    tracing.sample = 1.0
    assert tracing.begin("answer") is not None


def test_while_they_are_off_nothing_is_made_and_nothing_imported() -> None:
    code = """
import sys
from bus.telemetry import traces
from bus.telemetry.settings import Settings
import web.app, workers.main
traces.configure(Settings(), "web")
assert traces.tracing() is None
assert traces.follow_all("x", {"Quizwire-Traces": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"}) == []
assert "opentelemetry.sdk.trace" not in sys.modules  # redis-py imports the rest where it is installed
"""
    environment = {"DATABASE_URL": "postgresql://u:p@127.0.0.1/d", "PATH": ""}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)


@pytest.mark.parametrize(
    "variables",
    [{"QUIZWIRE_TRACES": "yes"}, {"QUIZWIRE_TRACES_SAMPLE": "2"}, {"QUIZWIRE_TRACES_SAMPLE": "x"}],
)
def test_settings_that_make_no_sense_are_refused(variables: dict[str, str]) -> None:
    with pytest.raises(SettingInvalid, match=next(iter(variables))):
        Settings.from_environment(variables)
