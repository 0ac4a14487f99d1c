"""What goes wrong is told the same way everywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from quart import Quart

from db import errors
from db.ids import new_id
from tests.web.people import People, Person, Reply, quiz
from web.problems import to_problem

NOBODY = new_id()


def check(reply: Reply, status: int, code: str) -> None:
    assert (reply.status, reply.body and reply.body["code"]) == (status, code), reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.body.keys() >= {"type", "title", "status", "code", "detail", "retryable"}
    assert reply.body["status"] == status
    assert reply.body["detail"].endswith(".")


@pytest.mark.parametrize("path", ["/nothing", "/quizzes/", "/quizzes/a/b/c", "/users", "/sessions/"])
async def test_an_unknown_address(people: People, path: str) -> None:
    check(await people.guest().get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/quizzes"), ("POST", "/livez"), ("GET", "/users/login"), ("PATCH", "/quizzes/x")],
)
async def test_a_wrong_method(people: People, method: str, path: str) -> None:
    reply = await people.guest().ask(method, path)
    check(reply, 405, "method_not_allowed")
    assert reply.headers["Allow"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1,", b'{"email": "\xff"}', b"nonsense", b'{"email": "\\ud800"}', b"[" * 50_000, b"NaN"],
)
async def test_malformed_json(people: People, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    check(await people.guest().post("/users/login", data=body, headers=headers), 400, "malformed_json")


@pytest.mark.parametrize("body", [[], 3, "text", None, {}, {"email": 1, "password": "x"}, {"email": "a@b.c"}])
async def test_json_of_another_shape(people: People, body: Any) -> None:
    reply = await people.guest().post("/users/login", body)
    check(reply, 422, "validation_failed")
    assert len(reply.body["errors"]) == 1


async def test_another_media_type(people: People) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = await people.guest().post("/users/login", data=b"email=a&password=b", headers=headers)
    check(reply, 415, "unsupported_media_type")


async def test_a_body_that_is_too_large(people: People, host: Person) -> None:
    login = {"email": "a@b.c", "password": "x", "more": "x" * 70_000}
    check(await people.guest().post("/users/login", login), 413, "payload_too_large")
    huge = json.dumps(quiz() | {"description": "x" * 17 * 1024 * 1024}).encode()
    headers = {"Content-Type": "application/json"}
    check(await host.post("/quizzes", data=huge, headers=headers), 413, "payload_too_large")


UNKNOWN = [
    ("GET", "/quizzes/{id}"),
    ("DELETE", "/quizzes/{id}"),
    ("POST", "/quizzes/{id}/start"),
    ("POST", "/users/quizzes/{id}/join"),
    ("GET", "/sessions/{id}"),
    ("GET", "/sessions/{id}/leaderboard"),
    ("GET", "/sessions/{id}/results"),
    ("POST", "/sessions/{id}/next"),
    ("POST", "/sessions/{id}/close"),
    ("POST", "/sessions/{id}/end"),
    ("POST", "/sessions/{id}/tickets"),
    ("POST", "/sessions/{id}/participants/{id}/kick"),
]


NO_IDS = [NOBODY, "nonsense", "%00", "..%2F..", "'; DROP TABLE users; --", "é", "*", "999999"]


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
async def test_an_unknown_id(host: Person, method: str, path: str) -> None:
    for id in NO_IDS:
        check(await host.ask(method, path.replace("{id}", id)), 404, "not_found")


async def test_without_a_token(people: People) -> None:
    for method, path in UNKNOWN:
        if not path.endswith(("/join", "/sessions/{id}", "/leaderboard")):
            reply = await people.guest().ask(method, path.replace("{id}", NOBODY))
            check(reply, 401, "unauthenticated")


async def test_an_error_of_ours_tells_nothing_of_our_inside(app: Quart, people: People, capsys: Any) -> None:
    secret = "SELECT secret FROM vault"

    @app.get("/boom")
    async def boom() -> str:
        raise RuntimeError(secret)

    reply = await people.guest().get("/boom")
    check(reply, 500, "internal")
    captured = capsys.readouterr()
    for text in (reply.text, captured.out, captured.err):
        assert secret not in text
    assert "test_problems.py" in captured.out


def test_every_error_of_the_store_has_a_problem() -> None:
    made = [
        (errors.NotFound("quiz", "x"), 404, "not_found"),
        (errors.Conflict("email_taken", "taken"), 409, "email_taken"),
        (errors.RefreshReuse("u", "l"), 401, "refresh_reused"),
        (errors.InvalidText("title"), 422, "validation_failed"),
        (errors.InvalidNickname("too long"), 422, "nickname_invalid"),
        (errors.InvalidCursor(), 422, "invalid_cursor"),
        (errors.Busy("wait"), 409, "session_busy"),
        (errors.Unavailable("10.0.0.7 refused"), 503, "unavailable"),
        (errors.ServerUnsuitable("old"), 500, "internal"),
    ]
    for error, status, code in made:
        problem = to_problem(error)
        assert (problem.status, problem.code) == (status, code)
        assert problem.detail[0].isupper()
    assert "10.0.0.7" not in to_problem(errors.Unavailable("10.0.0.7 refused")).detail


async def test_a_doubled_slash_is_an_address_that_is_not_there(people: People) -> None:
    reply = await people.guest().get("/sessions//x")
    assert (reply.status, reply.body["code"]) == (404, "not_found")
