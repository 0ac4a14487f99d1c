"""What a host does about participants, over REST: other names, and bans."""

from __future__ import annotations

import asyncio

import pytest
from quart import Quart

from bus import subjects
from bus.messages import BoardDelta, decode
from tests.web.api.test_sessions import joined, started
from tests.web.people import People, Person
from web.services import services_of

pytestmark = pytest.mark.usefixtures("control_worker")


async def names(person: Person, session_id: str) -> set[str]:
    board = await person.get(f"/sessions/{session_id}/leaderboard")
    return {entry["nickname"] for entry in board.body["entries"]}


async def test_another_name_is_on_the_board_and_told_to_the_gateways_and_survives_a_rebuild(
    host: Person, people: People, app: Quart
) -> None:
    found = services_of(app)
    session = await started(host)
    await joined(people.guest(), session, "Ann")
    bob = await joined(people.guest(), session, "Bob")
    told: asyncio.Queue[BoardDelta] = asyncio.Queue()

    async def note(message: object) -> None:
        told.put_nowait(decode(message.data, BoardDelta))  # type: ignore[attr-defined]

    await found.nats.subscribe(subjects.leaderboard(session["id"]), cb=note)
    await found.nats.flush()
    path = f"/sessions/{session['id']}/participants/{bob['participant_id']}/rename"
    renamed = await host.post(path, {"nickname": "Robert"})
    assert (renamed.status, renamed.body) == (200, session)
    delta = await asyncio.wait_for(told.get(), 5)
    assert [(entry.participant_id, entry.nickname) for entry in delta.entries] == [
        (bob["participant_id"], "Robert")
    ]
    assert await names(host, session["id"]) == {"Ann", "Robert"}
    found.redis.flushdb()
    assert await names(host, session["id"]) == {"Ann", "Robert"}
    # Also when the session has to be rebuilt for it.
    found.redis.flushdb()
    assert (await host.post(path, {"nickname": "Bobby"})).status == 200
    assert await names(host, session["id"]) == {"Ann", "Bobby"}


async def test_the_rules_for_names_are_those_of_joining(host: Person, people: People) -> None:
    session = await started(host, nickname_filter="strict")
    assert session["nickname_filter"] == "strict"
    ann = await joined(people.guest(), session)
    await joined(people.guest(), session, "Bob")
    join = f"/users/quizzes/{session['join_code']}/join"
    rename = f"/sessions/{session['id']}/participants/{ann['participant_id']}/rename"
    for nickname, status, code in (
        ("shit", 422, "nickname_not_allowed"),
        ("\U0001f98a", 422, "nickname_not_allowed"),
        ("B\u043eb", 409, "nickname_taken"),
        ("\u200b", 422, "nickname_invalid"),
        ("x" * 33, 422, "nickname_invalid"),
    ):
        for reply in (
            await people.guest().post(join, {"nickname": nickname}),
            await host.post(rename, {"nickname": nickname}),
        ):
            assert (reply.status, reply.body["code"]) == (status, code), reply.text
    assert (await host.post(rename, {})).status == 422


@pytest.mark.parametrize(("level", "status"), [("off", 201), ("normal", 422)])
async def test_the_filter_is_the_hosts_choice(host: Person, people: People, level: str, status: int) -> None:
    session = await started(host, **({} if level == "normal" else {"nickname_filter": level}))
    assert session["nickname_filter"] == level
    join = f"/users/quizzes/{session['join_code']}/join"
    assert (await people.guest().post(join, {"nickname": "Sh1t"})).status == status
    assert (await people.guest().post(join, {"nickname": "\U0001f98a"})).status == 201


async def test_a_ban_holds_for_the_device_and_if_wanted_for_the_network(host: Person, people: People) -> None:
    session = await started(host)
    join = f"/users/quizzes/{session['join_code']}/join"
    path = f"/sessions/{session['id']}/participants"
    eve, ann = await joined(people.guest(), session, "Eve"), await joined(people.guest(), session, "Ann")
    assert eve["device_token"] != ann["device_token"]

    banned = await host.post(f"{path}/{eve['participant_id']}/ban")
    assert (banned.status, banned.body["seq"]) == (200, session["seq"] + 1)
    assert await names(host, session["id"]) == {"Ann"}
    listed = {item["nickname"]: item for item in (await host.get(path)).body["items"]}
    assert [(name, one["kicked"], one["banned"]) for name, one in listed.items()] == [
        ("Eve", True, True),
        ("Ann", False, False),
    ]
    refused = await people.guest().post(join, {"nickname": "Eva", "device_token": eve["device_token"]})
    assert (refused.status, refused.body["code"]) == (409, "banned")
    # The same network: somebody else may still come, until it is banned too.
    sid = await people.guest().post(join, {"nickname": "Sid"})
    assert sid.status == 201
    assert (await host.post(f"{path}/{sid.body['participant_id']}/ban", {"address": True})).status == 200
    refused = await people.guest().post(join, {"nickname": "Sidney"})
    assert (refused.status, refused.body["code"]) == (409, "banned")
    other = await started(host)
    again = await people.guest().post(
        f"/users/quizzes/{other['join_code']}/join", {"nickname": "Eve", "device_token": eve["device_token"]}
    )
    assert (again.status, again.body["device_token"]) == (201, eve["device_token"])


@pytest.mark.parametrize("command", ["kick", "ban"])
async def test_a_command_that_is_refused_throws_nobody_out(
    host: Person, people: People, command: str
) -> None:
    session = await started(host)
    ann = await joined(people.guest(), session, "Ann")
    path = f"/sessions/{session['id']}/participants"
    refused = await host.post(f"{path}/{ann['participant_id']}/{command}", {"expected_version": 99})
    assert (refused.status, refused.body["code"]) == (409, "version_conflict")
    (listed,) = (await host.get(path)).body["items"]
    assert (listed["kicked"], listed["banned"]) == (False, False)
    assert await names(host, session["id"]) == {"Ann"}


async def test_a_device_token_that_is_not_one_is_refused(host: Person, people: People) -> None:
    session = await started(host)
    join = f"/users/quizzes/{session['join_code']}/join"
    for token in ("short", "x" * 65, "ü" * 30, "a b" * 10):
        assert (await people.guest().post(join, {"device_token": token})).status == 422
