"""What must not be known yet is not in a single byte that anybody receives."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
from PIL.PngImagePlugin import PngInfo

from tests.e2e.stack import Stack
from tests.e2e.wire import Session, Wire, open_session, wire
from tests.workers.uploads import png

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
    told = set(range(closed))  # closed, or answered in self pacing: the solution may be known, and why
    for data in frames:
        frame = json.loads(data)
        for asked in (frame, frame.get("question"), frame.get("next")):
            if asked and asked.get("title") and "options" in asked:
                opened.add(question_ids.index(asked["question_id"]))
        if frame["type"] in ("question_closed", "result"):
            told.add(question_ids.index(frame["question_id"]))
        text = data.decode()
        for index in range(QUESTIONS):
            assert index in opened or title(index) not in text, f"question {index} before it opened: {text}"
            assert index in told or explanation(index) not in text, f"explanation too early: {text}"
        for part in parts_of(frame):
            if part.keys() & {"correct", "correct_option", "is_correct", "points", "counts", "explanation"}:
                index = question_ids.index(part["question_id"])
                assert index in told, f"the outcome of question {index} is known too early: {text}"
        assert "participant_ids" not in text, f"who has answered is for hosts: {text}"
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
            await errors(wires[2], session.question_ids, index)
            await session.close()
            await asyncio.gather(*(each.until("question_closed") for each in [*wires, *screens]))
            results = await asyncio.gather(*(each.until("result") for each in wires))
            assert [result["correct"] for result in results] == [bool(number % 2) for number in range(8)]
        await session.end()
        await asyncio.gather(*(each.until("ended") for each in [*wires, *screens]))
        for each, closed in since.items():
            check(each.frames, session.question_ids, closed)
        for each in wires:
            assert not any(b'"progress"' in data for data in each.frames)
        assert any(b'"progress"' in data for data in screens[0].frames)
        assert any(explanation(0) in data.decode() for data in wires[0].frames)  # the canary sings in the end


async def errors(each: Wire, question_ids: list[str], index: int) -> None:
    """Every way to be refused that has to do with questions; the frames are checked with all others."""
    told = [(await each.answer(question_ids[index], option))["type"] for option in ("D", "E", "\u0410")]
    told += [(await each.answer(other, "A"))["type"] for other in (*question_ids[index + 1 :], "q")]
    await each.say({"type": "answer", "id": "x", "question_id": question_ids[index], "correct_option": "A"})
    told.append((await each.until("error"))["type"])
    assert {"ack", "error"} == set(told)


async def test_missed_events_tell_no_more_than_those_that_were_there(stack: Stack) -> None:
    """Cut off before each event in turn, and back on the other gateway with the number of the last event."""
    async with (
        AsyncExitStack() as sockets,
        open_session(stack.gateways, draft(), option_order="participant") as session,
    ):
        guest = await session.join()
        first = await sockets.enter_async_context(wire(stack.gateways[0]))
        known = await first.hello(ticket=guest["ticket"])
        seq, closed, frames = known["seq"], 0, list(first.frames)
        for step in range(2 * QUESTIONS):
            await (session.close() if step % 2 else session.next())
            back = await sockets.enter_async_context(wire(stack.gateways[(step + 1) % 2]))
            again = {"resume_token": guest["resume_token"], "epoch": known["epoch"], "seq": seq}
            await back.say({"type": "hello", **again})
            assert (await back.until("welcome"))["resumed"]
            await back.until("question_closed" if step % 2 else "question")
            await back.until("leaderboard")
            seq = max(frame["seq"] for frame in map(json.loads, back.frames[1:]) if "seq" in frame)
            frames += back.frames
            late = await session.join()
            newcomer = await sockets.enter_async_context(wire(stack.gateways[step % 2]))
            await newcomer.hello(ticket=late["ticket"])
            (screen, other_screen) = await watchers(session, stack, sockets)
            closed = (step + 1) // 2
            for each in (newcomer, screen, other_screen):
                await each.collect(0.1)
                check(each.frames, session.question_ids, closed)
        check(frames, session.question_ids)
        assert all(explanation(index) in b"".join(frames).decode() for index in range(QUESTIONS))
        await session.end()


async def test_rest_and_pictures_tell_a_guest_nothing(stack: Stack) -> None:
    """While a question is open: whatever can be asked without the host's login, and the picture with its name."""
    canary = f"the-answer-is-{correct(0)}"
    async with open_session(stack.gateways, draft()) as probe:
        quiz_id, picture = probe.quiz["id"], png(pnginfo=_told(canary))
        path = f"/quizzes/{quiz_id}/questions/{probe.question_ids[0]}/image"
        await probe.host.api.call("POST", path, file=(f"{canary}.png", picture), safe=False)
        quiz = await probe.host.api.call("GET", f"/quizzes/{quiz_id}")
        session = Session(probe.host, quiz, await probe.host.start(quiz_id, "host"))
        guest = await session.join()
        async with (
            wire(stack.gateways[0]) as each,
            httpx.AsyncClient(
                base_url=stack.gateways[1], trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
            ) as client,
        ):
            await each.hello(ticket=guest["ticket"])
            await session.next()
            asked = await each.until("question")
            name = urlsplit(asked["image_url"]).path
            fetched = (await client.get(name)).content
            assert fetched.startswith(b"RIFF") and canary.encode() not in fetched and canary not in str(asked)
            own = f"/sessions/{session.id}"
            replies = [
                await client.request(method, path, json=body)
                for method, path, body in [
                    ("GET", own, None),
                    ("GET", f"{own}/leaderboard", None),
                    ("GET", f"{own}/results", None),
                    ("GET", f"{own}/participants", None),
                    ("GET", f"/quizzes/{quiz_id}", None),
                    ("GET", f"/quizzes/{quiz_id}/export", None),
                    ("POST", f"{own}/close", {"question_index": 0}),
                    ("POST", f"/users/quizzes/{session.state['join_code']}/join", {"nickname": 7}),
                    ("POST", f"/users/quizzes/{quiz_id}/join", {}),
                ]
            ]
            assert {reply.status_code for reply in replies} >= {200, 401, 422}
            for reply in replies:
                text = reply.text
                told = [
                    title(0),
                    title(1),
                    explanation(0),
                    "correct_option",
                    "is_correct",
                    canary,
                    "canary-desc",
                ]
                assert not [secret for secret in told if secret in text], (str(reply.url), text)
        await session.end()
        await probe.end()


def _told(text: str) -> PngInfo:
    info = PngInfo()
    info.add_text("Title", text)
    return info


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
