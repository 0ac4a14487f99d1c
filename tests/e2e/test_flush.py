"""Redis loses everything in the middle of a session: PostgreSQL and the stream have it all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from scripts.drilling.troubles import Flush
from scripts.simulation.options import Options
from scripts.simulation.run import Simulation
from tests.e2e.conftest import require_recomputable
from tests.e2e.stack import Stack
from tests.e2e.test_faults import CROWDS, PARTICIPANTS, STRUCK, assert_nothing_lost


@pytest.mark.parametrize("pacing", ["host", "self"])
async def test_live_state_is_rebuilt_and_everybody_gets_a_snapshot_of_it(stack: Stack, pacing: str) -> None:
    """`scripts/drill flush` tells how long it takes."""
    flush = Flush(stack.redis.url, question=STRUCK[pacing])
    crowd: dict[str, Any] = CROWDS[pacing]
    options = Options(urls=tuple(stack.gateways), **crowd)
    simulation = Simulation(options, stack.postgres.url, stack.redis.url, on_question=flush)
    report = await simulation.run()
    assert_nothing_lost(report, PARTICIPANTS * crowd["questions"])
    assert flush.at is not None
    assert all(
        record.rebuilt_at is not None and record.rebuilt_at > flush.at for record in simulation.records
    )
    await asyncio.to_thread(require_recomputable, stack, report.session_id)
