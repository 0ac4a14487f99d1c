"""The commands of the README's tutorial, as a newcomer pastes them."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from typing import Any

import httpx
import pytest

from tests.e2e.stack import ROOT, Stack

ACCOUNT = {"email": "tutorial@example.test", "password": "correct horse battery staple"}


def commands() -> tuple[str, list[str]]:
    """What sets `api` and `token`, and the requests that follow."""
    readme = (ROOT / "README.md").read_text()
    block = re.search(r"## Your first quiz, by hand.*?```sh\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    login, quiz, session = re.split(r"\n# .*\n", block[1])
    return login, [quiz, *session.strip().splitlines()]


async def test_the_first_quiz_by_hand_is_written_started_and_opened(stack: Stack) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on PATH")
    async with httpx.AsyncClient(base_url=stack.gateways[0], trust_env=False) as http:
        made = await http.post("/users/register", json=ACCOUNT | {"display_name": "Newcomer"})
        assert made.status_code == 201, made.text
    login, requests = commands()
    assert len(requests) == 3
    login = login.replace("http://127.0.0.1:8000", stack.gateways[0])
    login = login.replace("YOUR-EMAIL", ACCOUNT["email"]).replace("YOUR-PASSWORD", ACCOUNT["password"])

    async def run(request: str) -> Any:
        command = ["bash", "-euc", f"{login}\n{request}"]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=60, check=True
        )
        return json.loads(done.stdout)

    quiz = await run(requests[0])
    assert quiz["title"] == "Warm-up"
    session = await run(requests[1].replace("QUIZ-ID", quiz["id"]))
    assert session["state"] == "lobby"
    opened = await run(requests[2].replace("SESSION-ID", session["id"]))
    assert (opened["state"], opened["question_index"]) == ("open", 0)
