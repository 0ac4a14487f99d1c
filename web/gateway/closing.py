"""After the close of a question, or of a session: everybody's board and results as they were recorded."""

from __future__ import annotations

import asyncio

from bus.messages import Question
from web.gateway.errors import Close
from web.gateway.room import Room
from web.gateway.store import Store

__all__ = ["catch_up", "farewell", "tell_outcome"]

CATCH_UP_S = 0.03
"""How long the last deltas before a close may lag behind its event before the board is loaded instead."""

FAREWELL_S = 1.0
"""From `ended` to the closing of the sockets."""


async def catch_up(room: Room, store: Store) -> None:
    """Make sure that the board holds everything the state speaks of."""
    if _is_complete(room):
        return
    if not room.partial:
        await asyncio.sleep(CATCH_UP_S)
    if room.partial or room.board.version < room.state.board_version:
        room.load_board(await store.board(room))
        room.boards.send_whole()


async def tell_outcome(room: Room, store: Store, question: Question) -> None:
    """Tell everybody here who answered what it was worth, and how all stand now.

    What is known already, and that is nearly always everything, goes out with the close, in one write to each socket. Then
    what is recorded of the others' answers is read, for outcomes that were lost on their way.
    """
    if _is_complete(room):
        room.results.send_known(question.id)
        room.boards.send_changes()
        room.release()
    else:
        room.release()
        await catch_up(room, store)
        room.boards.send_changes()
    if untold := room.results.untold(question.id):
        room.results.send_all(question.id, await store.answers_to(room, question, untold))


async def farewell(room: Room) -> None:
    """Close the sockets of a session that has ended, a moment later."""
    await asyncio.sleep(FAREWELL_S)
    for connection in list(room.connections.values()):
        connection.end(Close.ENDED, "the session has ended")


def _is_complete(room: Room) -> bool:
    """Whether the board holds everything that the state speaks of."""
    return not room.partial and room.board.version >= room.state.board_version
