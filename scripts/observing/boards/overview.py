"""Is the site well? What to look at first."""

from __future__ import annotations

from scripts.observing.panels import Board, Panel, Row, high, per_second, share

__all__ = ["BOARD"]

REQUESTS = "quizwire_http_request_seconds_count"

BOARD = Board(
    "quizwire-overview",
    "Quizwire: overview",
    "Is the site well? From here on to gateways, workers, data stores and the life of sessions.",
    (
        Row(
            "Now",
            (
                Panel(
                    "Connected participants",
                    {"": 'sum(quizwire_connections{role="participant"})'},
                    single=True,
                ),
                Panel("Sessions", {"": "sum(max by (state) (quizwire_sessions))"}, single=True),
                Panel("Answers", {"": per_second("quizwire_answers_total")}, "ops", single=True),
                Panel(
                    "Failed requests",
                    {
                        "": share(
                            f'sum(rate({REQUESTS}{{status="5xx"}}[$window]))',
                            f"sum(rate({REQUESTS}[$window]))",
                        )
                    },
                    "percentunit",
                    single=True,
                ),
                Panel("Dead letters", {"": "sum(max by (queue) (quizwire_dead_letters))"}, single=True),
                Panel(
                    "Servers that answer",
                    {"": "sum(min by (name) (quizwire_dependency_up))"},
                    text="NATS, Redis, PostgreSQL, disk, and certificates where they are watched",
                    single=True,
                ),
            ),
        ),
        Row(
            "What people feel",
            (
                Panel(
                    "How long an answer takes",
                    {
                        "acknowledged": high("quizwire_ack_seconds"),
                        "outcome known": high("quizwire_result_seconds"),
                        "on the board": high("quizwire_board_staleness_seconds"),
                    },
                    "s",
                    "99 % are faster. Acknowledged means on disk. Boards move at most five times a second.",
                ),
                Panel(
                    "Answers",
                    {"{{outcome}}": per_second("quizwire_answers_total", "outcome")},
                    "ops",
                ),
                Panel(
                    "Connections",
                    {"{{role}}": "sum by (role) (quizwire_connections)"},
                    text="A cliff is a node that died; everybody should be back within seconds.",
                ),
            ),
        ),
        Row(
            "What could be behind it",
            (
                Panel(
                    "Oldest message of each queue",
                    {"{{queue}}": "max by (queue) (quizwire_queue_oldest_seconds)"},
                    "s",
                    "Seconds here are seconds that somebody waits. Growing: too few workers, or none.",
                ),
                Panel("Requests", {"{{status}}": per_second(REQUESTS, "status")}, "reqps"),
                Panel(
                    "CPU of each process",
                    {"{{process}} {{instance}}": "rate(process_cpu_seconds_total[$window])"},
                    "percentunit",
                    "A gateway or worker at 100 % is at its end: start another one.",
                ),
            ),
        ),
    ),
)
