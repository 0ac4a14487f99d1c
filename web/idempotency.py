"""The Idempotency-Key header: a request that was repeated makes its quiz or session once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

import msgspec
from quart import request

from db import idempotency
from db.ids import new_id
from web.problems import Problem, invalid, to_problem
from web.services import services
from web.tokens import Caller

__all__ = ["IdempotencyHeaders", "id_to_make"]

_HEADER = "Idempotency-Key"
MAX_KEY_CHARS = 64


class IdempotencyHeaders(msgspec.Struct, frozen=True):
    """With a key of the client's own, a request may be sent again within a day: it makes one thing."""

    idempotency_key: str | None = None


@asynccontextmanager
async def id_to_make(who: Caller) -> AsyncIterator[str]:
    """The id for what this request makes: a new one, or with an Idempotency-Key the same whenever it is sent.

    The body is read, and can be read again. When the request is refused, its key is free again. Raises Problem 422
    `idempotency_key_reused`, or 409 `idempotency_key_in_use` while the first one is being carried out.
    """
    key = request.headers.get(_HEADER)
    if key is None:
        yield new_id()
        return
    if not (1 <= len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable()):
        raise invalid(_HEADER, f"a key has 1 to {MAX_KEY_CHARS} printable ASCII characters")
    found = services()
    digest = await _digest()
    claimed = await found.pool.run(idempotency.claim, found.redis, who.user_id, key, digest)
    refused = False
    try:
        yield claimed.made_id
    except Exception as error:
        refused = 400 <= _status(error) < 500
        raise
    finally:
        # What an earlier request has made stays bound to the key, whatever became of it.
        end = idempotency.forget if refused and not claimed.repeated else idempotency.release
        await found.pool.run(end, found.redis, claimed)


async def _digest() -> bytes:
    """What makes this request that request: method, path and body."""
    body: bytes = await request.get_data()  # type: ignore[assignment]
    if boundary := request.mimetype_params.get("boundary"):
        body = body.replace(boundary.encode(), b"")  # a form that is sent again has another one
    return sha256(b"\0".join((request.method.encode(), request.full_path.encode(), body))).digest()


def _status(error: Exception) -> int:
    return error.status if isinstance(error, Problem) else to_problem(error).status
