"""What is wanted of every path, in the order in which the page of figures shows it.

A bench hands in its figures by the names that are written here (`Bench.judge`).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ROWS", "WANTED", "Row", "Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One figure of a bench, and its limit."""

    bench: str
    what: str
    limit: float | None = None  # None: there to be known
    at_least: bool = True  # else: at most
    unit: str = "x"


@dataclass(frozen=True, slots=True)
class Row:
    """What people would notice, and the figures that tell."""

    name: str
    wanted: tuple[Wanted, ...]


def _at_most(bench: str, what: str, limit: float, unit: str) -> Wanted:
    return Wanted(bench, what, limit, at_least=False, unit=unit)


def _clean(shape: str) -> Wanted:
    return _at_most("session", f"{shape}: errors, sessions not clean", 0, "")


def _sessions(shape: str, ack_ms: float) -> tuple[Wanted, ...]:
    return (
        _at_most("session", f"{shape}: ack p99", ack_ms, "ms"),
        _at_most("session", f"{shape}: CPU of 1,000 answers, all our processes", 0.4, "s"),
        _clean(shape),
    )


def _burst(shape: str) -> tuple[Wanted, ...]:
    return Wanted("session", f"{shape}: answers a second", 9000, unit="answers/s"), _clean(shape)


ROWS = (
    Row(
        "Fan-out of a 400-byte frame, one gateway process, 500 connections",
        (
            Wanted("fanout", "500 connections, of plain TCP", 0.85),
            Wanted("fanout", "500 connections, of socket.io", 1.6),
        ),
    ),
    Row(
        "… 2,000 connections",
        (
            Wanted("fanout", "2000 connections, of plain TCP", 0.85),
            Wanted("fanout", "2000 connections, of socket.io", 2.0),
        ),
    ),
    Row(
        "The last participant has the frame",
        (
            _at_most("fanout", "last of 500 has the frame", 10, "ms"),
            _at_most("fanout", "last of 5000 has the frame", 60, "ms"),
        ),
    ),
    Row(
        "Ingest: answer frame in, ack out, validated and metered, stub bus",
        (
            Wanted("ingest", "of natural Quart", 1.3),
            Wanted("ingest", "of socket.io (to aim at)", 1.0),
        ),
    ),
    Row(
        "Broker, no-op actor, one process",
        (
            Wanted("broker", "batches, of plain nats-py, fetch(256) + ack", 0.85),
            Wanted("broker", "batches, of Dramatiq, RedisBroker", 4.0),
            Wanted("broker", "batches, of taskiq-nats", 2.5),
            Wanted("broker", "batches, of Celery on Redis", 15.0),
            Wanted("broker", "batches from a short queue, of taskiq-nats"),
            Wanted("broker", "batches from a short queue, of Celery on Redis"),
            Wanted("broker", "batches, nothing deleted, of taskiq-nats"),
        ),
    ),
    Row(
        "Scoring, whole actor (decode, rules, Lua, publish), one process",
        (
            Wanted("scoring", "of the same work on a plain consumer", 0.8),
            Wanted("scoring", "of Celery's no-op, per CPU second", 40.0),
            Wanted("scoring", "CPU of Redis for an answer, of redis-benchmark's pipelined ZINCRBY"),
        ),
    ),
    Row("Batch of 256 against batches of 1", (Wanted("scoring", "batches of 256 of batches of 1", 15.0),)),
    Row("Persisting 1,000 rows", (Wanted("insert", "1,000 rows, of peewee insert_many", 3.0),)),
    Row(
        "Publish → score → result",
        (
            _at_most("scoring", "publish to result, 200 a second: p99", 5, "ms"),
            _at_most("scoring", "publish to result, half of saturation: p99", 50, "ms"),
        ),
    ),
    Row(
        "Join storm: 5,000 participants, REST join plus WebSocket hello",
        (
            Wanted("join", "joins a second", 1350, unit="joins/s"),
            # twice what was found when it was first measured, 192
            Wanted("join", "joins for a second of a gateway's core", 385, unit="joins"),
        ),
    ),
    Row(
        "One session x 500, everybody answers within 1 s, whole system",
        (
            *_sessions("1 x 500 within 1 s", 10),
            _at_most("session", "1 x 500 within 1 s: last result after the last answer", 50, "ms"),
            _at_most("session", "1 x 500 within 1 s: last board after the last answer", 50, "ms"),
        ),
    ),
    Row("One session x 2,000, the same", _sessions("1 x 2000 within 1 s", 50)),
    Row("20 sessions x 100, the same", _sessions("20 x 100 within 1 s", 50)),
    Row(
        "Bursts: everybody answers within 0.1 s",
        (*_burst("1 x 2000 within 0.1 s"), *_burst("20 x 100 within 0.1 s")),
    ),
    Row(
        "Memory of a connected participant in a room",
        (_at_most("join", "memory of a participant", 40, "KB"),),
    ),
    Row(
        "4 and 16 sessions x 500, 500 answers a second: all through",
        (_clean("4 x 500 within 4 s"), _clean("16 x 500 within 16 s")),
    ),
    Row(
        "A board frame with one changed entry: CPU besides the write to each socket",
        (_at_most("board", "a room of 2,000, of one of 100", 1.5, "x"),),
    ),
)

WANTED = {(one.bench, one.what): one for row in ROWS for one in row.wanted}
