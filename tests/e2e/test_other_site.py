"""A ledger is only kept where session and database are of one site."""

from __future__ import annotations

import asyncio

import pytest

from client import Api, Host
from scripts.simulation.options import Options
from scripts.simulation.plan import demo_quiz
from scripts.simulation.run import Simulation
from scripts.simulation.sources import OtherSite
from scripts.simulation.visit import Visit
from tests.e2e.stack import Stack


async def test_nobody_plays_when_the_ledger_would_look_into_another_sites_database(
    stack: Stack, database_url: str
) -> None:
    simulation = Simulation(
        Options(urls=tuple(stack.gateways), participants=3), database_url, stack.redis.url
    )
    with pytest.raises(OtherSite, match="give --url"):
        await simulation.run()
    assert simulation.progress.joined == 0


async def test_a_visit_to_another_site_has_no_ledger(stack: Stack, database_url: str) -> None:
    urls = tuple(stack.gateways)
    api = Api(urls)
    host = Host(api)
    await host.sign_in(None, None)
    session = await host.start(await host.create_quiz(demo_quiz(1, 1)), "host", "flat")
    visit = Visit(Options(urls=urls, participants=1), session["join_code"], database_url, stack.redis.url)
    visiting = asyncio.create_task(visit.run())
    while not visit.progress.joined:
        assert not visiting.done(), visiting.result()
        await asyncio.sleep(0.02)
    await host.end(session)
    await api.close()
    report = await visiting
    assert report.verdict is None
