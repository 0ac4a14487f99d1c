"""The worker pools and their queues."""

from __future__ import annotations

from scripts.observing.panels import Board, Panel, Row, high, per_second

__all__ = ["BOARD"]

OF_WORKERS = '* on (instance) group_left (service) quizwire_build_info{service!="web"}'

BOARD = Board(
    "quizwire-workers",
    "Quizwire: workers",
    "The pools, each with its queue: what waits, what is in work, what fails.",
    (
        Row(
            "Queues",
            (
                Panel("Not done", {"{{queue}}": "max by (queue) (quizwire_queue_depth)"}),
                Panel("Oldest message", {"{{queue}}": "max by (queue) (quizwire_queue_oldest_seconds)"}, "s"),
                Panel("In work", {"{{queue}}": "max by (queue) (quizwire_queue_in_flight)"}),
                Panel(
                    "Came again",
                    {"{{queue}}": "max by (queue) (quizwire_queue_redelivered)"},
                    text="In work for the second time or more: a worker died, or was silent too long.",
                ),
            ),
        ),
        Row(
            "Pools",
            (
                Panel("Threads", {"{{queue}}": "sum by (queue) (quizwire_worker_threads)"}),
                Panel("Busy threads", {"{{queue}}": "sum by (queue) (quizwire_jobs_running)"}),
                Panel(
                    "Paused",
                    {"{{queue}}": "max by (queue) (quizwire_queue_paused)"},
                    text="1: takes messages and hands none out. `quizwire pools resume`",
                ),
                Panel("Dead letters", {"{{queue}}": "max by (queue) (quizwire_dead_letters)"}),
            ),
        ),
        Row(
            "Work",
            (
                Panel(
                    "Calls",
                    {"{{actor}} {{outcome}}": per_second("quizwire_job_seconds_count", "actor, outcome")},
                    "ops",
                ),
                Panel(
                    "Time of a call",
                    {"{{actor}}": high("quizwire_job_seconds", 0.99, "actor")},
                    "s",
                    "99 % are faster.",
                ),
                Panel(
                    "Messages by what became of them",
                    {"{{queue}} {{outcome}}": per_second("quizwire_deliveries_total", "queue, outcome")},
                    "ops",
                ),
            ),
        ),
        Row(
            "Answers",
            (
                Panel(
                    "Answers",
                    {
                        "scored": per_second("quizwire_answers_scored_total"),
                        "kept": per_second("quizwire_answers_kept_total"),
                    },
                    "ops",
                ),
                Panel(
                    "From the frame",
                    {
                        "to the score": high("quizwire_score_seconds"),
                        "to the row": high("quizwire_keep_seconds"),
                    },
                    "s",
                    "The oldest answer of each batch, 99 % are faster; by the clocks of two machines.",
                ),
                Panel(
                    "Answers in one batch",
                    {
                        "{{queue}}": "sum by (queue) (rate(quizwire_batch_answers_sum[$window]))"
                        " / sum by (queue) (rate(quizwire_batch_answers_count[$window]))"
                    },
                ),
                Panel(
                    "Messages in one batch",
                    {
                        "{{queue}}": "sum by (queue) (rate(quizwire_batch_messages_sum[$window]))"
                        " / sum by (queue) (rate(quizwire_batch_messages_count[$window]))"
                    },
                ),
            ),
        ),
        Row(
            "Processes",
            (
                Panel(
                    "CPU",
                    {"{{service}} {{instance}}": f"rate(process_cpu_seconds_total[$window]) {OF_WORKERS}"},
                    "percentunit",
                ),
                Panel(
                    "Memory",
                    {"{{service}} {{instance}}": f"process_resident_memory_bytes {OF_WORKERS}"},
                    "bytes",
                ),
                Panel("Open files", {"{{service}} {{instance}}": f"process_open_fds {OF_WORKERS}"}),
            ),
        ),
    ),
)
