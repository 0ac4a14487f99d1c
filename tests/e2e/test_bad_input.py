"""Whatever a client sends: a stable code, nobody else is harmed, and nothing counts twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from scripts.simulation.sources import stored_answers
from tests.e2e.stack import Stack
from tests.e2e.wire import Session, Wire, open_session, wire
from web import signing

DRAFT: dict[str, Any] = {
    "title": "Bad input",
    "questions": [
        {
            "title": f"Question {number}?",
            "options": [{"text": text, "is_correct": text == "yes"} for text in ("yes", "no", "maybe")],
        }
        for number in range(2)
    ],
}
OTHER = {**DRAFT, "title": "Another quiz"}


class Table:
    """A session with its first question open, somebody who misbehaves, and somebody who must not notice."""

    def __init__(self, stack: Stack, session: Session, sockets: AsyncExitStack) -> None:
        self.stack = stack
        self.session = session
        self.sockets = sockets
        self.expected: list[tuple[Wire, int]] = []

    async def seat(self, gateway: int = 0) -> tuple[dict[str, Any], Wire]:
        """A new participant who has said hello."""
        guest = await self.session.join()
        connection = await self.socket(gateway)
        await connection.hello(ticket=guest["ticket"])
        return guest, connection

    async def socket(self, gateway: int = 0, **options: Any) -> Wire:
        """A connection without hello."""
        return await self.sockets.enter_async_context(wire(self.stack.gateways[gateway], **options))

    def expect_score(self, connection: Wire, score: int) -> None:
        """What this connection will be told when the question closes."""
        self.expected.append((connection, score))

    def stored(self) -> dict[str, str]:
        """participant id → option, as PostgreSQL has it for the whole session."""
        rows = stored_answers(self.stack.postgres.url, self.session.id)
        assert len({row.participant_id for row in rows}) == len(rows)
        return {row.participant_id: row.option for row in rows}

    async def wait_stored(self, participant_id: str) -> str:
        """The option that PostgreSQL has of a participant, soon."""
        for _ in range(100):
            option = self.stored().get(participant_id)
            if option is not None:
                return option
            await asyncio.sleep(0.1)
        raise AssertionError("the answer was not stored")


@pytest.fixture
async def table(stack: Stack) -> AsyncIterator[Table]:
    """With a witness on each gateway: one answers before whatever happens, one after it, and both miss nothing."""
    async with AsyncExitStack() as sockets, open_session(stack.gateways, DRAFT) as session:
        table = Table(stack, session, sockets)
        witnesses = [await table.seat(0), await table.seat(1)]
        question_id = await session.next()
        for number, (guest, witness) in enumerate(witnesses):
            assert (await witness.answer(question_id, "A"))["status"] == "accepted"
            assert await table.wait_stored(guest["participant_id"]) == "A"
            if number == 0:
                yield table
        await session.close()
        for connection, score in [*((witness, 1) for _, witness in witnesses), *table.expected]:
            assert (await connection.until("result"))["score"] == score
        await session.end()
        for _, witness in witnesses:
            await witness.until("ended")
            assert await witness.code() == 4505
            numbers = [frame["seq"] for frame in map(json.loads, witness.frames) if "seq" in frame]
            events = numbers[numbers.index(numbers[0]) + 2 :]  # after welcome and snapshot
            assert events == list(range(events[0], events[0] + len(events)))
            assert not [data for data in witness.frames if b'"error"' in data]


NONSENSE = [
    ("", "malformed_json"),
    ("{", "malformed_json"),
    ("nonsense", "malformed_json"),
    ("[" * 2000, "invalid_message"),
    ("[]", "invalid_message"),
    ("7", "invalid_message"),
    ("null", "invalid_message"),
    ('{"type":"dance"}', "unknown_type"),
    ('{"type":7}', "unknown_type"),
    ("{}", "unknown_type"),
    ('{"type":"answer"}', "invalid_message"),
    ('{"type":"answer","id":1,"question_id":"q","option":"A"}', "invalid_message"),
    ('{"type":"answer","id":"a","question_id":null,"option":"A"}', "invalid_message"),
    ('{"type":"answer","id":"","question_id":"q","option":"A"}', "invalid_message"),
    ('{"type":"answer","id":"a","question_id":"q","option":"A","points":9}', "invalid_message"),
    ('{"type":"answer","id":"a","question_id":"q","option":["A"]}', "invalid_message"),
    ('{"type":"sync","now":true}', "invalid_message"),
    ('{"type":"hello","ticket":"x"}', "already_welcome"),
]


async def test_frames_that_make_no_sense_get_an_error_each_and_the_connection_lives(table: Table) -> None:
    guest, bad = await table.seat()
    for text, code in NONSENSE:
        await bad.say(text)
        error = await bad.until("error")
        assert (error["code"], error["retryable"]) == (code, False), text
        assert "dance" not in error["message"]
    assert (await bad.answer(table.session.question_ids[0], "B"))["status"] == "accepted"
    assert await table.wait_stored(guest["participant_id"]) == "B"


async def test_an_answer_to_what_cannot_be_answered_is_refused_and_not_stored(table: Table) -> None:
    guest, bad = await table.seat()
    first, second = table.session.question_ids
    assert (await bad.answer(str(uuid4()), "A"))["status"] == "unknown_question"
    assert (await bad.answer("robert'); DROP TABLE answers;--", "A"))["status"] == "unknown_question"
    async with open_session(table.stack.gateways, OTHER) as other:
        assert (await bad.answer(other.question_ids[0], "A"))["status"] == "unknown_question"
        await other.end()
    assert (await bad.answer(second, "A"))["status"] == "closed"
    assert (await bad.answer(first, "D"))["code"] == "invalid_option"
    assert (await bad.answer(first, "Z"))["code"] == "invalid_option"
    await asyncio.sleep(0.5)
    assert guest["participant_id"] not in table.stored()


async def test_an_answer_before_and_after_the_question_is_refused(stack: Stack) -> None:
    async with AsyncExitStack() as sockets, open_session(stack.gateways, DRAFT) as session:
        table = Table(stack, session, sockets)
        _, early = await table.seat()
        assert (await early.answer(session.question_ids[0], "A"))["status"] == "closed"
        question_id = await session.next()
        await early.until("question")
        await session.close()
        await early.until("question_closed")
        assert (await early.answer(question_id, "A"))["status"] == "closed"
        await session.end()
        assert table.stored() == {}


async def test_a_second_answer_is_a_duplicate_and_names_the_first(table: Table) -> None:
    guest, bad = await table.seat()
    question_id = table.session.question_ids[0]
    assert (await bad.answer(question_id, "B"))["status"] == "accepted"
    second = await bad.answer(question_id, "A")
    assert (second["status"], second["option"]) == ("duplicate", "B")
    assert await table.wait_stored(guest["participant_id"]) == "B"
    third = await bad.answer(question_id, "C")
    assert (third["status"], third["option"]) == ("duplicate", "B")
    assert table.stored()[guest["participant_id"]] == "B"


async def test_the_same_answer_again_is_confirmed_and_counts_once(table: Table) -> None:
    guest, bad = await table.seat()
    question_id, answer_id = table.session.question_ids[0], str(uuid4())
    for _ in range(3):
        assert (await bad.answer(question_id, "A", answer_id))["status"] == "accepted"
    assert await table.wait_stored(guest["participant_id"]) == "A"
    again = await table.socket(1)
    await again.hello(resume_token=guest["resume_token"])
    assert (await again.answer(question_id, "A", answer_id))["status"] == "accepted"
    table.expect_score(again, 1)


async def test_a_burst_of_the_same_answer_counts_once(table: Table) -> None:
    """A double click, and worse: before the first one is acknowledged."""
    guest, bad = await table.seat()
    question_id = table.session.question_ids[0]
    messages = [
        {"type": "answer", "id": str(uuid4()), "question_id": question_id, "option": key} for key in "ABC"
    ]
    for message in messages:
        await bad.say(message)
        await bad.say(message)
    acks = {}
    while len(acks) < 3:
        ack = await bad.until("ack")
        acks[ack["re"]] = ack
    assert [acks[message["id"]]["status"] for message in messages] == ["accepted", "duplicate", "duplicate"]
    assert {acks[message["id"]]["option"] for message in messages[1:]} == {"A"}
    assert await table.wait_stored(guest["participant_id"]) == "A"
    table.expect_score(bad, 1)


@pytest.mark.parametrize("gateway", [0, 1], ids=["on the same gateway", "on another gateway"])
async def test_a_newer_connection_replaces_the_older(table: Table, gateway: int) -> None:
    guest, older = await table.seat()
    newer = await table.socket(gateway)
    await newer.hello(resume_token=guest["resume_token"])
    assert await older.code() == 4504
    assert (await newer.answer(table.session.question_ids[0], "A"))["status"] == "accepted"
    assert await table.wait_stored(guest["participant_id"]) == "A"


async def test_answers_racing_on_two_gateways_leave_one_and_say_which(table: Table) -> None:
    """Old and new connection answer differently at the same moment; what the newer one was told last is stored."""
    question_id = table.session.question_ids[0]

    async def race() -> None:
        guest, older = await table.seat(0)
        newer = await table.socket(1)
        told: dict[str, Any] = {}
        first, second = str(uuid4()), str(uuid4())
        await newer.say({"type": "hello", "resume_token": guest["resume_token"]})
        with suppress(ConnectionClosed):  # replaced already
            await older.say({"type": "answer", "id": first, "question_id": question_id, "option": "B"})
        await newer.until("snapshot")
        await newer.say({"type": "answer", "id": second, "question_id": question_id, "option": "C"})
        await newer.collect(1.0)
        for ack in (json.loads(data) for data in newer.frames if b'"ack"' in data):
            told[ack["re"]] = ack.get("option", "C")
        assert told[second] == await table.wait_stored(guest["participant_id"])

    await asyncio.gather(*(race() for _ in range(10)))


async def test_a_frame_that_is_too_large_closes_with_1009(table: Table) -> None:
    guest, bad = await table.seat()
    await bad.say(json.dumps({"type": "answer", "id": "x" * 5000, "question_id": "q", "option": "A"}))
    assert await bad.code() == 1009
    await comes_back(table, guest)


async def test_a_binary_frame_closes_with_1003(table: Table) -> None:
    guest, bad = await table.seat()
    await bad.say(b'{"type":"sync"}')
    assert await bad.code() == 1003
    await comes_back(table, guest)


async def test_a_flood_closes_with_4429(table: Table) -> None:
    guest, bad = await table.seat()
    with suppress(ConnectionClosed):
        for _ in range(400):
            await bad.say({"type": "pong"})
    assert await bad.code() == 4429
    await comes_back(table, guest)


async def comes_back(table: Table, guest: dict[str, Any]) -> None:
    """Whoever was closed may come back, and nothing was taken from them."""
    again = await table.socket(1)
    snapshot = await again.hello(resume_token=guest["resume_token"])
    assert snapshot["question"]["question_id"] == table.session.question_ids[0]
    assert (await again.answer(table.session.question_ids[0], "B"))["status"] == "accepted"


async def test_a_ticket_opens_one_connection(table: Table) -> None:
    guest = await table.session.join()
    first = await table.socket(0)
    await first.hello(ticket=guest["ticket"])
    for gateway in (0, 1):
        second = await table.socket(gateway)
        await second.say({"type": "hello", "ticket": guest["ticket"]})
        assert (await second.until("error"))["code"] == "ticket_used"
        assert await second.code() == 4501
    assert (await first.answer(table.session.question_ids[0], "B"))["status"] == "accepted"


@pytest.mark.parametrize("fault", ["garbled", "foreign", "expired", "login", "empty", "resume"])
async def test_a_ticket_that_is_not_good_closes_with_4501(table: Table, fault: str) -> None:
    guest = await table.session.join()
    good = guest["ticket"]
    claims = {"sid": table.session.id, "role": "participant", "jti": "1", "sub": guest["participant_id"]}
    hello = {
        "garbled": {"ticket": good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")},
        "foreign": {"ticket": signing.sign("another secret of at least 32 bytes", "ticket", claims, 25)},
        "expired": {"ticket": signing.sign(table.stack.secret, "ticket", claims, -60)},
        "login": {"ticket": table.session.host.api.token},
        "empty": {},
        "resume": {"resume_token": f"{guest['participant_id']}.not-the-secret"},
    }[fault]
    bad = await table.socket()
    await bad.say({"type": "hello", **hello})
    error = await bad.until("error")
    assert error["code"] in ("bad_ticket", "bad_resume_token", "ticket_missing")
    assert good not in error["message"]
    assert await bad.code() == 4501


async def test_before_hello_nothing_else_is_heard_and_silence_closes(table: Table) -> None:
    silent = await table.socket()
    impatient = await table.socket(1)
    await impatient.say(
        {"type": "answer", "id": "a", "question_id": table.session.question_ids[0], "option": "A"}
    )
    error = await impatient.until("error")
    assert (error["code"], error["re"]) == ("hello_expected", "a")
    for each in (silent, impatient):
        assert (await each.until("error"))["code"] == "hello_timeout"
        assert await each.code() == 4009


async def test_another_subprotocol_closes_with_4508(table: Table) -> None:
    """A client library may refuse the handshake itself, since its only subprotocol is not agreed to."""
    old = await table.socket(subprotocol="quiz.v0")
    assert await old.code() == 4508


async def test_a_refused_body_breaks_no_connection_without_saying_so(stack: Stack) -> None:
    long = json.dumps({"title": "x" * 100_000})
    async with httpx.AsyncClient(base_url=stack.gateways[0], trust_env=False) as client:
        for _ in range(3):  # over one connection: a reply that left the body unread used to be its last
            refused = await client.post("/quizzes", content=long)
            assert refused.status_code == 401
            assert (await client.get("/livez")).status_code == 200


async def test_a_reply_that_ends_the_connection_says_so(stack: Stack) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(stack.gateways[0]).port)
    writer.write(b"POST /quizzes HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{")
    reply = await reader.read()  # to the end, although the body never comes
    assert reply.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close\r\n" in reply.lower()
    writer.close()
