"""Accounts and logins."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from quart import Quart

from db.ids import new_id
from db.models import database
from tests.web.conftest import SECRET
from tests.web.people import PASSWORD, People, Person
from web import signing
from web.services import services_of
from web.tickets import issue_ticket
from web.tokens import issue_access_token, read_access_token


def account(**changes: Any) -> dict[str, Any]:
    return {"email": "Ada@Example.test ", "password": PASSWORD, "display_name": " Ada "} | changes


async def test_registering_returns_the_profile(people: People) -> None:
    reply = await people.guest().post("/users/register", account())
    assert reply.status == 201
    assert reply.body.keys() == {"id", "email", "display_name", "role", "avatar_url", "created_at"}
    assert (reply.body["email"], reply.body["display_name"]) == ("ada@example.test", "Ada")
    assert "password" not in reply.text


async def test_an_address_has_one_account_in_any_case(people: People) -> None:
    assert (await people.guest().post("/users/register", account())).status == 201
    again = await people.guest().post("/users/register", account(email="ADA@example.TEST"))
    assert (again.status, again.body["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@example.test"}, "email"),
        ({"email": "a@b@example.test"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"display_name": "   "}, "display_name"),
        ({"display_name": "\u200b\u3164"}, "display_name"),
        ({"display_name": "a\x00b"}, "display_name"),
        ({"email": "a\x00b@example.test"}, "email"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_a_registration_that_cannot_be_is_refused(
    people: People, changes: dict[str, Any], path: str
) -> None:
    reply = await people.guest().post("/users/register", account(**changes))
    assert (reply.status, reply.body["code"]) == (422, "validation_failed")
    assert reply.body["errors"][0]["path"] == path


async def test_unknown_account_and_wrong_password_look_the_same(people: People, host: Person) -> None:
    unknown = await people.guest().post("/users/login", {"email": "no@example.test", "password": PASSWORD})
    wrong = await people.guest().post("/users/login", {"email": host.email, "password": "something else"})
    assert unknown.status == wrong.status == 401
    assert unknown.text == wrong.text
    assert unknown.body["code"] == "invalid_credentials"


async def test_an_unknown_account_costs_a_hash_as_well(people: People, app: Quart, monkeypatch: Any) -> None:
    passwords = services_of(app).passwords
    seen: list[str | None] = []
    original = passwords._hash_or_verify

    def watched(password: str, against: str | None) -> str | None:
        seen.append(against)
        return original(password, against)

    monkeypatch.setattr(passwords, "_hash_or_verify", watched)
    await people.guest().post("/users/login", {"email": "no@example.test", "password": PASSWORD})
    assert len(seen) == 1
    assert seen[0] is not None
    assert seen[0].startswith("$argon2id$")


async def test_the_profile_can_be_changed(host: Person) -> None:
    assert (await host.put("/users/profile", {"display_name": "Hedy L."})).status == 200
    assert (await host.get("/users/profile")).body["display_name"] == "Hedy L."


async def let_time_pass(app: Quart, seconds: int) -> None:
    """Age the use of every refresh token."""
    query = "UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => %s)"
    await services_of(app).pool.run(database.execute_sql, query, (seconds,))


async def test_two_tabs_that_refresh_at_once_stay_logged_in_with_one_token(
    people: People, host: Person
) -> None:
    body = {"refresh_token": host.tokens["refresh_token"]}
    first, second = await asyncio.gather(
        *(people.guest().post("/users/refresh-token", body) for _ in range(2))
    )
    assert first.status == second.status == 200
    assert first.body["refresh_token"] == second.body["refresh_token"]
    assert (await Person(host.client, second.body["access_token"]).get("/users/profile")).status == 200


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_login(
    people: People, host: Person, app: Quart
) -> None:
    guest = people.guest()
    first = host.tokens["refresh_token"]
    second = await guest.post("/users/refresh-token", {"refresh_token": first})
    assert second.status == 200
    fresh = Person(guest.client, second.body["access_token"])
    assert (await fresh.get("/users/profile")).status == 200
    await let_time_pass(app, 60)
    stolen = await guest.post("/users/refresh-token", {"refresh_token": first})
    assert (stolen.status, stolen.body["code"]) == (401, "refresh_reused")
    after = await guest.post("/users/refresh-token", {"refresh_token": second.body["refresh_token"]})
    assert (after.status, after.body["code"]) == (401, "refresh_invalid")
    assert (await fresh.get("/users/profile")).status == 401


async def test_logging_out_ends_both_tokens_but_no_other_login(people: People, host: Person) -> None:
    other = people.guest()
    login = await other.post("/users/login", {"email": host.email, "password": PASSWORD})
    other.token = login.body["access_token"]
    assert (await host.post("/users/logout")).status == 204
    refused = await host.get("/users/profile")
    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    refresh = await host.post("/users/refresh-token", {"refresh_token": host.tokens["refresh_token"]})
    assert refresh.status == 401
    assert (await other.get("/users/profile")).status == 200


def forged(token: str, **header: str) -> str:
    """The token with another header and no signature."""
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{encoded}.{token.split('.')[1]}."


async def test_tokens_that_are_not_ours_are_refused(host: Person) -> None:
    good = host.token or ""
    profile = await host.get("/users/profile")
    profile.body["login"] = read_access_token(SECRET, good).login_id
    claims = {"sub": profile.body["id"], "role": "host", "sid": "x"}
    bad = {
        "none": forged(good, alg="none", typ="access"),
        "cut": good[:-3],
        "other secret": signing.sign("y" * 40, "access", claims, 60),
        "ticket": issue_ticket(SECRET, "s", "p", "participant", "n"),
        "ended login": signing.sign(SECRET, "access", claims, 60),
        "refresh token": host.tokens["refresh_token"],
        "somebody else's login": issue_access_token(SECRET, new_id(), profile.body["login"]),
        "key of another purpose": signing.sign(SECRET, "ticket", claims, 60),
        "nonsense": "nonsense",
    }
    for name, token in bad.items():
        reply = await host.get("/users/profile", headers={"Authorization": f"Bearer {token}"})
        assert (reply.status, reply.body["code"]) == (401, "unauthenticated"), name
    for header in ("", "Bearer", "Basic abc", good):
        assert (await host.get("/users/profile", headers={"Authorization": header})).status == 401


async def test_an_expired_token_says_so(host: Person) -> None:
    expired = signing.sign(SECRET, "access", {"sub": "a", "role": "host", "sid": "b"}, -60)
    reply = await host.get("/users/profile", headers={"Authorization": f"Bearer {expired}"})
    assert (reply.status, reply.body["code"]) == (401, "token_expired")
