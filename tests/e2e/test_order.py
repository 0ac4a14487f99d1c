"""Questions and options in other orders: what a participant sees is theirs on every gateway, results are the author's."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from tests.e2e.stack import Stack
from tests.e2e.wire import Session, Wire, open_session, wire

QUESTIONS = 4
TEXTS = {"A": "wrong", "B": "right", "C": "worse", "D": "worst"}


def draft() -> dict[str, Any]:
    return {
        "title": "Orders",
        "questions": [
            {
                "title": f"Number {number}?",
                "options": [{"text": text, "is_correct": key == "B"} for key, text in TEXTS.items()],
            }
            for number in range(QUESTIONS)
        ],
    }


def key_of(asked: dict[str, Any], text: str) -> str:
    """Under which key this participant sees the option."""
    assert sorted(option["text"] for option in asked["options"]) == sorted(TEXTS.values())
    return next(option["key"] for option in asked["options"] if option["text"] == text)


async def came_out(session: Session) -> dict[str, dict[str, str]]:
    """The author's keys that are in the results, by participant and question; everything adds up."""
    results = await session.host.results(session.id)
    assert [question["question_id"] for question in results["questions"]] == session.question_ids
    assert {question["correct_option"] for question in results["questions"]} == {"B"}
    return {
        one["participant_id"]: {answer["question_id"]: answer["option"] for answer in one["answers"]}
        for one in results["participants"]
    }


async def test_with_options_in_everybodys_own_order_results_speak_of_the_authors(stack: Stack) -> None:
    settings = {"question_order": "session", "option_order": "participant", "streak_bonus": True}
    async with AsyncExitStack() as sockets, open_session(stack.gateways, draft(), **settings) as session:
        assert (session.state["question_order"], session.state["option_order"]) == ("session", "participant")
        guests = [await session.join() for _ in range(6)]
        wires = [await sockets.enter_async_context(wire(stack.gateways[n % 2])) for n in range(6)]
        welcomes = [await each.hello(ticket=one["ticket"]) for each, one in zip(wires, guests, strict=True)]
        asked_ids, orders, expected = [], set(), {one["participant_id"]: {} for one in guests}
        seen = welcomes[0]["seq"]
        for _ in range(QUESTIONS):
            await session.next()
            asked = await asyncio.gather(*(each.until("question") for each in wires))
            [question_id] = {each["question_id"] for each in asked}
            asked_ids.append(question_id)
            orders |= {tuple(option["text"] for option in each["options"]) for each in asked}
            # The first one comes back on the other gateway: the same options in the same order.
            back = await sockets.enter_async_context(wire(stack.gateways[len(asked_ids) % 2]))
            await back.say(
                {
                    "type": "hello",
                    "resume_token": guests[0]["resume_token"],
                    "epoch": welcomes[0]["epoch"],
                    "seq": seen,
                }
            )
            again = await back.until("question")
            assert again["options"] == asked[0]["options"]
            wires[0] = back
            for number, (each, mine) in enumerate(zip(wires, asked, strict=True)):
                author_key = "BBACDB"[number]
                key = key_of(mine, TEXTS[author_key])
                assert (await each.answer(question_id, key))["status"] == "accepted"
                other = await each.answer(question_id, key_of(mine, "worst" if number != 4 else "right"))
                assert (other["status"], other["option"]) == ("duplicate", key)
                expected[guests[number]["participant_id"]][question_id] = author_key
            await session.close()
            for number, (each, mine) in enumerate(zip(wires, asked, strict=True)):
                closed = await each.until("question_closed")
                assert closed["correct_option"] == key_of(mine, "right")
                assert closed["counts"] == {
                    key_of(mine, text): count
                    for text, count in {"wrong": 1, "right": 3, "worse": 1, "worst": 1}.items()
                }
                assert (await each.until("result"))["correct"] == ("BBACDB"[number] == "B")
                seen = closed["seq"] if number == 0 else seen
        await session.end()
        assert len(orders) > 6
        assert sorted(asked_ids) == sorted(session.question_ids)
        assert await came_out(session) == expected


async def test_in_self_pacing_everybody_has_their_own_order_and_keeps_it_on_the_other_gateway(
    stack: Stack,
) -> None:
    settings = {"question_order": "participant", "option_order": "participant", "streak_bonus": True}
    async with (
        AsyncExitStack() as sockets,
        open_session(stack.gateways, draft(), "self", **settings) as session,
    ):
        paths: list[list[str]] = []
        for number in range(4):
            guest = await session.join()
            each: Wire = await sockets.enter_async_context(wire(stack.gateways[number % 2]))
            following = (await each.hello(ticket=guest["ticket"]))["question"]
            path: list[str] = []
            while following is not None:
                assert following["index"] == len(path)
                path.append(following["question_id"])
                await each.answer(following["question_id"], key_of(following, "right"))
                result = await each.until("result")
                assert (result["correct"], result["correct_option"]) == (True, key_of(following, "right"))
                following = result["next"]
                if len(path) == 2:
                    each = await sockets.enter_async_context(wire(stack.gateways[(number + 1) % 2]))
                    snapshot = await each.hello(resume_token=guest["resume_token"])
                    assert snapshot["question"]["question_id"] == following["question_id"]
                    assert snapshot["question"]["options"] == following["options"]
            paths.append(path)
        await session.end()
        assert all(sorted(path) == sorted(session.question_ids) for path in paths)
        assert len({tuple(path) for path in paths}) > 1
        given = await came_out(session)
        assert {option for options in given.values() for option in options.values()} == {"B"}
