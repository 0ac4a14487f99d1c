"""The gateways: sockets, frames, event loops, requests."""

from __future__ import annotations

from scripts.observing.panels import Board, Panel, Row, high, per_second

__all__ = ["BOARD"]

WEB = '{service="web"}'
OF_WEB = f"* on (instance) group_left () quizwire_build_info{WEB}"

BOARD = Board(
    "quizwire-gateways",
    "Quizwire: gateways",
    "The web processes: their sockets, what they write, how late they are, and the REST API.",
    (
        Row(
            "Sockets",
            (
                Panel("Connections", {"{{instance}}": "sum by (instance) (quizwire_connections)"}),
                Panel(
                    "Sockets that ended",
                    {"{{code}}": per_second("quizwire_websocket_closes_total", "code")},
                    "ops",
                    "4001 drain, 4008 too slow, 4009 silent, 4429 too many messages, 4505 end of the session; `gone` left",
                ),
                Panel("Rooms", {"{{state}}": "sum by (state) (quizwire_rooms)"}),
                Panel(
                    "Leaving",
                    {"{{instance}}": "quizwire_draining"},
                    text="1 while a node sends its participants elsewhere",
                ),
            ),
        ),
        Row(
            "Fan-out",
            (
                Panel(
                    "Frames", {"{{instance}}": per_second("quizwire_frames_sent_total", "instance")}, "ops"
                ),
                Panel(
                    "Bytes",
                    {"{{instance}}": per_second("quizwire_frames_sent_bytes_total", "instance")},
                    "Bps",
                ),
                Panel(
                    "Frames not written",
                    {"{{instance}}": per_second("quizwire_frames_skipped_total", "instance")},
                    "ops",
                    "The peer was too slow: it gets the board later, or is closed and comes back.",
                ),
                Panel(
                    "Board staleness",
                    {
                        "half": high("quizwire_board_staleness_seconds", 0.5),
                        "99 %": high("quizwire_board_staleness_seconds"),
                    },
                    "s",
                ),
            ),
        ),
        Row(
            "Answers",
            (
                Panel(
                    "Acknowledged after",
                    {"half": high("quizwire_ack_seconds", 0.5), "99 %": high("quizwire_ack_seconds")},
                    "s",
                    "The disk of NATS is most of it.",
                ),
                Panel(
                    "Answers in one message",
                    {
                        "mean": "sum(rate(quizwire_submission_group_size_sum[$window]))"
                        " / sum(rate(quizwire_submission_group_size_count[$window]))"
                    },
                    text="Grows under load: that is what keeps it bearable.",
                ),
                Panel("Answers waiting", {"{{instance}}": "quizwire_outbox_waiting"}),
                Panel(
                    "Messages received",
                    {"{{instance}}": per_second("quizwire_messages_received_total", "instance")},
                    "ops",
                ),
            ),
        ),
        Row(
            "REST",
            (
                Panel(
                    "Requests by route",
                    {
                        "{{method}} {{route}}": f"topk(10, {per_second('quizwire_http_request_seconds_count', 'method, route')})"
                    },
                    "reqps",
                ),
                Panel(
                    "Slowest routes",
                    {
                        "{{method}} {{route}}": f"topk(10, {high('quizwire_http_request_seconds', 0.99, 'method, route')})"
                    },
                    "s",
                    "99 % are faster. Commands to a session wait for a worker.",
                ),
                Panel("Joins", {"{{kind}}": per_second("quizwire_joins_total", "kind")}, "ops"),
            ),
        ),
        Row(
            "Processes",
            (
                Panel(
                    "Event-loop lag",
                    {"{{instance}}": high("quizwire_event_loop_lag_seconds", 0.99, "instance")},
                    "s",
                    "Above 50 ms something blocks the loop, or the process needs a core of its own.",
                ),
                Panel(
                    "CPU",
                    {"{{instance}}": f"rate(process_cpu_seconds_total[$window]) {OF_WEB}"},
                    "percentunit",
                ),
                Panel("Memory", {"{{instance}}": f"process_resident_memory_bytes {OF_WEB}"}, "bytes"),
                Panel(
                    "Open files",
                    {"{{instance}}": f"process_open_fds {OF_WEB}", "limit": f"min(process_max_fds {OF_WEB})"},
                ),
            ),
        ),
    ),
)
