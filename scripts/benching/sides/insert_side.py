"""Stores answers in PostgreSQL: `python -m scripts.benching.sides.insert_side WHICH ROWS TIMES`."""

from __future__ import annotations

import csv
import io
import os
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

from psycopg2.extras import execute_values

from db import answers
from db.answers import AnswerRow
from db.models import Answer, database
from db.pool import Pool
from scripts.benching.sides.lines import cpu_s, say


def rows_of(count: int) -> list[AnswerRow]:
    """New answers."""
    session, question = str(uuid4()), str(uuid4())
    return [
        AnswerRow(
            session, str(uuid4()), question, f"a{n}", "B", True, 967, 1_700_000_000_000, 1500, "speed/1"
        )
        for n in range(count)
    ]


def _fields(row: AnswerRow) -> dict[str, object]:
    finished_at = datetime.fromtimestamp(row.finished_at_ms / 1000, UTC)
    started_at = datetime.fromtimestamp((row.finished_at_ms - row.elapsed_ms) / 1000, UTC)
    named = {**row._asdict(), "started_at": started_at, "finished_at": finished_at}
    del named["finished_at_ms"]
    return named


def quizwire(rows: list[AnswerRow]) -> None:
    """COPY into a temporary table, then one INSERT that leaves what is there."""
    answers.insert_many(rows)


def peewee(rows: list[AnswerRow]) -> None:
    """peewee's `insert_many`."""
    with database.atomic():
        Answer.insert_many([_fields(row) for row in rows]).on_conflict_ignore().execute()


def values(rows: list[AnswerRow]) -> None:
    """psycopg2's `execute_values`."""
    named = [_fields(row) for row in rows]
    columns = list(named[0])
    with database.atomic():
        execute_values(
            database.cursor(),
            f"INSERT INTO answers ({', '.join(columns)}) VALUES %s ON CONFLICT DO NOTHING",  # noqa: S608
            [tuple(one.values()) for one in named],
            page_size=1000,
        )


def copy(rows: list[AnswerRow]) -> None:
    """COPY into a table without a key: the least that storing rows can cost."""
    with database.atomic():
        database.execute_sql("CREATE TABLE IF NOT EXISTS bench_bare (LIKE answers)")
        text = io.StringIO()
        writer = csv.writer(text)
        named = [_fields(row) for row in rows]
        for one in named:
            writer.writerow(one.values())
        text.seek(0)
        columns = ", ".join(named[0])
        database.cursor().copy_expert(f"COPY bench_bare ({columns}) FROM STDIN (FORMAT csv)", text)


WAYS = {way.__name__: way for way in (quizwire, peewee, values, copy)}

if __name__ == "__main__":
    way, count, times = WAYS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3])
    pool = Pool(os.environ["DATABASE_URL"], 1)
    pool.call(way, rows_of(10))
    sets = [rows_of(count) for _ in range(times)]
    began_at, before = time.monotonic(), cpu_s()
    for rows in sets:
        pool.call(way, rows)
    say({"seconds": (time.monotonic() - began_at) / times, "cpu_s": (cpu_s() - before) / times})
    pool.close()
