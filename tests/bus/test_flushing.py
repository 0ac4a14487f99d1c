"""Whoever closes a question hears from every node that has the room."""

from __future__ import annotations

from bus.connection import Connection
from bus.flushing import Flushed
from bus.messages import FLUSHED_TO


def say(connection: Connection, flushed: Flushed, *node_ids: str) -> None:
    """Nodes say that all is stored."""
    connection.publish_many((flushed.headers[FLUSHED_TO], node_id.encode()) for node_id in node_ids)


def test_all_nodes_have_to_say_so(connection: Connection) -> None:
    with Flushed(connection) as flushed:
        say(connection, flushed, "a", "b")
        assert flushed.wait({"a", "b"}, 20.0)


def test_a_node_that_says_nothing_is_waited_for_and_no_longer(connection: Connection) -> None:
    with Flushed(connection) as flushed:
        say(connection, flushed, "a")
        assert not flushed.wait({"a", "b"}, 0.2)


def test_with_no_node_known_somebody_may_have_the_room_all_the_same(connection: Connection) -> None:
    with Flushed(connection) as flushed:
        say(connection, flushed, "a")
        assert not flushed.wait(set(), 0.2)


def test_what_was_said_of_another_close_counts_for_nothing(connection: Connection) -> None:
    with Flushed(connection) as before:
        pass
    with Flushed(connection) as flushed:
        say(connection, before, "a")
        assert not flushed.wait({"a"}, 0.2)
