"""The REST side: a host's account, and joining as a guest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import uniform
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx

__all__ = ["Api", "ApiError", "Host"]

RETRYABLE = frozenset({429, 502, 503, 504})


class ApiError(Exception):
    """The server refused: `status`, and the problem's stable `code`."""

    def __init__(self, method: str, path: str, status: int, code: str, detail: str) -> None:
        super().__init__(f"{method} {path}: {status} {code}: {detail}")
        self.status = status
        self.code = code


class Api:
    """Calls to whichever gateway answers, trying again where that is safe."""

    def __init__(self, urls: Sequence[str], *, patience_s: float = 60.0) -> None:
        self.urls = [url.rstrip("/") for url in urls]
        self._patience_s = patience_s
        self._client = httpx.AsyncClient(
            timeout=30.0,
            trust_env=False,
            limits=httpx.Limits(max_connections=64, keepalive_expiry=2),
        )
        self.token: str | None = None
        self.renew: Callable[[], Awaitable[None]] | None = (
            None  # gets a new token when the old one has expired
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        file: tuple[str, bytes] | None = None,
        number: int = 0,
        safe: bool = True,
    ) -> Any:
        """The decoded reply. `file`: a name and its bytes. `number` chooses the first gateway to try; `safe` calls may
        be made twice.

        Raises ApiError for a refusal, httpx.TransportError when no gateway answers within the patience.
        """
        files = None if file is None else {"file": (*file, "text/plain")}
        give_up_at = monotonic() + self._patience_s
        pause_s = 0.1
        while True:
            url = self.urls[number % len(self.urls)] + path
            number += 1
            headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
            try:
                reply = await self._client.request(method, url, headers=headers, json=body, files=files)
            except httpx.TransportError as error:
                sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if monotonic() > give_up_at or (sent and not safe):
                    raise
            else:
                if reply.is_success:
                    return reply.json() if reply.content else None
                problem = _problem(reply)
                if (
                    problem.get("code") == "token_expired"
                    and self.renew is not None
                    and monotonic() < give_up_at
                ):
                    await self.renew()
                    continue
                retryable = reply.status_code in RETRYABLE or bool(problem.get("retryable"))
                if not retryable or monotonic() > give_up_at or (reply.status_code == 504 and not safe):
                    raise ApiError(
                        method, path, reply.status_code, str(problem.get("code")), str(problem.get("detail"))
                    )
                pause_s = max(pause_s, float(reply.headers.get("Retry-After", 0)))
            await asyncio.sleep(pause_s * uniform(0.8, 1.2))
            pause_s = min(pause_s * 2, 2.0)

    async def join(self, quiz_id: str, nickname: str, number: int) -> dict[str, Any]:
        """Join as a guest: `{session_id, participant_id, nickname, ticket, resume_token, ws_url}`."""
        path = f"/users/quizzes/{quiz_id}/join"
        joined: dict[str, Any] = await self.call(
            "POST", path, body={"nickname": nickname}, number=number, safe=False
        )
        return joined


class Host:
    """A host's account and what it does to a session."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def sign_in(self, email: str | None, password: str | None) -> None:
        """Log in; without an email register a fresh account first."""
        if email is None:
            email, password = f"host-{uuid4().hex[:12]}@example.com", uuid4().hex
            body = {"email": email, "password": password, "display_name": "Simulated host"}
            await self.api.call("POST", "/users/register", body=body, safe=False)
        credentials = {"email": email, "password": password}

        async def log_in() -> None:
            self.api.token = None
            tokens = await self.api.call("POST", "/users/login", body=credentials)
            self.api.token = tokens["access_token"]

        await log_in()
        self.api.renew = log_in

    async def create_quiz(self, draft: dict[str, Any]) -> str:
        """Id of a new quiz."""
        quiz = await self.api.call("POST", "/quizzes", body=draft, safe=False)
        return str(quiz["id"])

    async def import_quiz(self, file: Path) -> dict[str, Any]:
        """`{quiz_id, imported, rejected}` of an OpenTriviaQA file."""
        upload = (file.name, await asyncio.to_thread(file.read_bytes))
        imported: dict[str, Any] = await self.api.call("POST", "/quizzes/import", file=upload, safe=False)
        return imported

    async def start(self, quiz_id: str, pacing: str) -> dict[str, Any]:
        """Start a session of a quiz."""
        path = f"/quizzes/{quiz_id}/start"
        session: dict[str, Any] = await self.api.call("POST", path, body={"pacing": pacing}, safe=False)
        return session

    async def session(self, session_id: str) -> dict[str, Any]:
        """The session as it is now."""
        session: dict[str, Any] = await self.api.call("GET", f"/sessions/{session_id}")
        return session

    async def next(self, session: dict[str, Any]) -> dict[str, Any]:
        """Open the question after `session`'s; done when that one is open, whoever heard of it."""
        session_id, index = session["id"], _index(session) + 1
        while True:
            try:
                body = {"expected_version": session["version"]}
                return dict(await self.api.call("POST", f"/sessions/{session_id}/next", body=body))
            except ApiError as error:
                if error.code not in ("version_conflict", "session_busy"):
                    raise
            session = await self.session(session_id)
            if _index(session) >= index or session["state"] == "ended":
                return session
            await asyncio.sleep(0.2)

    async def close(self, session: dict[str, Any]) -> dict[str, Any]:
        """Close the open question; done when it is closed, be it by its deadline."""
        session_id = session["id"]
        while True:
            try:
                return dict(await self.api.call("POST", f"/sessions/{session_id}/close"))
            except ApiError as error:
                if error.code not in ("no_open_question", "session_busy", "session_ended"):
                    raise
            session = await self.session(session_id)
            if session["state"] != "closing":
                return session
            await asyncio.sleep(0.2)

    async def end(self, session: dict[str, Any]) -> dict[str, Any]:
        """End the session, whatever state it is in."""
        session_id = session["id"]
        while True:
            try:
                return dict(await self.api.call("POST", f"/sessions/{session_id}/end"))
            except ApiError as error:
                if error.code not in ("session_busy", "session_ended"):
                    raise
            session = await self.session(session_id)
            if session["state"] == "ended":
                return session
            await asyncio.sleep(0.2)

    async def leaderboard(self, session_id: str) -> list[dict[str, Any]]:
        """All entries: `{participant_id, nickname, score, rank}`."""
        board = await self.api.call("GET", f"/sessions/{session_id}/leaderboard")
        return list(board["entries"])


def _problem(reply: httpx.Response) -> dict[str, Any]:
    try:
        problem = reply.json()
    except ValueError:
        problem = None
    return (
        problem if isinstance(problem, dict) else {"code": "no_problem_document", "detail": reply.text[:200]}
    )


def _index(session: dict[str, Any]) -> int:
    """Index of the current question, -1 in the lobby."""
    index = session["question_index"]
    return -1 if index is None else int(index)
