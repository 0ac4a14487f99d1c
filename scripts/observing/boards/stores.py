"""PostgreSQL, Redis, NATS, disk."""

from __future__ import annotations

from scripts.observing.panels import Board, Panel, Row, high, per_second, share

__all__ = ["BOARD"]

HITS = "max(rate(quizwire_redis_keyspace_hits_total[$window]))"
MISSES = "max(rate(quizwire_redis_keyspace_misses_total[$window]))"

BOARD = Board(
    "quizwire-stores",
    "Quizwire: data stores",
    "PostgreSQL, Redis, NATS and disk, as the control workers and every process see them.",
    (
        Row(
            "Is it there",
            (
                Panel("Answers the control workers", {"{{name}}": "min by (name) (quizwire_dependency_up)"}),
                Panel(
                    "Processes connected to NATS",
                    {
                        "connected": "sum(quizwire_nats_connected)",
                        "processes": "count(quizwire_nats_connected)",
                    },
                ),
            ),
        ),
        Row(
            "PostgreSQL",
            (
                Panel(
                    "Connections",
                    {
                        "{{state}}": "max by (state) (quizwire_postgres_connections)",
                        "limit": "max(quizwire_postgres_connections_limit)",
                    },
                ),
                Panel(
                    "Pools",
                    {
                        "in use": "sum(quizwire_postgres_pool_in_use)",
                        "of": "sum(quizwire_postgres_pool_size)",
                        "lost": per_second("quizwire_postgres_lost_connections_total"),
                        "waited in vain": per_second("quizwire_postgres_pool_exhausted_total"),
                    },
                ),
                Panel(
                    "Time of a statement",
                    {"{{kind}}": high("quizwire_postgres_statement_seconds", 0.99, "kind")},
                    "s",
                    "99 % are faster.",
                ),
                Panel(
                    "Statements",
                    {"{{kind}}": per_second("quizwire_postgres_statement_seconds_count", "kind")},
                    "ops",
                ),
                Panel("Size", {"database": "max(quizwire_postgres_database_bytes)"}, "bytes"),
            ),
        ),
        Row(
            "Redis",
            (
                Panel(
                    "Memory",
                    {
                        "used": "max(quizwire_redis_memory_bytes)",
                        "limit": "max(quizwire_redis_memory_limit_bytes)",
                    },
                    "bytes",
                    "At the limit writes are refused.",
                ),
                Panel("Keys found", {"share": share(HITS, f"({HITS} + {MISSES})")}, "percentunit"),
                Panel(
                    "Commands and clients",
                    {
                        "commands a second": "max(rate(quizwire_redis_commands_total[$window]))",
                        "clients": "max(quizwire_redis_clients)",
                    },
                ),
                Panel(
                    "Time of a script",
                    {"{{script}}": high("quizwire_redis_script_seconds", 0.99, "script")},
                    "s",
                    "99 % of the round trips are faster.",
                ),
                Panel(
                    "Keys thrown away",
                    {"evicted": "max(quizwire_redis_evicted_keys_total)"},
                    text="Must stay 0: noeviction.",
                ),
            ),
        ),
        Row(
            "NATS",
            (
                Panel("Messages", {"{{stream}}": "max by (stream) (quizwire_stream_messages)"}),
                Panel(
                    "Size",
                    {
                        "{{stream}}": "max by (stream) (quizwire_stream_bytes)",
                        "all of the account": "max(quizwire_jetstream_storage_bytes)",
                    },
                    "bytes",
                ),
                Panel(
                    "Connections lost and restored",
                    {
                        "lost": per_second("quizwire_nats_disconnects_total"),
                        "restored": per_second("quizwire_nats_reconnects_total"),
                        "messages dropped": per_second("quizwire_nats_dropped_messages_total"),
                    },
                    "ops",
                ),
            ),
        ),
        Row(
            "Disk",
            (
                Panel(
                    "Free",
                    {"{{folder}}": "min by (folder) (quizwire_disk_free_bytes / quizwire_disk_size_bytes)"},
                    "percentunit",
                ),
            ),
        ),
    ),
)
