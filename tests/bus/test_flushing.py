"""Whoever closes a question hears from every node that has the room."""

from __future__ import annotations

from typing import Any

from bus import subjects
from bus.connection import Connection
from bus.flushing import flushed
from bus.messages import Flush, decode

AFTER = Flush("epoch", 7)


def answering(connection: Connection, *node_ids: str) -> list[Flush]:
    """Nodes that say at once that all is stored; what they were asked."""
    asked: list[Flush] = []

    async def subscribe() -> None:
        for node_id in node_ids:

            async def on_question(message: Any, node_id: str = node_id) -> None:
                asked.append(decode(message.data, Flush))
                await connection.client.publish(message.reply, node_id.encode())

            await connection.client.subscribe(subjects.flush("s1"), cb=on_question)
        await connection.client.flush()

    connection.run(subscribe())
    return asked


def test_all_nodes_have_to_say_so(connection: Connection) -> None:
    asked = answering(connection, "a", "b")
    assert connection.run(flushed(connection, "s1", AFTER, {"a", "b"}, 20.0))
    assert asked == [AFTER, AFTER]


def test_a_node_that_says_nothing_is_waited_for_and_no_longer(connection: Connection) -> None:
    answering(connection, "a")
    assert not connection.run(flushed(connection, "s1", AFTER, {"a", "b"}, 0.2))


def test_with_no_node_known_somebody_may_have_the_room_all_the_same(connection: Connection) -> None:
    answering(connection, "a")
    assert not connection.run(flushed(connection, "s1", AFTER, set(), 0.2))
