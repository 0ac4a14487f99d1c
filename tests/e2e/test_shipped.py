"""The configuration in `deploy/`, used: least privilege, TLS, nginx before three gateways, pools that are paused."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
from nats.aio.client import Client
from websockets.asyncio.client import connect

from bus import nodes, queues, subjects
from db.connecting import connect_redis
from db.ids import new_id
from db.models import database
from db.pool import Pool
from scripts.simulation.options import Options
from scripts.simulation.report import Report
from scripts.simulation.run import Simulation
from tests.e2e.conftest import OUTCOME
from tests.e2e.shipped import Nginx, ShippedStack
from tests.e2e.shipped_servers import Tls
from tests.e2e.test_faults import assert_nothing_lost

PARTICIPANTS = 24
CROWD: dict[str, Any] = {
    "participants": PARTICIPANTS,
    "questions": 4,
    "pace": "realistic",
    "thinking_s": (0.1, 2.0),
    "reveal_s": 0.1,
}


def nginx_program() -> str:
    """Skips where there is none; on CI that is a failure."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no nginx: .ci/run has to install it")
        pytest.skip("no nginx on PATH: apt-get install nginx-light")
    return program


@pytest.fixture(scope="module")
def site(run_folder: Path) -> Iterator[tuple[ShippedStack, Nginx]]:
    """Everything behind nginx. Our own clients believe its authority too."""
    nginx = Nginx(run_folder, nginx_program())
    stack = ShippedStack(run_folder, nginx.url)
    patch = pytest.MonkeyPatch()
    patch.setenv("SSL_CERT_FILE", str(stack.tls.authority))
    try:
        stack.start()
        nginx.start(stack.tls, stack.gateways)
        yield stack, nginx
    finally:
        nginx.stop()
        stack.stop()
        patch.undo()


@pytest.fixture(autouse=True)
def logs(site: tuple[ShippedStack, Nginx], request: pytest.FixtureRequest) -> Iterator[None]:
    """With every failure what the processes and nginx had to say."""
    yield
    report = request.node.stash.get(OUTCOME, None)
    if report is not None and report.failed:
        report.sections.append(("Logs of the stack", site[0].tails() + site[1].log()))


async def play(site: tuple[ShippedStack, Nginx], on_question: Any) -> Report:
    """One session of everybody through nginx."""
    stack, nginx = site
    await asyncio.to_thread(stack.heal)
    options = Options(urls=(nginx.url,), pacing="host", **CROWD)
    return await Simulation(options, stack.postgres.url, stack.redis.url, on_question=on_question).run()


async def gateways_of(stack: ShippedStack) -> dict[str, nodes.Node]:
    """By the name in the stack."""
    client = Client()
    await client.connect(stack.nats.url, inbox_prefix=subjects.inboxes(stack.nats.url))
    try:
        found = {node.pid: node for node in await nodes.gather(client) if node.kind == "web"}
    finally:
        await client.close()
    return {name: found[stack.pid(name)] for name in ("web.1", "web.2", "web.3") if stack.pid(name) in found}


async def busiest(stack: ShippedStack) -> str:
    found = await gateways_of(stack)
    return max(found, key=lambda name: sum(found[name].connections.values()))


async def test_a_drained_and_a_killed_gateway_behind_nginx_lose_nobody(
    site: tuple[ShippedStack, Nginx],
) -> None:
    stack, _ = site

    async def strike(index: int) -> None:
        if index not in (1, 2):
            return
        await asyncio.sleep(0.5)
        name = await busiest(stack)  # a session's sockets are on few nodes: hit the one that has them
        if index == 1:
            node = (await gateways_of(stack))[name]
            assert await asyncio.to_thread(stack.console, "drain", node.id) == 0
            await asyncio.to_thread(stack.wait_gone, name)
        else:
            await asyncio.to_thread(stack.kill, name)
        await asyncio.to_thread(stack.restart, name)

    report = await play(site, strike)
    assert_nothing_lost(report, PARTICIPANTS * CROWD["questions"])
    assert report.closes["4001"] >= PARTICIPANTS, report.closes
    # Whoever was on the killed one: usually everybody, since a room's sockets meet, but nobody relies on it.
    assert report.reconnects > PARTICIPANTS


async def test_every_pool_is_paused_and_resumed_under_load(site: tuple[ShippedStack, Nginx]) -> None:
    stack, _ = site

    async def strike(index: int) -> None:
        pool = queues.POOLS[index]
        await asyncio.sleep(0.3)
        assert await asyncio.to_thread(stack.console, "pools", "pause", pool) == 0

        async def later() -> None:
            await asyncio.sleep(2.0)
            assert await asyncio.to_thread(stack.console, "pools", "resume", pool) == 0

        resuming.append(asyncio.create_task(later()))

    resuming: list[asyncio.Task[None]] = []
    report = await play(site, strike)
    await asyncio.gather(*resuming)
    assert len(resuming) == len(queues.POOLS)
    assert_nothing_lost(report, PARTICIPANTS * CROWD["questions"])


async def test_the_sockets_of_one_session_meet_on_one_gateway(site: tuple[ShippedStack, Nginx]) -> None:
    stack, nginx = site
    await asyncio.to_thread(stack.heal)
    context = ssl.create_default_context(cafile=str(stack.tls.authority))

    async def chosen(query: str) -> str:
        """The address of the gateway that a handshake reached, as nginx says it."""
        url = f"{nginx.url.replace('https', 'wss', 1)}/ws{query}"
        async with connect(url, ssl=context, origin=nginx.url, subprotocols=["quiz.v1"]) as websocket:  # type: ignore[arg-type,list-item]
            headers = websocket.response.headers  # type: ignore[union-attr]
            assert "Sec-WebSocket-Extensions" not in headers
            return str(headers["X-Gateway"]).rpartition(" ")[2]

    sessions = [new_id() for _ in range(8)]
    first = [await chosen(f"?s={session}") for session in sessions]
    assert [await chosen(f"?s={session}") for session in sessions] == first
    assert len(set(first)) > 1  # and different sessions on different ones


async def test_roles_can_do_what_they_need_and_no_more(site: tuple[ShippedStack, Nginx]) -> None:
    """Nothing of what was played above met a refusal; and what nobody needs is refused."""
    stack, _ = site
    log = stack.nats.log_path.read_text()
    assert "Violation" not in log, [line for line in log.splitlines() if "Violation" in line][:5]
    for role, statement in (
        ("web", "DROP TABLE answers"),
        ("web", "TRUNCATE answers"),
        ("web", "CREATE TABLE mine (id int)"),
        ("workers", "SELECT password_hash FROM users"),
        ("workers", "SELECT * FROM refresh_tokens"),
        ("workers", "UPDATE users SET role = 'admin'"),
    ):
        with (
            psycopg2.connect(stack.database_url(role)) as connection,
            connection.cursor() as cursor,
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
        ):
            cursor.execute(statement)
    with redis.Redis.from_url(stack.redis.url) as client:
        for command in ("FLUSHALL", "KEYS *", "CONFIG GET maxmemory", "SHUTDOWN", "SET other 1"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*command.split())
    for role, work, subject in (
        ("web", "publish", "$JS.API.STREAM.DELETE.EVENTS"),
        ("web", "publish", "events.forged"),
        ("workers", "publish", "$JS.API.STREAM.PURGE.SUBMISSIONS"),
        ("workers", "publish", "logins.revoked"),
        ("console", "publish", "events.forged"),
        # Nobody hears the answers to others.
        ("web", "subscribe", "_INBOX.>"),
        ("web", "subscribe", "_INBOX.workers.>"),
        ("workers", "subscribe", "_INBOX.*.*.*"),
        ("console", "subscribe", "_INBOX.web.*"),
    ):
        refused: list[str] = []

        async def on_error(error: Exception, refused: list[str] = refused) -> None:
            refused.append(str(error))

        nats = Client()
        await nats.connect(stack.nats.url_of(role), error_cb=on_error)
        await getattr(nats, work)(subject)
        await nats.flush()
        await asyncio.sleep(0.05)
        await nats.close()
        assert any("permissions violation" in text.lower() for text in refused), (role, subject, refused)


def by_tls() -> bool:
    """Whether the connection that this is called with is one."""
    query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    return database.execute_sql(query).fetchone() == (True,)


def test_nobody_talks_to_the_servers_without_tls_or_to_servers_of_another_authority(
    site: tuple[ShippedStack, Nginx], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, _ = site
    monkeypatch.delenv("SSL_CERT_FILE")  # redis-py would believe that authority, too
    another = Tls(tmp_path / "tls").authority
    for role in ("web", "workers", "migrate"):
        url = stack.database_url(role)
        with closing(Pool(url, 1)) as pool:
            assert pool.call(by_tls)
        with pytest.raises(psycopg2.OperationalError, match="no encryption"):
            psycopg2.connect(url.replace("verify-full", "disable"))
        with pytest.raises(psycopg2.OperationalError, match="certificate verify failed"):
            psycopg2.connect(url.replace(str(stack.tls.authority), str(another)))
        with pytest.raises(psycopg2.OperationalError, match="does not match host name"):
            psycopg2.connect(url.replace("127.0.0.1", "localhost"))
    with connect_redis(stack.redis.url) as client:
        assert client.ping()
    for url, what in (
        (stack.redis.url.replace("rediss", "redis").partition("?")[0], "closed|reset"),
        (stack.redis.url.replace(str(stack.tls.authority), str(another)), "certificate verify failed"),
        (stack.redis.url.replace("127.0.0.1", "localhost"), "certificate verify failed: Hostname mismatch"),
    ):
        with (
            connect_redis(url) as client,
            pytest.raises(redis.exceptions.ConnectionError, match=f"(?i){what}"),
        ):
            client.ping()
