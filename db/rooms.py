"""Which gateway nodes have the room of a session just now. A node that died is forgotten after a while."""

from __future__ import annotations

from redis import Redis

from db.keys import session_key
from db.scripts import HERE

__all__ = ["NOTED_EVERY_S", "gone", "here", "nodes"]

NOTED_EVERY_S = 5.0
"""How often a node says so again."""

FORGOTTEN_S = 15


def here(redis: Redis, session_id: str, node_id: str) -> None:
    """This node has the room: say it before anybody can be in it, and every few seconds."""
    HERE(redis, [_key(session_id)], (node_id, FORGOTTEN_S))


def gone(redis: Redis, session_id: str, node_id: str) -> None:
    """This node has the room no more."""
    redis.zrem(_key(session_id), node_id)


def nodes(redis: Redis, session_id: str) -> set[str]:
    """The ids of all nodes that have the room."""
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.time()
        pipeline.zrange(_key(session_id), 0, -1, withscores=True)
        (now_s, _), noted = pipeline.execute()
    return {node_id.decode() for node_id, at_s in noted if at_s >= now_s - FORGOTTEN_S}


def _key(session_id: str) -> str:
    return session_key(session_id, "nodes")
