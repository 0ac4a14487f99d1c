"""What there is for an admin to look after, made on purpose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats

from bus import subjects
from db import users
from db.pool import Pool
from tests.e2e.stack import Stack

__all__ = ["appointed", "dead_letters"]

LETTERS = (
    ("scoring", "score_answer", b"\x91\xa1a", "failed", "ValueError: no such question"),
    ("background", "make_picture", b'{"actor_name": "make_picture", "args": []}', "killed_its_worker", ""),
    ("control", "", b"\xff", "undecodable", "Expected a str, got bytes"),
)


async def appointed(stack: Stack, email: str) -> None:
    """Make this user an admin."""
    pool = Pool(stack.postgres.url, 1)
    try:
        user = await pool.run(users.by_email, email)
        assert user is not None
        await pool.run(users.grant, user["id"], "admin")
    finally:
        pool.close()


@asynccontextmanager
async def dead_letters(stack: Stack) -> AsyncIterator[None]:
    """Three of them while it lasts, and none afterwards."""
    connection = await nats.connect(stack.nats.url)
    js = connection.jetstream()
    try:
        await js.purge_stream(subjects.DEAD_LETTERS)
        for queue, actor, payload, reason, error in LETTERS:
            headers = {"Dead-Queue": queue, "Dead-Subject": f"tasks.{queue}", "Dead-Stream": "TASKS"}
            headers |= {"Dead-Reason": reason, "Dead-Error": error, "Dead-Actor": actor}
            headers |= {"Dead-Deliveries": "5", "Request-Id": "0198f3c2"}
            await js.publish(subjects.dead(queue), payload, headers=headers)
        yield
        await js.purge_stream(subjects.DEAD_LETTERS)
    finally:
        await connection.close()
