"""People who use the API, and what they send."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from quart import Quart
from quart.typing import TestClientProtocol

from tests.web.documented import require_documented

PASSWORD = "correct horse battery staple"

_numbers = count(1)


@dataclass
class Reply:
    """A response, read."""

    status: int
    headers: Any
    text: str
    body: Any  # decoded JSON, or None


class Person:
    """Somebody with the API in front of them; logged in when they have a token."""

    def __init__(self, client: TestClientProtocol, token: str | None = None) -> None:
        self.client = client
        self.token = token
        self.tokens: dict[str, Any] = {}
        self.email = ""

    async def ask(self, method: str, path: str, json: Any = ..., **more: Any) -> Reply:
        """Send a request; `json` is left out unless given."""
        headers = dict(more.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if json is not ...:
            more["json"] = json
        response = await self.client.open(path, method=method, headers=headers, **more)
        text = await response.get_data(as_text=True)
        is_json = response.mimetype in ("application/json", "application/problem+json")
        body = await response.get_json(force=True) if is_json else None
        require_documented(self.client.app, method, path, response, body)
        return Reply(response.status_code, response.headers, text, body)

    async def get(self, path: str, **more: Any) -> Reply:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, json: Any = ..., **more: Any) -> Reply:
        return await self.ask("POST", path, json, **more)

    async def put(self, path: str, json: Any = ..., **more: Any) -> Reply:
        return await self.ask("PUT", path, json, **more)

    async def delete(self, path: str) -> Reply:
        return await self.ask("DELETE", path)


class People:
    """Makes people."""

    def __init__(self, app: Quart) -> None:
        self.app = app

    def guest(self) -> Person:
        """Somebody without an account."""
        return Person(self.app.test_client(use_cookies=False))

    async def user(self, name: str = "Ada") -> Person:
        """Somebody who has just registered and logged in."""
        person = self.guest()
        person.email = f"user{next(_numbers)}@example.test"
        account = {"email": person.email, "password": PASSWORD, "display_name": name}
        registered = await person.post("/users/register", account)
        assert registered.status == 201, registered.text
        logged_in = await person.post("/users/login", {"email": person.email, "password": PASSWORD})
        assert logged_in.status == 200, logged_in.text
        person.tokens = logged_in.body
        person.token = logged_in.body["access_token"]
        return person


def question(title: str = "What is the capital of Australia?", **more: Any) -> dict[str, Any]:
    """A valid question; the second option is the correct one."""
    options = [{"text": "Sydney", "is_correct": False}, {"text": "Canberra", "is_correct": True}]
    return {"title": title, "options": options, **more}


def quiz(*questions: dict[str, Any], title: str = "Capitals") -> dict[str, Any]:
    """A valid quiz; of one question unless some are given."""
    return {"title": title, "questions": list(questions) or [question()]}
