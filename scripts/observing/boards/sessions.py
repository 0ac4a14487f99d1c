"""The life of sessions, all of them together: no metric knows one."""

from __future__ import annotations

from scripts.observing.panels import Board, Panel, Row, high, per_second

__all__ = ["BOARD"]

BOARD = Board(
    "quizwire-sessions",
    "Quizwire: the life of sessions",
    "What sessions go through, from the first join to the podium, over all of them: no metric knows a single session. For one,"
    " search the logs for its id.",
    (
        Row(
            "Coming in",
            (
                Panel("Joins", {"{{kind}}": per_second("quizwire_joins_total", "kind")}, "ops"),
                Panel("Sessions", {"{{state}}": "max by (state) (quizwire_sessions)"}),
                Panel("Connected", {"{{role}}": "sum by (role) (quizwire_connections)"}),
            ),
        ),
        Row(
            "Questions",
            (
                Panel(
                    "Commands",
                    {
                        "{{outcome}}": 'sum by (outcome) (rate(quizwire_job_seconds_count{actor="run_session"}[$window]))'
                    },
                    "ops",
                    "Start, next, close, end and every deadline.",
                ),
                Panel(
                    "Time of a command",
                    {
                        "99 %": 'histogram_quantile(0.99, sum by (le) (rate(quizwire_job_seconds_bucket{actor="run_session"}[$window])))'
                    },
                    "s",
                    "A close waits until every accepted answer has its score.",
                ),
            ),
        ),
        Row(
            "Answers",
            (
                Panel("Answers", {"{{outcome}}": per_second("quizwire_answers_total", "outcome")}, "ops"),
                Panel(
                    "Until",
                    {
                        "acknowledged": high("quizwire_ack_seconds"),
                        "scored": high("quizwire_score_seconds"),
                        "outcome back at the gateway": high("quizwire_result_seconds"),
                        "on the board": high("quizwire_board_staleness_seconds"),
                        "in PostgreSQL": high("quizwire_keep_seconds"),
                    },
                    "s",
                    "99 % are faster.",
                ),
            ),
        ),
        Row(
            "Going out",
            (
                Panel("Frames", {"frames": per_second("quizwire_frames_sent_total")}, "ops"),
                Panel("Bytes", {"bytes": per_second("quizwire_frames_sent_bytes_total")}, "Bps"),
                Panel(
                    "Sockets that ended",
                    {"{{code}}": per_second("quizwire_websocket_closes_total", "code")},
                    "ops",
                ),
            ),
        ),
    ),
)
