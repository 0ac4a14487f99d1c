"""What a process does to PostgreSQL and Redis. Labels have few values, and never an id."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

__all__ = [
    "LOST_CONNECTIONS",
    "POOL_EXHAUSTED",
    "POOL_IN_USE",
    "POOL_SIZE",
    "SCRIPT_SECONDS",
    "STATEMENT_SECONDS",
    "statement_kind",
]

_LATENCY_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)

STATEMENT_SECONDS = Histogram(
    "quizwire_postgres_statement_seconds",
    "Time of one statement, by its first word",
    ["kind"],
    buckets=_LATENCY_S,
)
POOL_SIZE = Gauge("quizwire_postgres_pool_size", "Connections to PostgreSQL that this process may open")
POOL_IN_USE = Gauge("quizwire_postgres_pool_in_use", "Connections to PostgreSQL that somebody works with now")
POOL_EXHAUSTED = Counter(
    "quizwire_postgres_pool_exhausted", "Calls that got no connection within ten seconds: all were busy"
)
LOST_CONNECTIONS = Counter(
    "quizwire_postgres_lost_connections", "Connections to PostgreSQL that were dead when they were used"
)
SCRIPT_SECONDS = Histogram(
    "quizwire_redis_script_seconds",
    "Time of one round trip that runs Lua scripts in Redis, by script",
    ["script"],
    buckets=_LATENCY_S,
)

_KINDS = {
    kind: STATEMENT_SECONDS.labels(kind)
    for kind in ("select", "insert", "update", "delete", "copy", "with", "other")
}


def statement_kind(sql: object) -> Histogram:
    """The histogram of a statement, by its first word."""
    text = sql if isinstance(sql, str) else ""
    return _KINDS.get(text[:16].lstrip().partition(" ")[0].lower(), _KINDS["other"])
