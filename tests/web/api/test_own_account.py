"""Changing, taking along and deleting one's own account."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from argon2 import PasswordHasher
from quart import Quart

from db import participants, quizzes, sessions, users
from db.models import database
from tests.joining import join
from tests.web.people import PASSWORD, People, Person, quiz
from web.api.account_bodies import Export
from web.services import services_of

NEW_PASSWORD = "another battery staple"


async def log_in(people: People, email: str, password: str = PASSWORD) -> Person:
    person = people.guest()
    reply = await person.post("/users/login", {"email": email, "password": password})
    assert reply.status == 200, reply.text
    person.email, person.tokens, person.token = email, reply.body, reply.body["access_token"]
    return person


async def test_a_new_password_ends_all_other_logins(people: People, host: Person) -> None:
    other = await log_in(people, host.email)
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await host.put("/users/profile", change)).status == 200
    assert (await host.get("/users/profile")).status == 200
    assert (await other.get("/users/profile")).status == 401
    refresh = await other.post("/users/refresh-token", {"refresh_token": other.tokens["refresh_token"]})
    assert (refresh.status, refresh.body["code"]) == (401, "refresh_invalid")
    old = await people.guest().post("/users/login", {"email": host.email, "password": PASSWORD})
    assert old.status == 401
    await log_in(people, host.email, NEW_PASSWORD)


async def test_a_new_address_is_logged_in_with_and_must_be_free(people: People, host: Person) -> None:
    other = await people.user()
    taken = await host.put("/users/profile", {"email": other.email.upper(), "current_password": PASSWORD})
    assert (taken.status, taken.body["code"]) == (409, "email_taken")
    changed = await host.put(
        "/users/profile", {"email": "New@Example.test", "display_name": "H", "current_password": PASSWORD}
    )
    assert (changed.body["email"], changed.body["display_name"]) == ("new@example.test", "H")
    await log_in(people, "new@example.test")


@pytest.mark.parametrize(
    ("change", "status", "code", "path"),
    [
        ({"new_password": NEW_PASSWORD}, 422, "validation_failed", "current_password"),
        ({"email": "new@example.test"}, 422, "validation_failed", "current_password"),
        ({"email": "nobody", "current_password": PASSWORD}, 422, "validation_failed", "email"),
        ({"new_password": "short", "current_password": PASSWORD}, 422, "validation_failed", "new_password"),
        ({"new_password": "\ud800" * 8, "current_password": PASSWORD}, 400, "malformed_json", None),
        ({"new_password": NEW_PASSWORD, "current_password": "wrong"}, 403, "wrong_password", None),
        ({"email": "new@example.test", "current_password": "wrong"}, 403, "wrong_password", None),
        ({"role": "admin"}, 422, "validation_failed", "role"),
        ({"id": "x"}, 422, "validation_failed", "id"),
        ({"password_hash": "x"}, 422, "validation_failed", "password_hash"),
        ({"banned_at": None}, 422, "validation_failed", "banned_at"),
        ({"avatar_url": "http://example.test/"}, 422, "validation_failed", "avatar_url"),
        ({"display_name": None, "__class__": {}}, 422, "validation_failed", "__class__"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
async def test_a_change_that_may_not_be_changes_nothing(
    host: Person, change: dict[str, Any], status: int, code: str, path: str | None
) -> None:
    before = (await host.get("/users/profile")).body
    reply = await host.put("/users/profile", change)
    assert (reply.status, reply.body["code"]) == (status, code)
    if path is not None:
        assert reply.body["errors"][0]["path"] == path
    assert (await host.get("/users/profile")).body == before


@pytest.mark.parametrize("field", ["id", "role", "created_at", "banned_at", "password_hash", "avatar_url"])
async def test_nobody_registers_with_more_than_is_asked_for(people: People, field: str) -> None:
    account = {"email": "eve@example.test", "password": PASSWORD, "display_name": "Eve", field: "admin"}
    reply = await people.guest().post("/users/register", account)
    assert (reply.status, reply.body["errors"][0]["path"]) == (422, field)


async def participation(app: Quart, host: Person, player: Person) -> dict[str, Any]:
    """A session of the host's, with one recorded answer of the player's."""
    found = services_of(app)
    made = (await host.post("/quizzes", quiz())).body
    ids = [(await one.get("/users/profile")).body["id"] for one in (host, player)]

    def play(host_id: str, player_id: str) -> dict[str, Any]:
        session = sessions.create(made["id"], host_id, quizzes.snapshot(made["id"]), "host", "flat")
        participant = join(session["id"], player_id, "Canary Nickname")
        database.execute_sql(
            "INSERT INTO answers VALUES (%s, %s, %s, 'a1', 'B', true, 1, now(), now(), 900, 'flat/1')",
            (session["id"], made["questions"][0]["id"], participant["id"]),
        )
        return {"session": session, "participant": participant, "quiz": made}

    return await found.pool.run(play, *ids)


async def test_the_export_holds_everything_and_nobody_else(people: People, host: Person, app: Quart) -> None:
    player = await people.user("Player")
    played = await participation(app, host, player)
    reply = await player.get("/users/profile/export")
    assert reply.status == 200
    assert "attachment" in reply.headers["Content-Disposition"]
    mine = msgspec.convert(reply.body, Export)
    assert mine.profile.email == player.email
    assert [one.nickname for one in mine.participations] == ["Canary Nickname"]
    assert [(a.option, a.correct) for a in mine.participations[0].answers] == [("B", None)]  # still running
    assert len(mine.logins) == 1
    assert (mine.quizzes, mine.sessions) == ((), ())
    theirs = msgspec.convert((await host.get("/users/profile/export")).body, Export)
    assert [one.id for one in theirs.quizzes] == [played["quiz"]["id"]]
    assert [one.id for one in theirs.sessions] == [played["session"]["id"]]
    assert theirs.participations == ()
    for text in (reply.text, (await host.get("/users/profile/export")).text):
        assert "hash" not in text
    assert (await people.guest().get("/users/profile/export")).status == 401


async def test_deleting_an_account_needs_the_password(host: Person) -> None:
    reply = await host.ask("DELETE", "/users/profile", {"password": "wrong"})
    assert (reply.status, reply.body["code"]) == (403, "wrong_password")
    assert (await host.ask("DELETE", "/users/profile", {})).status == 422
    assert (await host.get("/users/profile")).status == 200


async def test_a_deleted_account_leaves_results_without_a_name(
    people: People, host: Person, app: Quart
) -> None:
    player = await people.user("Canary Name")
    played = await participation(app, host, player)
    written = (await player.post("/quizzes", quiz(title="Canary Quiz"))).body
    assert (await player.ask("DELETE", "/users/profile", {"password": PASSWORD})).status == 204
    assert (await player.get("/users/profile")).status == 401
    refresh = await player.post("/users/refresh-token", {"refresh_token": player.tokens["refresh_token"]})
    assert refresh.status == 401
    login = await people.guest().post("/users/login", {"email": player.email, "password": PASSWORD})
    assert (login.status, login.body["code"]) == (401, "invalid_credentials")

    def stored() -> tuple[str, dict[str, Any] | None, dict[str, Any] | None, int, dict[str, Any] | None]:
        rows = [
            database.execute_sql(query).fetchall()
            for query in (
                "SELECT users::text FROM users",
                "SELECT logins::text FROM logins",
                "SELECT refresh_tokens::text FROM refresh_tokens",
                "SELECT participants::text FROM participants",
            )
        ]
        participant = participants.get(played["participant"]["id"])
        resumed = participants.by_resume_token(played["participant"]["resume_token"])
        answers = database.execute_sql("SELECT count(*) FROM answers").fetchone()[0]
        return str(rows), participant, resumed, answers, quizzes.get(written["id"])

    text, participant, resumed, answers, kept = await services_of(app).pool.run(stored)
    for canary in (player.email, "Canary Name", "Canary Nickname"):
        assert canary not in text
    assert kept is None
    assert participant is not None
    assert participant["nickname"].startswith("Deleted ")
    assert (participant["user_id"], resumed, answers) == (None, None, 1)

    again = {"email": player.email, "password": PASSWORD, "display_name": "Again"}
    assert (await people.guest().post("/users/register", again)).status == 201
    back = await log_in(people, player.email)
    assert (await back.get("/quizzes")).body["items"] == []


async def test_a_hash_of_an_earlier_day_is_renewed_at_the_next_login(
    people: People, host: Person, app: Quart
) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    pool = services_of(app).pool
    await pool.run(database.execute_sql, "UPDATE users SET password_hash = %s", (old,))
    await log_in(people, host.email)
    stored = (await pool.run(users.by_email, host.email) or {})["password_hash"]
    assert "m=19456,t=2,p=1" in stored
    await log_in(people, host.email)
