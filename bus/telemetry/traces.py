"""Traces with OpenTelemetry: one answer, or one request, through all processes. Off unless a setting says where to.

While it is off, `tracing()` is None and OpenTelemetry is not imported. A trace begins at a gateway, for one answer or
request in so many. It travels in the headers of messages, several in one where a message carries several answers; who is
handed one goes on with it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bus.telemetry import context
from bus.telemetry.settings import SettingInvalid, Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

__all__ = ["Span", "Tracing", "configure", "follow_all", "note", "require", "stop", "tracing"]

EXPORT_EVERY_MS = 1000

_tracing: Tracing | None = None


def tracing() -> Tracing | None:
    """What makes the spans of this process; None while traces are off."""
    return _tracing


def require(settings: Settings) -> None:
    """Raise SettingInvalid when there shall be traces, and OpenTelemetry is not there."""
    if settings.traces and find_spec("opentelemetry.sdk") is None:
        raise SettingInvalid(
            "QUIZWIRE_TRACES is set, but OpenTelemetry is not installed: pip install 'quizwire[tracing]'"
        )


def configure(settings: Settings, service: str) -> None:
    """Trace from now on, if the settings say so; after the fork. Raises what `require` raises."""
    global _tracing
    require(settings)
    if settings.traces:
        _tracing = Tracing(_provider(settings.traces, service), settings.trace_sample)


def stop() -> None:
    """Send what is still here."""
    global _tracing
    stopped, _tracing = _tracing, None
    if stopped is not None:
        stopped.provider.shutdown()


def follow_all(name: str, headers: Mapping[str, str] | None) -> list[Span]:
    """Go on with every trace that a message carries; with none while traces are off."""
    if _tracing is None or not headers:
        return []
    return [_tracing.follow(name, traceparent) for traceparent in context.traceparents(headers)]


def note(name: str, traceparent: str | None) -> None:
    """A moment in a trace; nothing without one."""
    if _tracing is not None and traceparent is not None:
        _tracing.follow(name, traceparent).end()


class Span:
    """One piece of work in one trace; ends once."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: Any) -> None:
        self._span = span
        found = span.get_span_context()
        self.traceparent = f"00-{found.trace_id:032x}-{found.span_id:016x}-01"  # as W3C has it

    def end(self, **attributes: str | int | bool) -> None:
        """It is done; attributes name nobody."""
        self._span.set_attributes(attributes)
        self._span.end()


class Tracing:
    """Makes spans. `sample` is the share of answers and requests that are traced, from 0 to 1."""

    def __init__(self, provider: TracerProvider, sample: float) -> None:
        from opentelemetry import trace

        self.provider = provider
        self.sample = sample
        self._api = trace
        self._tracer = provider.get_tracer("quizwire")

    def begin(self, name: str) -> Span | None:
        """A new trace, or None for what is not sampled."""
        return None if random.random() >= self.sample else Span(self._tracer.start_span(name))

    def follow(self, name: str, traceparent: str) -> Span:
        """Go on with a trace."""
        _, trace_id, span_id, _ = traceparent.split("-")
        parent = self._api.SpanContext(
            int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=self._api.TraceFlags(1)
        )
        under = self._api.set_span_in_context(self._api.NonRecordingSpan(parent))
        return Span(self._tracer.start_span(name, under))


def _provider(where: str, service: str) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"quizwire-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(_exporter(where), schedule_delay_millis=EXPORT_EVERY_MS))
    return provider


def _exporter(where: str) -> Any:
    if where.startswith("file:"):
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        lines = Path(where.removeprefix("file:")).open("a")  # for as long as the process lives  # noqa: SIM115
        return ConsoleSpanExporter(out=lines, formatter=lambda span: span.to_json(indent=None) + "\n")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=f"{where.rstrip('/')}/v1/traces", timeout=5)
