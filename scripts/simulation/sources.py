"""Where the ledger's evidence comes from, read without the code under audit where that is possible."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing

import psycopg2
import redis

from client import Host
from db import scoreboard
from scripts.simulation.ledger import Evidence, Ranked, StoredAnswer
from scripts.simulation.record import Record

__all__ = ["OtherSite", "check_site", "gather", "promised", "stored_answers"]

ROWS = """
SELECT participant_id::text, question_id::text, answer_id, option, correct, points, elapsed_ms
FROM answers
WHERE session_id = %s
"""


class OtherSite(Exception):
    """The session and the database belong to different sites: there is nothing to compare."""


def check_site(database_url: str, session_id: str) -> None:
    """Raises OtherSite unless this database holds the session."""
    try:
        with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM sessions WHERE id = %s", (session_id,))
            found = cursor.fetchone() is not None
    except psycopg2.Error as error:
        raise OtherSite(f"the database cannot be read: {str(error).strip()}") from error
    if not found:
        raise OtherSite(
            "this gateway belongs to another site than the database: give --url, or this site's "
            "--database-url and --redis-url"
        )


async def gather(
    host: Host,
    database_url: str,
    redis_url: str,
    session_id: str,
    records: Sequence[Record],
    timeout_s: float,
) -> Evidence:
    """All of it, once everything promised is stored, or at the latest after `timeout_s`.

    Persistence runs behind the session's end: rows may still be on their way for a moment.
    """
    wanted = promised(records)
    stored = await asyncio.to_thread(_wait_for_rows, database_url, session_id, wanted, timeout_s)
    return Evidence(
        stored=stored,
        redis=await asyncio.to_thread(_redis_board, redis_url, session_id),
        rest=[
            Ranked(entry["participant_id"], entry["score"], entry["rank"])
            for entry in await host.leaderboard(session_id)
        ],
    )


def promised(records: Sequence[Record]) -> set[tuple[str, str]]:
    """Participant and question of every answer that the server promised to have."""
    return {
        (record.participant_id, attempt.question_id)
        for record in records
        for attempt in record.attempts.values()
        if attempt.recorded is not None
    }


def stored_answers(database_url: str, session_id: str) -> list[StoredAnswer]:
    """Every row of this session in PostgreSQL."""
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(ROWS, (session_id,))
        return [StoredAnswer(*row) for row in cursor.fetchall()]


def _wait_for_rows(
    database_url: str,
    session_id: str,
    wanted: set[tuple[str, str]],
    timeout_s: float,
) -> list[StoredAnswer]:
    give_up_at = time.monotonic() + timeout_s
    while True:
        rows = stored_answers(database_url, session_id)
        if wanted <= {(row.participant_id, row.question_id) for row in rows} or time.monotonic() > give_up_at:
            return rows
        time.sleep(0.2)


def _redis_board(redis_url: str, session_id: str) -> dict[str, tuple[int, int]] | None:
    with closing(redis.Redis.from_url(redis_url)) as client:
        board = scoreboard.board(client, session_id)
    if board is None:
        return None
    return {participant_id: (score, time_ms) for participant_id, _, score, time_ms in board.rows}
