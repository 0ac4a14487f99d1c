"""Lets a worker process be seen: its log lines, its metrics and probes, and in the control pool what all pools share."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from dramatiq import Broker, MessageProxy, Middleware, Worker
from prometheus_client import REGISTRY

from bus.broker import JetStreamBroker
from bus.held import Held
from bus.telemetry import context, logs, traces
from bus.telemetry.exporter import Exporter, Probes
from bus.telemetry.metrics import tell_build
from bus.telemetry.settings import Settings
from workers import metrics

__all__ = ["Seen"]

METRICS_PORTS = {"scoring": 9420, "persistence": 9430, "control": 9440, "background": 9450}
"""Where metrics are served unless a setting says so; the next process on the same machine takes the next free port."""

OTHER_METRICS_PORT = 9460  # of workers that read all queues, or strange ones

log = structlog.get_logger(__name__)


class Seen(Middleware):
    """Dramatiq's hooks. `checks` are asked for `/readyz`; `watch` is started in the control pool."""

    def __init__(
        self, settings: Settings, checks: Mapping[str, Callable[[], object]], watch: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._checks = checks
        self._watch = watch
        self._probes: Probes | None = None
        self._exporter: Exporter | None = None
        self._now = threading.local()

    def after_process_boot(self, broker: Broker) -> None:
        """Dramatiq would have everything go to stderr by way of its master, as text."""
        logs.configure(self._settings.log_level, sys.__stdout__)
        logs.say_always(service="worker")
        # All that is imported lives as long as the process: no collection shall stop the threads to look at it again.
        gc.collect()
        gc.freeze()

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        """The threads run: be seen."""
        assert isinstance(broker, JetStreamBroker)
        queues = sorted(worker.consumer_whitelist or broker.queues)
        tell_build(",".join(queues))
        logs.say_always(service=",".join(queues))
        traces.configure(self._settings, ",".join(queues))
        for queue in queues:
            metrics.THREADS.labels(queue).set(worker.worker_threads)
            metrics.JOBS_RUNNING.labels(queue)
        for actor in broker.actors.values():
            if actor.queue_name in queues:  # at 0 from the start: what is not there yet has no rate
                for outcome in ("ok", "failed"):
                    metrics.JOB_SECONDS.labels(actor.queue_name, actor.actor_name, outcome)
        REGISTRY.register(metrics.Deliveries(broker.stats))
        if "control" in queues:
            self._watch()
        if not self._settings.metrics:
            return
        port = self._settings.metrics_port
        if port is None:
            port = (
                METRICS_PORTS.get(queues[0], OTHER_METRICS_PORT) if len(queues) == 1 else OTHER_METRICS_PORT
            )
        self._probes = Probes(self._checks, lambda: _is_alive(worker))
        self._exporter = Exporter(self._settings.metrics_host, port, self._probes)
        self._exporter.start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Not ready any more."""
        if self._probes is not None:
            self._probes.draining = True

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Leave the port to the next one."""
        traces.stop()
        if self._exporter is not None:
            self._exporter.stop()

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """A thread begins a call."""
        self._now.started_at = time.perf_counter()
        metrics.JOBS_RUNNING.labels(message.queue_name).inc()
        if not isinstance(message, Held):
            return
        all_headers = [delivery.headers for delivery in message.work.deliveries]
        self._now.spans = [
            span for headers in all_headers for span in traces.follow_all(message.actor_name, headers)
        ]
        if not message.batch:
            context.bind(**context.of(all_headers[0]))
        else:
            context.bind(message_ids=context.message_ids(all_headers))
        if self._now.spans:  # what is published now goes on from here
            context.bind(traceparents=[span.traceparent for span in self._now.spans])
        if message.batch:
            metrics.BATCH_MESSAGES.labels(message.queue_name).observe(len(message.work.deliveries))

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any | None = None,
        exception: BaseException | None = None,
    ) -> None:
        """… and has ended it."""
        started_at = getattr(self._now, "started_at", None)
        if started_at is None:
            return
        self._now.started_at = None
        metrics.JOBS_RUNNING.labels(message.queue_name).dec()
        metrics.JOB_SECONDS.labels(
            message.queue_name, message.actor_name, "ok" if exception is None else "failed"
        ).observe(time.perf_counter() - started_at)
        if isinstance(message, Held):
            self._tell(message, ok=exception is None)
        context.clear()

    def _tell(self, message: Held, *, ok: bool) -> None:
        """A line for each raw message, at info when it carries a trace; and the ends of the spans."""
        for span in self._now.spans:
            span.end(ok=ok, messages=len(message.work.deliveries))
        self._now.spans = []
        everything = log.isEnabledFor(logging.DEBUG)
        for delivery in message.work.deliveries:
            traceparents = context.traceparents(delivery.headers)
            if traceparents or everything:
                log.log(
                    logging.INFO if traceparents else logging.DEBUG,
                    "message_done",
                    actor=message.actor_name,
                    message_ids=context.message_ids([delivery.headers]),
                    traceparents=traceparents,
                    ok=ok,
                )

    after_skip_message = after_process_message


def _is_alive(worker: Worker) -> bool:
    """Whether every thread that should run does."""
    return all(thread.is_alive() for thread in (*worker.workers, *worker.consumers.values()))
