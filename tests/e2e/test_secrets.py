"""What must not be known yet is not in a single byte that anybody receives."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

from tests.e2e.stack import Stack
from tests.e2e.wire import Session, Wire, open_session, wire

QUESTIONS = 3


def title(index: int) -> str:
    return f"canary-title-{index}-b1946ac9"


def explanation(index: int) -> str:
    return f"canary-explanation-{index}-2495a4c1"


def correct(index: int) -> str:
    """Another option of each question is right."""
    return "BDA"[index]


def draft() -> dict[str, Any]:
    return {
        "title": "Secrets",
        "description": "canary-description-7c6a180b",
        "questions": [
            {
                "title": title(index),
                "explanation": explanation(index),
                "weight": 1,
                "options": [
                    {"text": f"option {key} of {index}", "is_correct": key == correct(index)}
                    for key in "ABCD"
                ],
            }
            for index in range(QUESTIONS)
        ],
    }


def check(frames: list[bytes], question_ids: list[str], closed: int = 0) -> None:
    """Read the frames of one socket in order, and fail at the first that tells something too early.

    The first `closed` questions were over when the socket was opened.
    """
    opened: set[int] = set()
    told = set(range(closed))  # closed, or answered in self pacing: the solution may be known
    explained: set[int] = set()
    for data in frames:
        frame = json.loads(data)
        for asked in (frame, frame.get("question"), frame.get("next")):
            if asked and asked.get("title") and "options" in asked:
                opened.add(question_ids.index(asked["question_id"]))
        if frame["type"] in ("question_closed", "result"):
            told.add(question_ids.index(frame["question_id"]))
        if frame["type"] == "question_closed":
            explained.add(question_ids.index(frame["question_id"]))
        text = data.decode()
        for index in range(QUESTIONS):
            assert index in opened or title(index) not in text, f"question {index} before it opened: {text}"
            assert index in explained or explanation(index) not in text, f"explanation too early: {text}"
        for part in parts_of(frame):
            if part.keys() & {"correct", "correct_option", "is_correct", "points", "counts", "explanation"}:
                index = question_ids.index(part["question_id"])
                assert index in told, f"the outcome of question {index} is known too early: {text}"
        assert "is_correct" not in text
        assert "canary-description" not in text


def parts_of(value: Any) -> list[dict[str, Any]]:
    """Every object inside a frame, at any depth."""
    if isinstance(value, dict):
        return [value, *(part for inner in value.values() for part in parts_of(inner))]
    if isinstance(value, list):
        return [part for inner in value for part in parts_of(inner)]
    return []


async def watchers(session: Session, stack: Stack, sockets: AsyncExitStack) -> list[Wire]:
    """A screen on each gateway."""
    wires = []
    for url in stack.gateways:
        path = f"/sessions/{session.id}/tickets"
        ticket = await session.host.api.call("POST", path, body={"role": "screen"}, safe=False)
        wires.append(await sockets.enter_async_context(wire(url)))
        await wires[-1].hello(ticket=ticket["ticket"])
    return wires


async def test_host_pacing_tells_nothing_before_the_close(stack: Stack) -> None:
    """Eight participants, half of them right, one leaving and coming back; and screens."""
    async with AsyncExitStack() as sockets, open_session(stack.gateways, draft()) as session:
        guests = [await session.join() for _ in range(8)]
        wires: list[Wire] = []
        for number, guest in enumerate(guests):
            wires.append(await sockets.enter_async_context(wire(stack.gateways[number % 2])))
            await wires[-1].hello(ticket=guest["ticket"])
        screens = await watchers(session, stack, sockets)
        since = dict.fromkeys([*wires, *screens], 0)
        for index in range(QUESTIONS):
            question_id = await session.next()
            await asyncio.gather(*(each.until("question") for each in [*wires, *screens]))
            options = [correct(index) if number % 2 else "C" for number in range(8)]
            acks = await asyncio.gather(
                *(each.answer(question_id, option) for each, option in zip(wires, options, strict=True))
            )
            assert {ack["status"] for ack in acks} == {"accepted"}
            await asyncio.gather(*(each.collect(0.5) for each in [*wires, *screens]))
            await wires[1].say({"type": "sync"})
            await wires[1].until("snapshot")
            back = await sockets.enter_async_context(wire(stack.gateways[0]))
            await back.hello(resume_token=guests[1]["resume_token"])
            since[back] = index
            wires[1] = back
            await session.close()
            await asyncio.gather(*(each.until("question_closed") for each in [*wires, *screens]))
            results = await asyncio.gather(*(each.until("result") for each in wires))
            assert [result["correct"] for result in results] == [bool(number % 2) for number in range(8)]
        await session.end()
        await asyncio.gather(*(each.until("ended") for each in [*wires, *screens]))
        for each, closed in since.items():
            check(each.frames, session.question_ids, closed)
        assert any(explanation(0) in data.decode() for data in wires[0].frames)  # the canary sings in the end


async def test_points_of_an_open_question_are_on_nobodys_board(stack: Stack) -> None:
    """Four guests who try one option each must not find the right one on the leaderboard before the close."""
    async with AsyncExitStack() as sockets, open_session(stack.gateways, draft()) as session:
        guests = [await session.join() for _ in range(4)]
        wires = []
        for number, guest in enumerate(guests):
            wires.append(await sockets.enter_async_context(wire(stack.gateways[number % 2])))
            await wires[-1].hello(ticket=guest["ticket"])
        question_id = await session.next()
        await asyncio.gather(*(each.until("question") for each in wires))
        before = [len(each.frames) for each in wires]
        await asyncio.gather(
            *(each.answer(question_id, key) for each, key in zip(wires, "ABCD", strict=True))
        )
        await asyncio.gather(*(each.collect(1.0) for each in wires))
        rest = await session.host.leaderboard(session.id)
        assert [entry["score"] for entry in rest] == [0, 0, 0, 0]
        await wires[0].say({"type": "sync"})
        await wires[0].until("snapshot")
        for each, count in zip(wires, before, strict=True):
            assert not [
                score for data in each.frames[count:] for score in scores_in(json.loads(data)) if score
            ]
        await session.close()
        await asyncio.gather(*(each.until("leaderboard") for each in wires))
        assert sum(entry["score"] for entry in await session.host.leaderboard(session.id)) == 1
        await session.end()


def scores_in(frame: dict[str, Any]) -> list[int]:
    """Every score on the board of a leaderboard or snapshot frame, and one's own."""
    board = frame if frame["type"] == "leaderboard" else frame.get("leaderboard") or {"entries": []}
    return [entry[2] for entry in board["entries"]] + [frame.get("score") or 0]


async def test_self_pacing_tells_nothing_before_the_own_answer(stack: Stack) -> None:
    """One goes ahead through all questions; what that shows the others is not about their own question."""
    async with AsyncExitStack() as sockets, open_session(stack.gateways, draft(), "self") as session:
        fast, slow = await session.join(), await session.join()
        ahead = await sockets.enter_async_context(wire(stack.gateways[0]))
        behind = await sockets.enter_async_context(wire(stack.gateways[1]))
        await ahead.hello(ticket=fast["ticket"])
        await behind.hello(ticket=slow["ticket"])
        (screen, other_screen) = await watchers(session, stack, sockets)
        for index, question_id in enumerate(session.question_ids):
            assert (await ahead.answer(question_id, correct(index)))["status"] == "accepted"
            result = await ahead.until("result")
            assert (result["correct"], result["correct_option"]) == (True, correct(index))
            await behind.collect(0.3)
            await behind.say({"type": "sync"})
            await behind.until("snapshot")
        for index, question_id in enumerate(session.question_ids):
            assert (await behind.answer(question_id, "C"))["status"] == "accepted"
            assert (await behind.until("result"))["correct_option"] == correct(index)
        await asyncio.gather(screen.collect(0.3), other_screen.collect(0.3))
        await session.end()
        for each in (ahead, behind, screen, other_screen):
            await each.until("ended")
            check(each.frames, session.question_ids)
            told = [json.loads(data) for data in each.frames]
            assert all("correct_option" not in frame or frame["type"] == "result" for frame in told)
        for each in (screen, other_screen):
            assert not any(
                title(index) in data.decode() for data in each.frames for index in range(QUESTIONS)
            )
