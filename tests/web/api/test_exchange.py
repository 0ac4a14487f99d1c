"""Quizzes into files and back, over REST."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from PIL import Image
from quart import Quart
from quart.datastructures import FileStorage

from db import blobs, quizzes
from db.models import database
from tests.web.importing.test_kahoot import workbook
from tests.web.importing.test_unpacking import zipped
from tests.web.people import People, Person, Reply, question, quiz
from web.exporting.workbooks import XLSX
from web.services import services_of

GIFT = b"// from Moodle\n::Sky:: The sky is blue. {T#no#yes}\n\nEssay {}\n"
AIKEN = b"What?\nA. a\nB. b\nANSWER: B\n\nAnd?\nA. a\nANSWER: A\n"
KAHOOT = workbook((1, "q", "a", "b", None, None, 30, 2), (2, "q", "a", "b", None, None, 30, "1,2"))
JSON = json.dumps(
    {"title": "Ours", "questions": [question(weight=3, explanation="so"), {"title": "x"}]}
).encode()


async def upload(host: Person, data: bytes, name: str = "my quiz.txt", **form: str) -> Reply:
    files: dict[str, Any] = {"file": FileStorage(BytesIO(data), filename=name)}
    return await host.post("/quizzes/import", files=files, form=form)


async def exported(host: Person, quiz_id: str, form: str) -> tuple[bytes, Any]:
    """The file and its headers."""
    path = f"/quizzes/{quiz_id}/export?format={form}"
    reply = await host.client.get(path, headers={"Authorization": f"Bearer {host.token}"})
    assert reply.status_code == 200
    return await reply.get_data(as_text=False), reply.headers


def content(quiz: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What authors wrote, without ids."""
    return [
        (
            q["title"],
            q["explanation"],
            q["time_limit_s"],
            q["weight"],
            *((option["text"], option["is_correct"]) for option in q["options"]),
        )
        for q in quiz["questions"]
    ]


@pytest.mark.parametrize(
    ("data", "form", "title", "places"),
    [
        (GIFT, "gift", "my quiz", [4]),
        (AIKEN, "aiken", "my quiz", [6]),
        (KAHOOT, "xlsx", "my quiz", [10]),
        (JSON, "json", "Ours", [2]),
        (zipped({"quiz.json": JSON}), "zip", "Ours", [2]),
    ],
    ids=["gift", "aiken", "xlsx", "json", "zip"],
)
async def test_each_format_becomes_a_quiz(
    host: Person, data: bytes, form: str, title: str, places: list[int]
) -> None:
    for more in ({}, {"format": form}):
        reply = await upload(host, data, **more)
        assert reply.status == 201, reply.text
        assert reply.body["imported"] == 1
        assert [block["line"] for block in reply.body["rejected"]] == places
        assert all(block["reason"] for block in reply.body["rejected"])
        made = (await host.get(reply.headers["Location"])).body
        assert (made["id"], made["title"], len(made["questions"])) == (reply.body["quiz_id"], title, 1)
    assert (await upload(host, data, title="Mine", format=form)).status == 201


async def test_explanation_time_limit_and_weight_arrive(host: Person) -> None:
    reply = await upload(host, JSON)
    assert content((await host.get(reply.headers["Location"])).body)[0][1:4] == ("so", None, 3)
    reply = await upload(host, KAHOOT)
    assert content((await host.get(reply.headers["Location"])).body)[0][2] == 30


@pytest.mark.parametrize(
    ("data", "form", "status", "code"),
    [
        (GIFT, "pdf", 422, "validation_failed"),
        (GIFT, "json", 422, "unreadable_file"),
        (GIFT, "zip", 422, "unreadable_file"),
        (b"PK\x03\x04", None, 422, "unreadable_file"),
        (b'{"version": 9, "questions": []}', None, 422, "unreadable_file"),
        (b"q {}", None, 422, "nothing_to_import"),
        (zipped({"quiz.json": b" " * (33 * 1024 * 1024)}), None, 413, "payload_too_large"),
        (b"{" * (8 * 1024 * 1024 + 1), None, 413, "payload_too_large"),
    ],
    ids=range(8),
)
async def test_a_file_that_is_no_quiz_makes_none(
    host: Person, data: bytes, form: str | None, status: int, code: str
) -> None:
    reply = await upload(host, data, **({} if form is None else {"format": form}))
    assert (reply.status, reply.body["code"]) == (status, code), reply.text
    assert (await host.get("/quizzes")).body["items"] == []


@pytest.mark.parametrize("form", ["json", "zip", "xlsx"])
async def test_what_is_exported_can_be_imported(host: Person, form: str) -> None:
    asked = [
        question("=1+1?", explanation="because", time_limit_s=20, weight=2),
        question("„Größe“?\nzwei Zeilen", time_limit_s=300),
    ]
    made = (await host.post("/quizzes", {**quiz(*asked, title="Ünter/../uns"), "tags": ["math"]})).body
    data, headers = await exported(host, made["id"], form)
    assert headers["Content-Disposition"] == (
        f"attachment; filename=\"Unter .. uns.{form}\"; filename*=UTF-8''%C3%9Cnter%20..%20uns.{form}"
    )
    assert (
        headers["Content-Type"] == {"json": "application/json", "zip": "application/zip", "xlsx": XLSX}[form]
    )
    reply = await upload(host, data, "copy.bin")
    assert (reply.status, reply.body["imported"], reply.body["rejected"]) == (201, 2, []), reply.text
    copy = (await host.get(reply.headers["Location"])).body
    assert copy["id"] != made["id"]
    if form == "xlsx":
        expected = [(title, None, limit, 1, *options) for title, _, limit, _, *options in content(made)]
        assert (copy["title"], content(copy)) == ("copy", expected)
    else:
        assert (copy["title"], copy["tags"], content(copy)) == (made["title"], ["math"], content(made))


async def test_the_json_says_what_it_is(host: Person) -> None:
    made = (await host.post("/quizzes", quiz())).body
    data, _ = await exported(host, made["id"], "json")
    document = json.loads(data)
    assert (document["format"], document["version"]) == ("quizwire-quiz", 1)
    assert made["id"] not in data.decode()


async def test_no_cell_of_an_export_is_a_formula(host: Person) -> None:
    made = (await host.post("/quizzes", quiz(question("=cmd|' /C calc'!A0"), title="=1"))).body
    data, _ = await exported(host, made["id"], "xlsx")
    cells = [cell for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows() for cell in row]
    texts = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=")]
    assert [cell.data_type for cell in texts] == ["s", "s"]


async def test_only_the_owner_exports(host: Person, people: People) -> None:
    made = (await host.post("/quizzes", quiz())).body
    path = f"/quizzes/{made['id']}/export"
    assert (await people.guest().get(path)).status == 401
    other = await (await people.user("Eve")).get(path)
    assert (other.status, other.body["code"]) == (404, "not_found")
    assert (await host.get("/quizzes/nonsense/export")).status == 404
    assert (await host.get(f"{path}?format=exe")).status == 422
    assert (await host.get(f"{path}?name=x")).status == 422


def picture() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(stream, "PNG")
    return stream.getvalue()


async def test_pictures_travel_in_the_zip(host: Person, app: Quart) -> None:
    found = services_of(app)
    made = (await host.post("/quizzes", quiz(question("with"), question("without")))).body
    name = f"{'a' * 40}-1280.webp"
    await found.blobs.put_async(blobs.media(name), picture())
    await found.pool.run(quizzes.set_question_image, made["id"], made["questions"][0]["id"], f"/media/{name}")
    data, _ = await exported(host, made["id"], "zip")
    reply = await upload(host, data)
    assert (reply.status, reply.body["imported"]) == (201, 2), reply.text
    # Handed over to the background workers, like an upload.
    waiting = "SELECT id, question_id FROM pictures WHERE quiz_id = %s"
    rows = await found.pool.run(rows_of, waiting, reply.body["quiz_id"])
    copy = (await host.get(reply.headers["Location"])).body
    assert [question_id for _, question_id in rows] == [copy["questions"][0]["id"]]
    assert await found.blobs.get_async(blobs.upload(rows[0][0])) == picture()


async def test_an_import_whose_pictures_are_refused_leaves_nothing(host: Person, app: Quart) -> None:
    services_of(app).config = replace(services_of(app).config, picture_quota_bytes=10)
    document = json.dumps({"questions": [question(picture="1.png"), question(picture="1.png")]}).encode()
    reply = await upload(host, zipped({"quiz.json": document, "1.png": picture()}))
    assert (reply.status, reply.body["code"]) == (409, "picture_quota_exceeded"), reply.text
    assert (await host.get("/quizzes")).body["items"] == []


def rows_of(query: str, *parameters: str) -> list[Any]:
    return list(database.execute_sql(query, parameters))
