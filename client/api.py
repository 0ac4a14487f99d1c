"""Requests that are sent again where that is safe, and joining as a guest."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from random import uniform
from time import monotonic
from typing import Any

import httpx

from client.bodies import Joined

__all__ = ["Api", "ApiError"]

RETRYABLE = frozenset({429, 502, 503, 504})


class ApiError(Exception):
    """The server refused: `status`, the problem's stable `code`, and its `detail`, a sentence for people."""

    def __init__(self, method: str, path: str, status: int, code: str, detail: str) -> None:
        super().__init__(f"{method} {path}: {status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class Api:
    """Calls to whichever gateway answers, trying again where that is safe."""

    def __init__(self, urls: Sequence[str], *, patience_s: float = 60.0) -> None:
        self.urls = [url.rstrip("/") for url in urls]
        self._patience_s = patience_s
        self._client = httpx.AsyncClient(
            timeout=30.0,
            trust_env=False,
            verify=ssl.create_default_context(),  # the system's authorities, as for the WebSocket
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

    async def join(
        self,
        quiz_id: str,
        nickname: str | None = None,
        number: int = 0,
        device_token: str | None = None,
    ) -> Joined:
        """Join the running session of a quiz, by its id or the join code: as a guest unless there is a token.

        `device_token` is that of an earlier join on this device.
        """
        path = f"/users/quizzes/{quiz_id}/join"
        body = {"nickname": nickname, "device_token": device_token}
        joined: Joined = await self.call("POST", path, body=body, number=number, safe=False)
        return joined


def _problem(reply: httpx.Response) -> dict[str, Any]:
    try:
        problem = reply.json()
    except ValueError:
        problem = None
    return (
        problem if isinstance(problem, dict) else {"code": "no_problem_document", "detail": reply.text[:200]}
    )
