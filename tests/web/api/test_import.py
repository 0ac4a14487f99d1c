"""Importing OpenTriviaQA files over REST."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from quart.datastructures import FileStorage

from tests.opentrivia import opentrivia
from tests.web.people import Person, Reply

GOOD = b"#Q q?\n^ a\nA a\nB b\n"


async def upload(host: Person, data: bytes, name: str = "my quiz.txt", **form: str) -> Reply:
    files: dict[str, Any] = {"file": FileStorage(BytesIO(data), filename=name)}
    return await host.post("/quizzes/import", files=files, form=form)


@pytest.mark.parametrize(
    ("name", "imported", "rejected"),
    [("for-kids", 756, 6), ("geography", 842, 0), ("science-technology", 2485, 2)],
)
async def test_a_real_file_becomes_a_quiz(host: Person, name: str, imported: int, rejected: int) -> None:
    path = opentrivia(name)
    reply = await upload(host, path.read_bytes(), path.name)
    assert reply.status == 201, reply.text
    assert (reply.body["imported"], len(reply.body["rejected"])) == (imported, rejected)
    quiz = (await host.get(f"/quizzes/{reply.body['quiz_id']}")).body
    assert (quiz["title"], len(quiz["questions"])) == (name, imported)


async def test_what_is_imported_can_be_sent_back(host: Person) -> None:
    reply = await upload(host, GOOD)
    quiz = (await host.get(f"/quizzes/{reply.body['quiz_id']}")).body
    options = [{"text": o["text"], "is_correct": o["is_correct"]} for o in quiz["questions"][0]["options"]]
    assert options == [{"text": "a", "is_correct": True}, {"text": "b", "is_correct": False}]
    draft = {
        "title": quiz["title"],
        "questions": [{"title": quiz["questions"][0]["title"], "options": options}],
    }
    assert (await host.put(f"/quizzes/{quiz['id']}", draft)).status == 200


async def test_rejected_blocks_come_with_line_and_reason(host: Person) -> None:
    reply = await upload(host, GOOD + b"\n\nnonsense\n", title=" Mine ")
    assert reply.status == 201
    assert reply.body["imported"] == 1
    assert reply.body["rejected"] == [{"line": 7, "reason": "the block does not begin with `#Q`"}]
    assert (await host.get(reply.headers["Location"])).body["title"] == "Mine"


async def test_the_title_is_the_file_name_without_its_ending(host: Person) -> None:
    for name, title in (
        ("quizzes/fun.v2.txt", "fun.v2"),
        ("../../etc/x", "x"),
        ("é" * 300 + ".txt", "é" * 200),
    ):
        reply = await upload(host, GOOD, name)
        assert (await host.get(reply.headers["Location"])).body["title"] == title


async def test_a_file_without_a_question_makes_no_quiz(host: Person) -> None:
    for data in (b"", b"\n\n", b"hello", bytes(range(1, 256)) * 100):
        reply = await upload(host, data)
        assert (reply.status, reply.body["code"]) == (422, "nothing_to_import")
        assert all(
            form in reply.body["detail"] for form in ("OpenTriviaQA", "GIFT", "Aiken", "JSON", "zip", "XLSX")
        )
    assert (await host.get("/quizzes")).body["items"] == []


async def test_a_damaged_file_is_named_by_its_ending(host: Person) -> None:
    for name, form in (("x.xlsx", "XLSX"), ("x.zip", "zip"), ("x.json", "JSON")):
        reply = await upload(host, bytes(range(256)) * 100, name)
        assert (reply.status, reply.body["code"]) == (422, "unreadable_file")
        assert reply.body["detail"].startswith(f"The {form} file is damaged")


async def test_a_file_that_is_too_large_is_refused(host: Person) -> None:
    reply = await upload(host, b"x" * (8 * 1024 * 1024 + 1))
    assert (reply.status, reply.body["code"]) == (413, "payload_too_large")


async def test_an_upload_needs_one_file_in_a_form(host: Person) -> None:
    no_form = await host.post("/quizzes/import", data=GOOD, headers={"Content-Type": "text/plain"})
    assert (no_form.status, no_form.body["code"]) == (415, "unsupported_media_type")
    no_file = await host.post("/quizzes/import", form={"title": "x"}, files={})
    assert no_file.status in (415, 422)
    broken = await host.post(
        "/quizzes/import",
        data=b"--x\r\nnonsense",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert broken.status in (400, 422)
    assert broken.headers["Content-Type"] == "application/problem+json"
    extra = await upload(host, GOOD, owner="me")
    assert (extra.status, extra.body["errors"][0]["path"]) == (422, "owner")
