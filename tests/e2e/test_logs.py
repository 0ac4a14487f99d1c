"""A whole run at the chattiest level leaves nothing in the logs that belongs to somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.stack import Stack
from tests.e2e.wire import wire

EMAIL = "canary-mail-8d1f@example.test"
PASSWORD = "canary-password-77ab"
OPTION = "canary-option-5e0c"
NICKNAME = "Canary Nick 31f9"


@pytest.fixture
def chatty(run_folder: Path) -> Iterator[Stack]:
    """A stack of its own that logs everything it can."""
    stack = Stack(run_folder, 1, name="chatty", log_level="debug")
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


async def test_no_token_password_address_or_answer_is_logged(chatty: Stack) -> None:
    secrets = {
        "address": EMAIL,
        "password": PASSWORD,
        "wrong password": f"{PASSWORD}-wrong",
        "option": OPTION,
        "title": "canary-title-b24d",
        "explanation": "canary-explanation-c8e2",
        "nickname": NICKNAME,
        "display name": "Canary Name 9a4b",
        "secret of the site": chatty.secret,
    }
    async with httpx.AsyncClient(base_url=chatty.gateways[0], trust_env=False, timeout=30) as client:

        async def call(method: str, path: str, body: Any = None, status: int = 200) -> Any:
            reply = await client.request(method, path, json=body)
            assert reply.status_code == status, (path, reply.text)
            return reply.json() if reply.content else None

        account = {"email": EMAIL, "password": PASSWORD, "display_name": secrets["display name"]}
        login = {"email": EMAIL, "password": PASSWORD}
        await call("POST", "/users/register", account, 201)
        await call("POST", "/users/register", account, 409)
        await call("POST", "/users/login", login | {"password": secrets["wrong password"]}, 401)
        await call("POST", "/users/login", login | {"email": {"not": EMAIL}}, 422)
        tokens = await call("POST", "/users/login", login)
        renewed = await call("POST", "/users/refresh-token", {"refresh_token": tokens["refresh_token"]})
        for number, each in enumerate((tokens, renewed)):
            secrets[f"access token {number}"] = each["access_token"].split(".")[2]
            secrets[f"refresh token {number}"] = each["refresh_token"].split(".")[1]
        client.headers["Authorization"] = f"Bearer {tokens['access_token'][:-4]}abcd"
        await call("GET", "/users/profile", status=401)
        client.headers["Authorization"] = f"Bearer {renewed['access_token']}"
        change = {"current_password": PASSWORD, "new_password": f"{PASSWORD}-new"}
        await call("PUT", "/users/profile", change)

        options = [{"text": OPTION, "is_correct": True}, {"text": f"{OPTION} no", "is_correct": False}]
        question = {"title": secrets["title"], "explanation": secrets["explanation"], "options": options}
        quiz = await call("POST", "/quizzes", {"title": secrets["title"], "questions": [question]}, 201)
        await call("POST", "/quizzes", {"title": secrets["title"], "questions": [{"title": OPTION}]}, 422)
        session = await call("POST", f"/quizzes/{quiz['id']}/start", {}, 201)
        path = f"/sessions/{session['id']}"
        hosted = (await call("POST", f"{path}/tickets", {}, 201))["ticket"]
        joined = await call(
            "POST", f"/users/quizzes/{session['join_code']}/join", {"nickname": NICKNAME}, 201
        )
        secrets |= {
            "ticket of the host": hosted.split(".")[2],
            "ticket": joined["ticket"].split(".")[2],
            "resume token": joined["resume_token"].split(".")[1],
        }
        async with wire(chatty.gateways[0]) as player, wire(chatty.gateways[0]) as host:
            await player.hello(ticket=joined["ticket"])
            await host.hello(ticket=hosted)
            await player.say(f'{{"type": "answer", "option": "{OPTION}"')
            await player.until("error")
            await call("POST", f"{path}/next", {})
            question_id = quiz["questions"][0]["id"]
            secrets["id of the answer"] = "canary-answer-id-f3d6"
            assert (await player.answer(question_id, "A", secrets["id of the answer"]))[
                "status"
            ] == "accepted"
            await call("POST", f"{path}/close", {})
            await player.until("result")
            await call("POST", f"{path}/end", {})
            await player.until("ended")
        async with wire(chatty.gateways[0]) as late:
            await late.say({"type": "hello", "ticket": joined["ticket"] + "x"})
            assert await late.code() == 4501
        await call("GET", f"{path}/results")
        await call("GET", "/users/profile/export")
        await call("DELETE", "/users/profile", {"password": f"{PASSWORD}-new"}, 204)

    chatty.stop()
    logs = {path.name: path.read_text() for path in chatty.logs.glob("*.log")}
    assert {"web.1.log", "scoring.log", "persistence.log", "control.log", "background.log"} <= logs.keys()
    assert '"level": "debug"' in logs["web.1.log"], "the gateway was not at its chattiest"
    assert "DEBUG" in logs["control.log"], "the workers were not at their chattiest"
    assert '"route": "/users/login"' in logs["web.1.log"]
    found = [
        f"{what} in {name}: {line[:120]}"
        for name, text in logs.items()
        for line in text.splitlines()
        for what, secret in secrets.items()
        if re.search(re.escape(secret), line, re.IGNORECASE)
    ]
    assert not found, "\n".join(found)
