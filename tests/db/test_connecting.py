"""A Redis that comes back with older data is not trusted."""

from __future__ import annotations

from db.connecting import RUN_KEY, connect_redis
from scripts.servers import RedisServer


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
