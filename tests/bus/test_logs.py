"""Log lines: one JSON object each, with ids and without anything of somebody's."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bus.errors import PublishTimeout
from bus.telemetry import context, logs


@pytest.fixture
def lines() -> Iterator[Any]:
    """`lines()` gives what was logged since; the test run's own logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("debug", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    context.clear()


def test_ours_and_the_libraries_lines_look_alike(lines: Any) -> None:
    context.bind(request_id="r1", session_id=None)
    structlog.get_logger("ours").warning("something", answers=3)
    logging.getLogger("theirs").info("and %s", "another")
    ours, theirs = lines()
    assert (ours["event"], ours["answers"], theirs["event"]) == ("something", 3, "and another")
    for line in (ours, theirs):
        assert line["request_id"] == "r1" and "session_id" not in line
        assert line.keys() >= {"level", "logger", "timestamp"}


def test_an_exception_is_told_by_kind_and_place_only(lines: Any) -> None:
    password = "hunter2"
    try:
        try:
            raise ValueError(f"bad {password}")
        except ValueError as error:
            raise RuntimeError(password) from error
    except RuntimeError:
        structlog.get_logger("ours").exception("failed")
        logging.getLogger("theirs").exception("failed")
    for line in lines():
        assert line["error"] == "RuntimeError < ValueError"
        assert line["at"][-1].endswith("test_an_exception_is_told_by_kind_and_place_only")
        assert password not in json.dumps(line)


def test_what_we_wrote_ourselves_is_told(lines: Any) -> None:
    try:
        raise PublishTimeout("no PubAck within 5 s")
    except PublishTimeout:
        structlog.get_logger("ours").exception("failed")
    assert lines()[0]["reason"] == "no PubAck within 5 s"


def test_ids_travel_in_headers_and_back() -> None:
    context.bind(request_id="r1", session_id="s1", message_ids=["m1", "m2"])
    headers = context.headers() | {"Nats-Msg-Id": "m3"}
    context.clear()
    assert context.headers() == {}
    assert context.of(headers) == {
        "request_id": "r1",
        "session_id": "s1",
        "message_ids": ["m1", "m2", "m3"],
        "traceparents": [],
    }


def test_headers_of_strangers_are_not_believed() -> None:
    bad = {"Quizwire-Request": "a b", "Quizwire-Session": "x" * 101, "Quizwire-Messages": "ok,bad id,"}
    assert context.of(bad) == {
        "request_id": None,
        "session_id": None,
        "message_ids": ["ok"],
        "traceparents": [],
    }
