"""The sockets of this node that stand on somebody's login, and their end with it.

Gateways are told at once (NATS core) and close with 4503. What gets lost on the way is found by asking the database
about all of them, every half minute and whenever messages may have been lost.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from bus import subjects
from bus.errors import InvalidMessage
from bus.messages import Revoked, decode
from db import logins
from db.pool import Pool
from web.gateway import outgoing
from web.gateway.connection import Connection
from web.gateway.errors import Close, Refused

__all__ = ["LoginSockets"]

LOOK_EVERY_S = 30.0

log = structlog.get_logger(__name__)


class LoginSockets:
    """By user, every connection on this node that is not a guest's."""

    def __init__(self, nc: Client, pool: Pool, most: int) -> None:
        self._most = most  # for one user
        self._nc = nc
        self._pool = pool
        self._by_user: dict[str, set[Connection]] = {}
        self._look_now = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen for logins that are ended."""
        await self._nc.subscribe(subjects.revocations(), cb=self._on_revoked)
        self._looking = asyncio.get_running_loop().create_task(self._look_again())

    def stop(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()

    def look_now(self) -> None:
        """Messages may have been lost: ask the database about every socket."""
        self._look_now.set()

    async def admit(self, connection: Connection) -> None:
        """Take a connection in, if its login is good; call `forget` when it is over, whatever became of it.

        Raises Refused. It is listed before its login is looked at, so that an end in between is not missed.
        """
        if connection.user_id is None:
            return
        of_user = self._by_user.setdefault(connection.user_id, set())
        if len(of_user) >= self._most:
            raise Refused(
                Close.RATE,
                "too_many_connections",
                f"You have {self._most} connections to this node: close some, then connect again.",
                retryable=True,
            )
        of_user.add(connection)
        if not await self._pool.run(logins.is_good, connection.user_id, connection.login_id):
            raise Refused(Close.KICKED, "login_ended", "This login has ended: log in and join again.")

    def forget(self, connection: Connection) -> None:
        """The connection is over; harmless when it was never listed."""
        of_user = self._by_user.get(connection.user_id or "")
        if of_user is not None:
            of_user.discard(connection)
            if not of_user:
                del self._by_user[connection.user_id or ""]

    def close(self, revoked: Revoked) -> None:
        """Close every socket that stands on what was ended."""
        for connection in list(self._by_user.get(revoked.user_id, ())):
            if revoked.login_ids is None or connection.login_id in revoked.login_ids:
                _end(connection)

    async def _on_revoked(self, message: Msg) -> None:
        try:
            self.close(decode(message.data, Revoked))
        except InvalidMessage as error:
            log.warning("revocation_not_understood", error=str(error))

    async def _look_again(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), LOOK_EVERY_S)
            self._look_now.clear()
            try:
                await self._look()
            except Exception as error:
                log.warning("logins_not_looked_at", error=type(error).__name__)

    async def _look(self) -> None:
        listed = {(user_id, one.login_id) for user_id, of_user in self._by_user.items() for one in of_user}
        if not listed:
            return
        for user_id, login_id in await self._pool.run(logins.ended, listed):
            for connection in list(self._by_user.get(user_id, ())):
                if connection.login_id == login_id:
                    _end(connection)


def _end(connection: Connection) -> None:
    with suppress(Exception):  # it may not take anything any more
        connection.send(outgoing.Error(code="login_ended", message="This login has ended.", retryable=False))
    connection.end(Close.KICKED, "this login has ended")
