"""A Redis that comes back with older data is not trusted."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from db import keys, live, scoreboard, sessions
from db.connecting import RUN_KEY, connect_redis
from scripts.servers import RedisServer
from tests.db.lossy import Lossy

Call = Callable[..., Any]


def test_data_of_an_earlier_run_is_dropped_and_that_of_this_run_is_kept(start_server):
    server = start_server(RedisServer)
    with connect_redis(server.url) as client:
        client.set("state", "older")
        client.save()
        client.set("state", "newer")
    with connect_redis(server.url) as client:
        assert client.get("state") == b"newer"
    server.kill()
    server.start()
    with connect_redis(server.url) as client:
        assert client.get("state") is None
        assert client.keys() == [RUN_KEY.encode()]


def test_a_client_that_lived_through_the_restart_notices(start_server):
    server = start_server(RedisServer)
    with connect_redis(server.url) as client:
        client.set("state", "older")
        server.restart()
        assert client.get("state") is None
        client.set("state", "rebuilt")
        with connect_redis(server.url) as another:
            assert another.get("state") == b"rebuilt"


def test_a_call_whose_reply_is_lost_is_made_once_more(redis: Redis, lossy: Lossy) -> None:
    lossy.redis.set("a", "1")
    lossy.lose(1)
    assert lossy.redis.get("a") == b"1"
    lossy.lose(1)
    with lossy.redis.pipeline(transaction=True) as pipeline:
        pipeline.get("a").set("a", "2")
        assert pipeline.execute() == [b"2", True], "it had run"
    lossy.lose(100)
    with pytest.raises(ConnectionError):
        lossy.redis.get("a")


def test_a_session_is_rebuilt_whichever_reply_is_lost(
    call: Call, redis: Redis, lossy: Lossy, session: dict[str, Any], ann: dict[str, Any]
) -> None:
    kept = {"state": "open", "version": 2, "seq": 2, "question_index": 0, "live": b"state"}
    assert call(sessions.save_state, session["id"], **kept)
    lossy.redis.ping()
    for before in itertools.count():
        live.forget(redis, session["id"])
        lossy.lose(1, after=before)
        assert call(live.restore, lossy.redis, session["id"]) == live.load(redis, session["id"])
        board = scoreboard.board(redis, session["id"])
        assert board is not None and [row.participant_id for row in board.rows] == [ann["id"]]
        if not lossy.lost:
            break
    assert before > 5
    assert not redis.exists(keys.session_key(session["id"], "lock"))
