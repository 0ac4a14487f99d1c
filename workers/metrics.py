"""What a worker process tells of its pool. Labels have few values, and never an id."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from bus.telemetry.metrics import LATENCY_S

__all__ = [
    "ANSWERS_KEPT",
    "ANSWERS_SCORED",
    "BATCH_ANSWERS",
    "BATCH_MESSAGES",
    "JOBS_RUNNING",
    "JOB_SECONDS",
    "KEEP_SECONDS",
    "SCORE_SECONDS",
    "THREADS",
    "Deliveries",
]

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384)

THREADS = Gauge("quizwire_worker_threads", "Threads of this process that work on a queue", ["queue"])
JOBS_RUNNING = Gauge("quizwire_jobs_running", "Calls of actors that are under way", ["queue"])
JOB_SECONDS = Histogram(
    "quizwire_job_seconds",
    "Time of one call of an actor: one message, or one batch; outcome ok or failed",
    ["queue", "actor", "outcome"],
    buckets=LATENCY_S,
)
BATCH_MESSAGES = Histogram(
    "quizwire_batch_messages", "Raw messages in one batch", ["queue"], buckets=(1, 2, 4, 8, 16, 32, 64)
)
BATCH_ANSWERS = Histogram("quizwire_batch_answers", "Answers in one batch", ["queue"], buckets=_SIZES)
ANSWERS_SCORED = Counter(
    "quizwire_answers_scored", "Answers recorded in Redis, those recorded before included"
)
ANSWERS_KEPT = Counter("quizwire_answers_kept", "Answers stored in PostgreSQL, those stored before included")
SCORE_SECONDS = Histogram(
    "quizwire_score_seconds",
    "From an answer's frame to its record in Redis: of each batch the oldest. By the clocks of two machines",
    buckets=LATENCY_S,
)
KEEP_SECONDS = Histogram(
    "quizwire_keep_seconds",
    "From an answer's frame to its row in PostgreSQL: of each batch the oldest. By the clocks of two machines",
    buckets=LATENCY_S,
)


class Deliveries(Collector):
    """The broker's own counts: what became of the messages that this process was given."""

    def __init__(self, stats: Callable[[], Mapping[str, Mapping[str, int]]]) -> None:
        self._stats = stats

    def describe(self) -> Iterator[Metric]:
        """The family, empty."""
        yield self._family()

    def collect(self) -> Iterator[Metric]:
        """The counts as they are now."""
        family = self._family()
        for queue, counts in self._stats().items():
            for outcome, count in counts.items():
                family.add_metric([queue, outcome], count)
        yield family

    def _family(self) -> CounterMetricFamily:
        return CounterMetricFamily(
            "quizwire_deliveries",
            "Messages by what became of them: delivered (redelivered among them), acked, retried, postponed, split,"
            " suspected, dead, handed_back",
            labels=["queue", "outcome"],
        )
