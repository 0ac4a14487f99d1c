"""A thousand answers into PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from scripts.benching.bench import Bench, Contestant, compete
from scripts.benching.child import SERVER_CORE, Child, python
from scripts.benching.servers import embedded

__all__ = ["insert"]

ROWS = 1000
WAYS = {
    "Quizwire": "quizwire",
    "peewee insert_many": "peewee",
    "psycopg2 execute_values": "values",
    "COPY without a key": "copy",
}


def insert(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Rows a second, in transactions of 1,000, on disk at the end of each."""
    with embedded() as environment:
        times = 5 if quick else 20
        compete(
            bench,
            [Contestant(name, partial(_run, environment, way, times)) for name, way in WAYS.items()],
            rounds,
        )
    ratio = bench.ratio("Quizwire", "peewee insert_many", "rows_per_s")
    bench.judge("1,000 rows, of peewee insert_many", ratio)


def _run(environment: dict[str, str], way: str, times: int) -> Mapping[str, float]:
    command = python("scripts.benching.sides.insert_side", way, str(ROWS), str(times))
    with Child(command, SERVER_CORE, environment=environment) as side:
        done = side.ready
    return {"rows_per_s": ROWS / done["seconds"], "cpu_us_per_row": done["cpu_s"] / ROWS * 1e6}
