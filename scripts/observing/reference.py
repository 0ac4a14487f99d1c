"""docs/reference/metrics.md, from the metrics themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import NamedTuple

import prometheus_client.metrics
from prometheus_client import REGISTRY
from prometheus_client.core import Metric

import bus.telemetry.metrics
import db.metrics
import web.metrics
import workers.metrics
from workers.census import FAMILIES

__all__ = ["Described", "every_metric", "metrics_page"]

HEAD = """# Metrics

Every process serves its metrics to Prometheus at `/metrics` on a port of its own: see `QUIZWIRE_METRICS_PORT` in
[configuration](configuration.md), and [watching a site](../how-to/watch.md) for what to do with them. This page is made from
the code by `scripts/dashboards`.

Labels have few values. None is ever the id of a session, a user, a participant or anything else that grows with use. Seconds
and bytes are the only units. A histogram has `_bucket`, `_sum` and `_count` behind its name.
"""

TAIL = """
## Python's own

Every process also has `process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds`, `process_max_fds` and
`process_start_time_seconds` (Linux), and `python_gc_*`.
"""


class Described(NamedTuple):
    """One metric."""

    name: str  # as queries spell it
    kind: str
    labels: tuple[str, ...]
    text: str


def metrics_page() -> str:
    """The page, as Markdown."""
    parts = [HEAD]
    for title, metrics in every_metric().items():
        parts.append(f"\n## {title}\n\n| Metric | Type | Labels | |\n|---|---|---|---|\n")
        for metric in sorted(metrics):
            labels = ", ".join(f"`{label}`" for label in metric.labels)
            parts.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.text} |\n")
    return "".join([*parts, TAIL])


def every_metric() -> dict[str, list[Described]]:
    """All of ours, by who tells them."""
    return {
        "Every process": [*_of(bus.telemetry.metrics), *_of(db.metrics)],
        "Gateways": list(_of(web.metrics)),
        "Workers": [
            *_of(workers.metrics),
            *_described(workers.metrics.Deliveries(dict).describe()),
        ],
        "Control workers, of what all share": [
            Described(_spelled(name, kind), kind, tuple(labels), text)
            for name, (kind, text, labels) in FAMILIES.items()
        ],
    }


def _of(module: ModuleType) -> Iterator[Described]:
    for found in vars(module).values():
        if isinstance(found, prometheus_client.metrics.MetricWrapperBase):
            yield from _described(found.describe(), tuple(found._labelnames))
        elif hasattr(found, "collect") and not isinstance(found, type) and found is not REGISTRY:
            yield from _described(found.collect())


def _described(families: Iterable[Metric], labels: tuple[str, ...] = ()) -> Iterator[Described]:
    for family in families:
        names = labels or tuple(getattr(family, "_labelnames", ()))
        yield Described(_spelled(family.name, family.type), family.type, names, family.documentation)


def _spelled(name: str, kind: str) -> str:
    return name + {"counter": "_total", "info": "_info"}.get(kind, "")
