"""What the processes tell Prometheus is what has happened."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.stack import Stack
from tests.test_metrics import LABELS


@pytest.fixture(autouse=True)
def seen(stack: Stack) -> None:
    """The test before may have killed somebody, who is only just starting again."""
    stack.wait_seen()


Sample = tuple[str, tuple[tuple[str, str], ...]]


def scrape(stack: Stack) -> Counter[Sample]:
    """Every sample of every process of a kind, added up."""
    found: Counter[Sample] = Counter()
    for port in stack.metrics.values():
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
            for family in text_string_to_metric_families(reply.read().decode()):
                for sample in family.samples:
                    found[sample.name, tuple(sorted(sample.labels.items()))] += sample.value
    return found


def of(found: Counter[Sample], name: str, **labels: str) -> float:
    wanted = labels.items()
    return sum(
        value for (known, own), value in found.items() if known == name and wanted <= dict(own).items()
    )


def scrape_when_all_have_left(stack: Stack) -> Counter[Sample]:
    """The samples once the gateways have seen the last socket go, or what there is after a while."""
    deadline = time.monotonic() + 15
    while of(found := scrape(stack), "quizwire_connections") and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


async def test_the_numbers_are_those_of_the_ledger(stack: Stack, simulate: Callable[..., Any]) -> None:
    """One session in host pacing over two gateways, counted by every pool."""
    before = scrape(stack)
    during: list[Counter[Sample]] = []

    async def look(index: int) -> None:
        if index == 1:
            during.append(scrape(stack))

    report = await simulate(on_question=look, participants=30, questions=3)
    assert report.clean, report
    after = await asyncio.to_thread(scrape_when_all_have_left, stack)
    change = Counter(after)
    change.subtract(before)
    answers = report.verdict.stored
    assert answers == 90
    assert of(change, "quizwire_answers_total", outcome="accepted") == answers
    assert of(change, "quizwire_answers_total") == answers
    assert of(change, "quizwire_submission_group_size_sum") == answers
    assert of(change, "quizwire_answers_scored_total") == answers
    assert of(change, "quizwire_answers_kept_total") == answers
    assert of(change, "quizwire_batch_answers_sum", queue="scoring") == answers
    assert of(change, "quizwire_joins_total", kind="guest") == 30
    assert of(change, "quizwire_job_seconds_count", actor="score_answers", outcome="ok") > 0
    assert of(change, "quizwire_job_seconds_count", outcome="failed") == 0
    assert of(change, "quizwire_deliveries_total", queue="scoring", outcome="acked") == of(
        change, "quizwire_batch_messages_sum", queue="scoring"
    )
    for name in ("ack", "result", "board_staleness", "score", "keep", "event_loop_lag"):
        assert of(change, f"quizwire_{name}_seconds_count") > 0, name
    assert of(change, "quizwire_frames_sent_total") >= report.frames - 31
    assert of(change, "quizwire_frames_sent_bytes_total") > 100 * report.frames
    assert of(change, "quizwire_websocket_closes_total", code="4505") >= 30
    assert of(change, "quizwire_redis_script_seconds_count", script="record") > 0
    assert of(change, "quizwire_postgres_statement_seconds_count", kind="copy") > 0
    assert of(change, "quizwire_http_request_seconds_count", route="/users/quizzes/<quiz_id>/join") == 30
    assert of(after, "quizwire_connections") == 0
    assert of(during[0], "quizwire_connections", role="participant") == 30
    assert of(during[0], "quizwire_nats_connected") == 6


def test_no_process_tells_anything_that_grows_with_use(stack: Stack) -> None:
    """After all that this stack has played: no id in any value, and few series."""
    found = scrape(stack)
    for name, labels in found:
        for label, value in labels:
            if name.startswith("quizwire_"):
                assert label in LABELS | {"le", "version", "python", "service"}, name
            assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{16}", value), (name, label, value)
    assert len(found) < 3000


def test_workers_say_whether_they_are_alive_and_ready(stack: Stack) -> None:
    for name in ("scoring", "persistence", "control", "background"):
        for path in ("livez", "readyz"):
            with urlopen(f"http://127.0.0.1:{stack.metrics[name]}/{path}", timeout=5) as reply:
                assert reply.status == 200, (name, path)
