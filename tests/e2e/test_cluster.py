"""Three nodes of NATS as `deploy/kubernetes` configures them: one is killed in mid-session, another is taken away in order."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nats.aio.client import Client

from bus import subjects
from db import migrate
from scripts.servers.server import Server, find_program
from scripts.simulation.options import Options
from scripts.simulation.run import Simulation
from tests.e2e.conftest import OUTCOME
from tests.e2e.shipped_servers import ClusterNode
from tests.e2e.stack import Stack, free_port
from tests.e2e.test_faults import assert_nothing_lost
from web.console import main as quizwire

PARTICIPANTS = 20
QUESTIONS = 4


class ClusterStack(Stack):
    """Two gateways and every pool on three nodes. `nats` is the first of `nodes`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, name="cluster")
        ports = [free_port() for _ in range(3)]
        self.nodes = [ClusterNode(folder / f"cluster-nats-{n}", n, ports) for n in range(3)]
        self.nats = self.nodes[0]

    def url_of(self, role: str) -> str:
        """All nodes."""
        return ",".join(node.url_of(role) for node in self.nodes)

    def start(self) -> None:
        """The nodes at once: none is ready before there are two."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(Server.start, self.nodes))
        super().start()

    def stop(self) -> None:
        """The nodes at once, too; one that ends in order would take half a minute."""
        for node in self.nodes:
            node.kill()
        super().stop()

    async def leader(self, stream: str) -> ClusterNode:
        """The node that leads it."""
        client = Client()
        url = self.url_of("console")
        await client.connect(url.split(","), inbox_prefix=subjects.inboxes(url))
        try:
            info = await client.jetstream().stream_info(stream)
            assert info.config.num_replicas == len(self.nodes)
            (found,) = [
                node for node in self.nodes if info.cluster and node.server_name == info.cluster.leader
            ]
            return found
        finally:
            await client.close()

    def _prepare(self, environment: Mapping[str, str]) -> None:
        migrate.up(self.postgres.url)
        console = {"DATABASE_URL": self.postgres.url, "NATS_URL": self.url_of("console")}
        assert quizwire(["streams", "--replicas", "3", "--json"], console) == 0

    def _of_role(self, kind: str) -> Mapping[str, str]:
        return {"NATS_URL": self.url_of("web" if kind == "web" else "workers")}


@pytest.fixture
def cluster(run_folder: Path, request: pytest.FixtureRequest) -> Iterator[ClusterStack]:
    """Started for one test, with the logs after a failure."""
    stack = ClusterStack(run_folder)
    try:
        stack.start()
        yield stack
        report = request.node.stash.get(OUTCOME, None)
        if report is not None and report.failed:
            report.sections.append(("Logs of the stack", stack.tails()))
    finally:
        stack.stop()


async def test_a_node_that_is_killed_and_one_that_is_taken_away_lose_nothing(cluster: ClusterStack) -> None:
    killed: list[ClusterNode] = []

    async def strike(index: int) -> None:
        if index == 1:
            await asyncio.sleep(0.3)
            killed.append(await cluster.leader(subjects.SUBMISSIONS))
            await asyncio.to_thread(killed[0].kill)
        elif index == 2:
            await asyncio.to_thread(killed[0].start)
        elif index == 3:
            node = next(node for node in cluster.nodes if node is not killed[0])
            # preStop, then at once SIGTERM, as Kubernetes does it: the second must not cut the first short.
            program = str(find_program("nats-server"))
            signalled = [program, "--signal", f"ldm={node.pid_file}"]
            await asyncio.to_thread(subprocess.run, signalled, check=True)
            os.kill(node.pid, signal.SIGTERM)
            await asyncio.sleep(0.5)
            assert node.running

    options = Options(
        urls=tuple(cluster.gateways),
        participants=PARTICIPANTS,
        questions=QUESTIONS,
        pacing="host",
        pace="realistic",
        thinking_s=(0.1, 2.0),
        reveal_s=0.1,
    )
    report = await Simulation(options, cluster.postgres.url, cluster.redis.url, on_question=strike).run()
    assert_nothing_lost(report, PARTICIPANTS * QUESTIONS)
    logs = "".join(node.log_path.read_text() for node in cluster.nodes)
    assert "Violation" not in logs
    assert "Entering lame duck mode" in logs
