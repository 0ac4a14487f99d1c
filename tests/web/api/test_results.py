"""Results over REST: every form of them, and as many as a hall makes."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from openpyxl import load_workbook
from quart import Quart

from db import answers, participants, quizzes, sessions
from db.answers import AnswerRow
from db.ids import new_ids
from db.models import database
from tests.web.people import People, Person, question, quiz
from web.exporting.workbooks import XLSX
from web.services import services_of

PARTICIPANTS, QUESTIONS = 2000, 50
MIB = 1024 * 1024


async def played(host: Person, app: Quart, people_count: int, *questions: dict[str, Any]) -> dict[str, Any]:
    """A session in the database, its participants named `p0`…; everybody has answered everything."""
    made = (await host.post("/quizzes", quiz(*questions))).body
    pool = services_of(app).pool
    return await pool.run(_play, made["id"], made["owner_id"], people_count)


def _play(quiz_id: str, host_id: str, people_count: int) -> dict[str, Any]:
    session = sessions.create(quiz_id, host_id, quizzes.snapshot(quiz_id), "self", "flat")
    content = quizzes.get(quiz_id)
    assert content is not None
    everybody = sorted(new_ids(people_count))
    with database.atomic():
        for number, one in enumerate(everybody):
            database.execute_sql(
                "INSERT INTO participants (id, session_id, nickname, nickname_key, resume_hash) "
                "VALUES (%s, %s, %s, %s, %s)",
                (one, session["id"], f"p{number}", f"p{number}", b"x" * 32),
            )
    for place, asked in enumerate(content["questions"]):
        answers.insert_many(
            [
                AnswerRow(
                    session["id"], one, asked["id"], f"a{place}", "B" if number % 2 else "A", bool(number % 2),
                    number % 2, 10**12, 1000 + number, "flat/1",
                )
                for number, one in enumerate(everybody)
            ]
        )  # fmt: skip
    return session | {"participants": everybody}


@contextmanager
def peak_growth() -> Iterator[list[int]]:
    """By how many bytes this process was larger than before at worst; the last item, when done."""
    process = psutil.Process()
    before = process.memory_info().rss
    found = [0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            found[0] = max(found[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()


async def test_every_form_tells_the_same(host: Person, app: Quart) -> None:
    session = await played(host, app, 4, question("one"), question("two"))
    path = f"/sessions/{session['id']}/results"
    document = (await host.get(path)).body
    assert [(q["counts"], q["correct_rate"], q["median_time_ms"]) for q in document["questions"]] == [
        ({"A": 2, "B": 2}, 0.5, 1001.5)
    ] * 2
    standings = [(p["rank"], p["nickname"], p["score"], p["time_ms"]) for p in document["participants"]]
    assert standings == [(1, "p1", 2, 2000), (1, "p3", 2, 2000), (3, "p0", 0, 0), (3, "p2", 0, 0)]
    table = list(csv.DictReader(io.StringIO((await host.get(f"{path}?format=csv")).text, newline="")))
    assert [(row["nickname"], row["question"], row["option"]) for row in table[:3]] == [
        ("p1", "one", "B"),
        ("p1", "two", "B"),
        ("p3", "one", "B"),
    ]
    reply = await host.client.get(path, headers={"Authorization": f"Bearer {host.token}", "Accept": XLSX})
    assert reply.headers["Content-Type"] == XLSX
    assert reply.headers["Content-Disposition"].endswith(f'quizwire-{session["join_code"]}.xlsx"')
    book = load_workbook(io.BytesIO(await reply.get_data(as_text=False)), read_only=True)
    sheets = {sheet.title: list(sheet.values) for sheet in book.worksheets}
    assert [row[:2] for row in sheets["Answers"][1:]] == [
        (int(row["rank"]), row["participant_id"]) for row in table
    ]
    assert [(row[0], row[2], row[3], row[4]) for row in sheets["Standings"][1:]] == standings
    assert [row[4:6] for row in sheets["Questions"][1:]] == [(2, 2), (2, 2)]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/csv; charset=utf-8"),
        ("text/csv;q=0.1, application/json;q=0.2", "application/json"),
        (XLSX, XLSX),
        ("text/html, application/pdf", "application/problem+json"),
        ("application/json;q=0", "application/problem+json"),
    ],
)
async def test_the_client_chooses_the_form(host: Person, app: Quart, accept: str, expected: str) -> None:
    session = await played(host, app, 1, question("one"))
    headers = {"Authorization": f"Bearer {host.token}", "Accept": accept}
    reply = await host.client.get(f"/sessions/{session['id']}/results", headers=headers)
    assert reply.headers["Content-Type"] == expected
    if expected.startswith("application/problem"):
        assert (reply.status_code, (await reply.get_json())["code"]) == (406, "not_acceptable")


async def test_results_are_for_the_host(host: Person, app: Quart, people: People) -> None:
    session = await played(host, app, 1, question("one"))
    path = f"/sessions/{session['id']}/results"
    assert (await people.guest().get(path)).status == 401
    other = await (await people.user("Eve")).get(path, headers={"Accept": "text/csv"})
    assert (other.status, other.body["code"]) == (403, "forbidden")
    assert (await host.get(f"{path}?format=pdf")).status == 422


async def test_kicked_participants_are_left_out_of_every_form(host: Person, app: Quart) -> None:
    session = await played(host, app, 3, question("one"))
    await services_of(app).pool.run(participants.kick, session["participants"][1])
    path = f"/sessions/{session['id']}/results"
    document = (await host.get(path)).body
    assert [p["nickname"] for p in document["participants"]] == ["p0", "p2"]
    assert document["questions"][0]["counts"] == {"A": 2, "B": 0}
    assert "p1" not in (await host.get(f"{path}?format=csv")).text


async def test_names_and_questions_are_no_formulas(host: Person, app: Quart) -> None:
    session = await played(host, app, 1, question('=HYPERLINK("http://evil")'))
    rename = "UPDATE participants SET nickname = '＝cmd()' WHERE session_id = %s"
    await services_of(app).pool.run(database.execute_sql, rename, (session["id"],))
    path = f"/sessions/{session['id']}/results"
    (row,) = csv.DictReader(io.StringIO((await host.get(f"{path}?format=csv")).text, newline=""))
    assert (row["nickname"], row["question"]) == ("'＝cmd()", '\'=HYPERLINK("http://evil")')
    headers = {"Authorization": f"Bearer {host.token}", "Accept": XLSX}
    reply = await host.client.get(path, headers=headers)
    book = load_workbook(io.BytesIO(await reply.get_data(as_text=False)))
    cells = [
        cell for sheet in book for line in sheet.iter_rows() for cell in line if isinstance(cell.value, str)
    ]
    assert {cell.data_type for cell in cells} == {"s"}
    assert sum(cell.value.startswith(("=", "＝")) for cell in cells) == 4


@pytest.mark.timeout(240)
async def test_a_hall_costs_no_more_memory_than_a_class(host: Person, app: Quart) -> None:
    small = await played(host, app, 2, question("one"))
    large = await played(host, app, PARTICIPANTS, *[question(f"question {n}") for n in range(QUESTIONS)])
    headers = {"Authorization": f"Bearer {host.token}"}
    for form in ("csv", "json", "xlsx"):
        assert (await host.get(f"/sessions/{small['id']}/results?format=csv")).status == 200  # warm
        size, largest = 0, 0
        with peak_growth() as growth:
            async with host.client.request(
                f"/sessions/{large['id']}/results?format={form}", headers=headers
            ) as connection:
                await connection.send_complete()
                while piece := await _piece(connection):
                    size += len(piece)
                    largest = max(largest, len(piece))
        print(form, f"{size / MIB:.1f} MiB, {growth[0] / MIB:.1f} MiB more memory")
        assert size > 2 * MIB
        assert largest <= 256 * 1024  # it came in pieces
        assert growth[0] < 40 * MIB


async def _piece(connection: Any) -> bytes:
    try:
        return await connection.receive()  # type: ignore[no-any-return]
    except Exception:
        return b""
