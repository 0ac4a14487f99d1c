"""Authoring quizzes, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.people import People, Person, question, quiz


async def made(host: Person, body: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = await host.post("/quizzes", body or quiz())
    assert reply.status == 201, reply.text
    return reply.body  # type: ignore[no-any-return]


async def test_a_quiz_comes_back_as_it_was_written(host: Person) -> None:
    wanted = question("  1 + 1? ", explanation="Peano", time_limit_s=20, weight=3)
    reply = await host.post("/quizzes", quiz(wanted, question("è?")))
    assert reply.status == 201
    read = await host.get(reply.headers["Location"])
    assert read.body == reply.body
    assert (read.body["status"], read.body["description"]) == ("DRAFT", "")
    first, second = read.body["questions"]
    assert (first["title"], first["explanation"], first["time_limit_s"], first["weight"]) == (
        "1 + 1?",
        "Peano",
        20,
        3,
    )
    assert (second["title"], second["explanation"], second["time_limit_s"], second["weight"]) == (
        "è?",
        None,
        None,
        1,
    )
    assert first["options"] == [
        {"key": "A", "text": "Sydney", "is_correct": False},
        {"key": "B", "text": "Canberra", "is_correct": True},
    ]


async def test_replacing_keeps_the_ids_of_questions_that_stay(host: Person) -> None:
    quiz_id = (await made(host, quiz(question("a"), question("b"))))["id"]
    before = (await host.get(f"/quizzes/{quiz_id}")).body["questions"]
    changed = quiz(question("c"), question("b2", id=before[1]["id"]), title="New")
    after = await host.put(f"/quizzes/{quiz_id}", changed)
    assert after.status == 200
    assert [q["title"] for q in after.body["questions"]] == ["c", "b2"]
    assert after.body["questions"][1]["id"] == before[1]["id"]
    assert after.body["questions"][0]["id"] not in {q["id"] for q in before}
    assert (await host.get(f"/quizzes/{quiz_id}")).body == after.body


async def test_a_deleted_quiz_is_gone(host: Person) -> None:
    quiz_id = (await made(host))["id"]
    assert (await host.delete(f"/quizzes/{quiz_id}")).status == 204
    for reply in (await host.get(f"/quizzes/{quiz_id}"), await host.delete(f"/quizzes/{quiz_id}")):
        assert (reply.status, reply.body["code"]) == (404, "not_found")
    assert (await host.get("/quizzes")).body == {"items": [], "next_cursor": None}


async def test_the_list_goes_page_by_page(host: Person) -> None:
    for number in range(5):
        await made(host, quiz(title=f"Quiz {number}"))
    titles, cursor = [], ""
    while True:
        page = await host.get(f"/quizzes?limit=2{cursor}")
        assert page.status == 200
        titles += [item["title"] for item in page.body["items"]]
        if page.body["next_cursor"] is None:
            break
        cursor = f"&cursor={page.body['next_cursor']}"
    assert titles == [f"Quiz {number}" for number in (4, 3, 2, 1, 0)]
    assert page.body["items"][0].keys() >= {"id", "title", "status", "question_count"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "offset=3", "cursor=!!"]
)
async def test_a_list_that_cannot_be_is_refused(host: Person, query: str) -> None:
    reply = await host.get(f"/quizzes?{query}")
    assert reply.status == 422
    assert reply.body["errors"][0]["path"] == query.split("=")[0]


async def test_other_peoples_quizzes_do_not_exist(people: People, host: Person) -> None:
    quiz_id = (await made(host))["id"]
    other = await people.user("Eve")
    path = f"/quizzes/{quiz_id}"
    for reply in (
        await other.get(path),
        await other.put(path, quiz()),
        await other.delete(path),
        await other.post(f"{path}/start"),
    ):
        assert (reply.status, reply.body["code"]) == (404, "not_found")
    assert (await other.get("/quizzes")).body["items"] == []
    assert (await host.get(path)).status == 200


async def test_an_empty_draft_can_be_saved_but_not_started(host: Person) -> None:
    quiz_id = (await made(host, {"title": "Later"}))["id"]
    reply = await host.post(f"/quizzes/{quiz_id}/start")
    assert (reply.status, reply.body["code"]) == (409, "quiz_empty")


OPTIONS = question()["options"]
WRONG = [
    ({}, "title"),
    (quiz(title=""), "title"),
    (quiz(title="   "), "title"),
    (quiz(title="\u200b \u202e"), "title"),
    (quiz(question("\u2800")), "questions[0].title"),
    (quiz(title="x" * 201), "title"),
    (quiz(title="a\x00"), "title"),
    ({"title": 3}, "title"),
    ({"title": None}, "title"),
    (quiz() | {"id": "x"}, "id"),
    (quiz() | {"questions": {}}, "questions"),
    (quiz(question("")), "questions[0].title"),
    (quiz(question(), question("x" * 2001)), "questions[1].title"),
    (quiz(question(time_limit_s=4)), "questions[0].time_limit_s"),
    (quiz(question(time_limit_s=301)), "questions[0].time_limit_s"),
    (quiz(question(time_limit_s="20")), "questions[0].time_limit_s"),
    (quiz(question(weight=11)), "questions[0].weight"),
    (quiz(question(weight=1.5)), "questions[0].weight"),
    (quiz(question(weight=True)), "questions[0].weight"),
    (quiz(question(answer="B")), "questions[0].answer"),
    (quiz(question() | {"options": OPTIONS[:1]}), "questions[0].options"),
    (quiz(question() | {"options": OPTIONS * 3}), "questions[0].options"),
    (quiz(question() | {"options": OPTIONS * 2}), "questions[0].options"),
    (quiz(question() | {"options": [OPTIONS[0]] * 2}), "questions[0].options"),
    (quiz(question() | {"options": [*OPTIONS, {"text": " "}]}), "questions[0].options[2].text"),
    (quiz(question() | {"options": [*OPTIONS, {"text": "x" * 501}]}), "questions[0].options[2].text"),
    (quiz(question() | {"options": [*OPTIONS, {"text": "x", "key": "C"}]}), "questions[0].options[2].key"),
    (quiz(question() | {"options": [*OPTIONS, {"is_correct": False}]}), "questions[0].options[2].text"),
    (
        quiz(question() | {"options": [*OPTIONS, {"text": "x", "is_correct": 0}]}),
        "questions[0].options[2].is_correct",
    ),
]


@pytest.mark.parametrize(("body", "path"), WRONG, ids=[f"{n}-{path}" for n, (_, path) in enumerate(WRONG)])
async def test_a_quiz_that_cannot_be_is_refused_with_the_place(host: Person, body: Any, path: str) -> None:
    reply = await host.post("/quizzes", body)
    assert (reply.status, reply.body["code"]) == (422, "validation_failed")
    assert reply.body["errors"][0]["path"] == path
    assert path in reply.body["detail"] or path == ""


async def test_ten_thousand_questions_are_accepted_and_one_more_is_not(host: Person) -> None:
    big = quiz(*[question(f"Question {n}?") for n in range(10_000)])
    quiz_id = (await made(host, big))["id"]
    read = await host.get(f"/quizzes/{quiz_id}")
    assert [q["title"] for q in read.body["questions"]] == [q["title"] for q in big["questions"]]
    big["questions"].append(question())
    reply = await host.post("/quizzes", big)
    assert (reply.status, reply.body["errors"][0]["path"]) == (422, "questions")
