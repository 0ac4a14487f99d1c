"""A whole run at the chattiest level leaves nothing in the logs that belongs to somebody."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.e2e.stack import Stack
from tests.e2e.wire import wire
from tests.shipping import ingested, misfits
from tests.workers.uploads import png

EMAIL = "canary-mail-8d1f@example.test"
PASSWORD = "canary-password-77ab"
OPTION = "canary-option-5e0c"
NICKNAME = "Canary Nick 31f9"


class Played(NamedTuple):
    """What a stack has logged, by process, and what it must not have."""

    logs: dict[str, str]
    secrets: dict[str, str]
    request_id: str  # of the request that opened the question
    spans: list[dict[str, Any]]

    def lines(self, process: str) -> list[dict[str, Any]]:
        """Every line that is JSON."""
        return [json.loads(line) for line in self.logs[f"{process}.log"].splitlines() if line[:1] == "{"]


@pytest.fixture(scope="module")
def played(run_folder: Path) -> Played:
    """A stack of its own that logs everything it can, and has stopped."""
    spans = run_folder / "spans.json"
    tracing = {"QUIZWIRE_TRACES": f"file:{spans}", "QUIZWIRE_TRACES_SAMPLE": "1"}
    stack = Stack(run_folder, 1, name="chatty", log_level="debug", environment=tracing)
    try:
        stack.start()
        secrets, request_id = asyncio.run(play(stack))
    finally:
        stack.stop()
    texts = {path.name: path.read_text() for path in [*stack.logs.glob("*.log"), spans]}
    return Played(texts, secrets, request_id, [json.loads(line) for line in texts[spans.name].splitlines()])


async def play(chatty: Stack) -> tuple[dict[str, str], str]:
    """Everything that a site does; what must not be logged, and the id of the request that opened the question."""
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
        secrets["name of a picture"] = "canary-picture-2d9b"
        path = f"/quizzes/{quiz['id']}/questions/{quiz['questions'][0]['id']}/image"
        picture = {"file": (f"{secrets['name of a picture']}.png", png(), "image/png")}
        uploaded = await client.post(path, files=picture)
        assert uploaded.status_code == 200, uploaded.text
        choices = {"option_order": "participant", "latency_allowance_ms": 100}
        session = await call("POST", f"/quizzes/{quiz['id']}/start", choices, 201)
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
            reply = await client.post(f"{path}/next", json={})
            request_id = reply.headers["X-Request-Id"]
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
    return secrets, request_id


def test_no_token_password_address_or_answer_is_logged(played: Played) -> None:
    logs, secrets = played.logs, played.secrets
    assert {"web.1.log", "scoring.log", "persistence.log", "control.log", "background.log"} <= logs.keys()
    assert '"level": "debug"' in logs["web.1.log"], "the gateway was not at its chattiest"
    assert '"level": "debug"' in logs["control.log"], "the workers were not at their chattiest"
    assert '"route": "/users/login"' in logs["web.1.log"]
    found = [
        f"{what} in {name}: {line[:120]}"
        for name, text in logs.items()
        for line in text.splitlines()
        for what, secret in secrets.items()
        if re.search(re.escape(secret), line, re.IGNORECASE)
    ]
    assert not found, "\n".join(found)


def test_workers_log_json_too(played: Played) -> None:
    for process in ("scoring", "persistence", "control", "background"):
        lines = played.lines(process)
        assert len(lines) > 5
        assert all(line.keys() >= {"event", "level", "logger", "timestamp", "service"} for line in lines)
        assert lines[-1]["service"] == process
        plain = [line for line in played.logs[f"{process}.log"].splitlines() if line[:1] != "{"]
        assert all("dramatiq.MainProcess" in line or "Loading broker" in line for line in plain), plain


def test_one_answer_is_found_by_one_id_from_the_gateway_to_postgres(played: Played) -> None:
    (stored,) = [line for line in played.lines("web.1") if line["event"] == "answers_stored"]
    assert stored["answers"] == 1
    (message_id,) = stored["message_ids"]
    for process, actor in (("scoring", "score_answers"), ("persistence", "persist_answers")):
        found = [line for line in played.lines(process) if message_id in line.get("message_ids", ())]
        done = [line["actor"] for line in found if line["event"] == "message_done" and line["ok"]]
        assert done == [actor]


def test_one_request_is_found_by_its_id_in_the_control_worker(played: Played) -> None:
    asked = [line for line in played.lines("web.1") if line.get("request_id") == played.request_id]
    assert {line["route"] for line in asked if line["event"] == "request"} == {"/sessions/<session_id>/next"}
    done = [line for line in played.lines("control") if line.get("request_id") == played.request_id]
    assert [(line["actor"], line["ok"]) for line in done if line["event"] == "message_done"] == [
        ("run_session", True)
    ]
    assert done[-1]["session_id"] == asked[-1]["session_id"]


def test_every_line_has_its_place_in_elasticsearch(played: Played) -> None:
    for process in ("web.1", "scoring", "persistence", "control", "background"):
        for line in played.lines(process):
            assert misfits(ingested(line)) == [], line


def tree(spans: list[dict[str, Any]], parent: str | None) -> dict[str, Any]:
    """Names of the spans below `parent`, and below those."""
    below = [span for span in spans if span["parent_id"] == parent]
    return {span["name"]: tree(spans, span["context"]["span_id"]) for span in below}


def test_one_answers_trace_goes_from_frame_to_frame_and_so_do_its_lines(played: Played) -> None:
    (answer,) = [span for span in played.spans if span["name"] == "answer"]
    trace_id = answer["context"]["trace_id"]
    trace = [span for span in played.spans if span["context"]["trace_id"] == trace_id]
    assert tree(trace, None) == {
        "answer": {"score_answers": {"persist_answers": {}}, "outcome": {}, "result": {}}
    }
    services = {span["name"]: span["resource"]["attributes"]["service.name"] for span in trace}
    assert services == {
        "answer": "quizwire-web",
        "score_answers": "quizwire-scoring",
        "persist_answers": "quizwire-persistence",
        "outcome": "quizwire-web",
        "result": "quizwire-web",
    }
    for process, event in (
        ("web.1", "answers_stored"),
        ("scoring", "message_done"),
        ("persistence", "message_done"),
    ):
        found = [
            line
            for line in played.lines(process)
            if trace_id.removeprefix("0x") in line.get("trace_ids", ()) and line["event"] == event
        ]
        assert [line["level"] for line in found] == ["info"], "a traced answer is told at any level"


def test_one_requests_trace_goes_to_the_control_worker_and_back_to_the_gateway(played: Played) -> None:
    (asked,) = [
        line
        for line in played.lines("web.1")
        if line.get("request_id") == played.request_id and line["event"] == "request"
    ]
    (trace_id,) = asked["trace_ids"]
    trace = [span for span in played.spans if span["context"]["trace_id"] == f"0x{trace_id}"]
    assert tree(trace, None) == {"request": {"run_session": {"event": {}}}}
