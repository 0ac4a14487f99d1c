"""A hall at the reception of one node: many at once, good and bad, each with their own outcome."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from quart import Quart

from bus import subjects
from bus.messages import BoardDelta, SessionState, Settings, decode, encode
from db import guesses, joining, live, participants, quizzes, scoreboard, sessions
from db.errors import Conflict
from db.ids import new_id
from tests.joining import join
from tests.web.people import People, Person, quiz
from web.reception import Visitor
from web.services import Services, services_of
from web.tokens import Caller

HERE = {"client": ("192.0.2.7", 1234)}


def made(found: Services, host_id: str, **settings: Any) -> dict[str, Any]:
    """A session in its lobby, in Redis too."""
    made = quizzes.create(host_id, quiz())
    session = sessions.create(
        made["id"],
        host_id,
        quizzes.snapshot(made["id"]),
        "host",
        "flat",
        settings=encode(Settings(**settings)),
    )
    locked = settings.get("late_join_until") == 0
    state = SessionState(session["id"], host_id, "host", question_count=1, locked=locked)
    live.restore(found.redis, session["id"], state=encode(state))
    return session


@pytest_asyncio.fixture
async def found(app: Quart) -> Services:
    return services_of(app)


@pytest_asyncio.fixture
async def session(found: Services, host: Person) -> dict[str, Any]:
    return await found.pool.run(made, found, (await host.get("/users/profile")).body["id"])


@pytest_asyncio.fixture
async def locked(found: Services, host: Person) -> dict[str, Any]:
    host_id = (await host.get("/users/profile")).body["id"]
    return await found.pool.run(lambda: made(found, host_id, late_join_until=0))


async def test_everybody_of_a_mixed_hall_gets_the_answer_that_is_theirs(
    people: People, host: Person, found: Services, session: dict[str, Any], locked: dict[str, Any]
) -> None:
    await found.pool.run(join, session["id"], None, "Ann")
    code, nobody = session["join_code"], f"{(int(session['join_code']) + 1) % 1_000_000:06d}"
    wanted: list[tuple[str, Any, int, str | None]] = [
        *((code, {"nickname": f"Guest {number}"}, 201, None) for number in range(20)),
        *((code, {}, 201, None) for _ in range(5)),
        (code, {"nickname": "ann"}, 409, "nickname_taken"),
        (code, {"nickname": "\u200b"}, 422, "nickname_invalid"),
        (code, {"nickname": "x" * 33}, 422, "nickname_invalid"),
        (nobody, {"nickname": "Lost"}, 404, "not_found"),
        (new_id(), {"nickname": "Lost"}, 404, "not_found"),
        (locked["join_code"], {"nickname": "Late"}, 409, "session_locked"),
        (f"{code[:3]}-{code[3:]}", {"nickname": "Spaced"}, 201, None),
        (session["quiz_id"], {"nickname": "By id"}, 201, None),
    ]
    replies = await asyncio.gather(
        *(
            people.guest().post(f"/users/quizzes/{at}/join", body, scope_base=HERE)
            for at, body, _, _ in wanted
        )
    )
    for (at, body, status, problem), reply in zip(wanted, replies, strict=True):
        assert (reply.status, reply.body.get("code")) == (status, problem), (at, body, reply.text)
    inside = {reply.body["participant_id"]: reply.body for reply in replies if reply.status == 201}
    stored = {one["id"]: one for one in await found.pool.run(participants.all_of, session["id"])}
    assert len(stored) == 1 + len(inside) == 28
    for participant_id, body in inside.items():
        assert stored[participant_id]["nickname"] == body["nickname"]
    board = await found.pool.run(live.enter_all, found.redis, {session["id"]: [(one, "") for one in inside]})
    assert board[session["id"]] is not None
    assert found.redis.get("guesses:192.0.2.7:misses") == b"1", "one wrong code, counted once"


async def test_a_hall_is_told_to_the_boards_group_by_group(found: Services, session: dict[str, Any]) -> None:
    deltas: list[BoardDelta] = []

    async def on_delta(message: Any) -> None:
        deltas.append(decode(message.data, BoardDelta))

    await found.nats.subscribe(subjects.leaderboard(session["id"]), cb=on_delta)
    await found.nats.flush()
    visitors = [Visitor(session["join_code"], None, "here", f"Guest {n}", None) for n in range(50)]
    joined = await asyncio.gather(*map(found.reception.join, visitors))
    await found.nats.flush()
    await asyncio.sleep(0.05)
    told = [entry.participant_id for delta in deltas for entry in delta.entries]
    assert sorted(told) == sorted(one["id"] for one in joined)
    versions = [delta.version for delta in deltas]
    assert versions == list(range(versions[0], versions[0] + len(versions))), "no gap, none twice"
    assert len(deltas) < 10


async def test_one_who_cannot_be_stored_keeps_nobody_out(found: Services, session: dict[str, Any]) -> None:
    code = session["join_code"]
    ghost = Visitor(code, Caller(new_id(), "participant", new_id()), "here", "Ghost", None)  # of no user
    guests = [Visitor(code, None, "here", f"Guest {number}", None) for number in range(10)]
    outcomes = await asyncio.gather(
        *map(found.reception.join, [*guests[:5], ghost, *guests[5:]]), return_exceptions=True
    )
    assert isinstance(outcomes.pop(5), Exception)
    assert [one["nickname"] for one in outcomes if isinstance(one, dict)] == [one.nickname for one in guests]
    assert len(await found.pool.run(participants.all_of, session["id"])) == 10


async def test_whoever_is_thrown_out_before_they_are_on_the_board_is_not_put_on_it(
    found: Services, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    admit_all = joining.admit_all

    def thrown_out_meanwhile(group: list[Any]) -> list[dict[str, Any] | None]:
        admitted = admit_all(group)
        for one in admitted:
            if one is not None and one["nickname"] == "Eve":
                participants.kick(one["id"])
                live.leave(found.redis, session["id"], one["id"])
        return admitted

    monkeypatch.setattr(joining, "admit_all", thrown_out_meanwhile)
    visitors = [Visitor(session["join_code"], None, "here", name, None) for name in ("Ann", "Eve", "Bob")]
    ann, eve, bob = await asyncio.gather(*map(found.reception.join, visitors), return_exceptions=True)
    assert isinstance(eve, Conflict) and eve.code == "kicked"
    board = await found.pool.run(scoreboard.board, found.redis, session["id"])
    assert board is not None and isinstance(ann, dict) and isinstance(bob, dict)
    assert {row.participant_id for row in board.rows} == {ann["id"], bob["id"]}


async def test_a_session_whose_boards_cannot_be_told_keeps_nobody_out(
    people: People, host: Person, found: Services, session: dict[str, Any]
) -> None:
    host_id = (await host.get("/users/profile")).body["id"]
    other = await found.pool.run(made, found, host_id)
    deltas: list[BoardDelta] = []

    async def on_delta(message: Any) -> None:
        deltas.append(decode(message.data, BoardDelta))

    await found.nats.subscribe(subjects.leaderboard(other["id"]), cb=on_delta)
    found.nats._max_payload = (
        400  # the hall's entries are longer, those of the one in the other session are not
    )
    visitors = [Visitor(session["join_code"], None, "here", f"Guest {number}", None) for number in range(20)]
    visitors.append(Visitor(other["join_code"], None, "here", "Ann", None))
    joined = await asyncio.gather(*map(found.reception.join, visitors))
    assert len({one["id"] for one in joined}) == 21
    await found.nats.flush()
    await asyncio.sleep(0.05)
    assert [entry.nickname for delta in deltas for entry in delta.entries] == ["Ann"]


async def test_a_user_who_comes_in_a_hall_again_is_the_same_participant(
    people: People, found: Services, session: dict[str, Any]
) -> None:
    user = await people.user()
    path = f"/users/quizzes/{session['join_code']}/join"
    replies = await asyncio.gather(*(user.post(path, {"nickname": f"Ada {n}"}) for n in range(6)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["participant_id"] for reply in replies}) == 1


async def test_a_session_that_is_over_or_locked_within_the_second_takes_nobody(
    people: People, found: Services, session: dict[str, Any]
) -> None:
    path = f"/users/quizzes/{session['join_code']}/join"
    assert (await people.guest().post(path, {"nickname": "Ann"})).status == 201
    loaded = await found.pool.run(live.load, found.redis, session["id"])
    assert loaded is not None
    shut = encode(SessionState(session["id"], session["host_id"], "host", question_count=1, locked=True))
    assert await found.pool.run(live.swap_state, found.redis, session["id"], loaded.state, shut)
    reply = await people.guest().post(path, {"nickname": "Bob"})
    assert (reply.status, reply.body["code"]) == (409, "session_locked")
    assert await found.pool.run(live.swap_state, found.redis, session["id"], shut, loaded.state)
    assert (await people.guest().post(path, {"nickname": "Bob"})).status == 201
    await found.pool.run(sessions.end, session["id"])
    reply = await people.guest().post(path, {"nickname": "Cleo"})
    assert (reply.status, reply.body["code"]) == (404, "not_found")


async def test_a_hall_gets_in_where_redis_has_lost_the_session(
    found: Services, session: dict[str, Any]
) -> None:
    state = encode(SessionState(session["id"], session["host_id"], "host", question_count=1))
    kept = {"state": "lobby", "version": 1, "seq": 1, "question_index": -1, "live": state}
    assert await found.pool.run(sessions.save_state, session["id"], **kept)
    await found.pool.run(live.forget, found.redis, session["id"])
    visitors = [Visitor(session["join_code"], None, "here", f"Guest {n}", None) for n in range(20)]
    joined = await asyncio.gather(*map(found.reception.join, visitors))
    assert len({one["id"] for one in joined}) == 20
    board = found.redis.zcard(live.base_keys(session["id"])[1])
    assert board == 20


async def test_wrong_codes_in_a_hall_are_counted_one_by_one(people: People, session: dict[str, Any]) -> None:
    wrong = [f"{(int(session['join_code']) + 1 + n) % 1_000_000:06d}" for n in range(guesses.MAX_MISSES)]
    scope = {"scope_base": {"client": ("198.51.100.9", 1)}}
    replies = await asyncio.gather(
        *(people.guest().post(f"/users/quizzes/{code}/join", {}, **scope) for code in wrong)
    )
    assert {reply.status for reply in replies} == {404}
    right = f"/users/quizzes/{session['join_code']}/join"
    assert (await people.guest().post(right, {}, **scope)).status == 429


@pytest.mark.parametrize("given_up", [0, 3])
async def test_whoever_hangs_up_takes_nobody_along(
    found: Services, session: dict[str, Any], given_up: int
) -> None:
    visitors = [Visitor(session["join_code"], None, "here", f"Guest {n}", None) for n in range(6)]
    tasks = [asyncio.create_task(found.reception.join(visitor)) for visitor in visitors]
    await asyncio.sleep(0)
    tasks[given_up].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes.pop(given_up), asyncio.CancelledError)
    assert all(isinstance(one, dict) for one in outcomes)
