"""How smooth the board is while five hundred play. No test, and not collected as one: `scripts/test -s tests/e2e/pages/smoothness.py`.

A participant's page with everybody's row in its list and the screen of the room look at a self-paced session, whose board
never stands still. Chromium's own tracing says how much processor time the main thread took at a time: a frame has 16.7 ms.
"""

from __future__ import annotations

import asyncio
import json
from statistics import quantiles
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from scripts.simulation.options import Options
from scripts.simulation.run import Simulation
from tests.e2e.pages.browser import Visitor
from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.show import Show
from tests.e2e.pages.states import log_in
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

PARTICIPANTS = 500
LOOKED_S = 12
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "toplevel"]


async def test_measure_the_board_of_a_crowd(
    browser: Browser, arrive: Arrive, show: Show, stack: Stack, tmp_path
) -> None:
    options = Options(
        urls=tuple(stack.gateways),
        participants=PARTICIPANTS,
        pacing="self",
        pace="realistic",
        email=show.email,
        password=show.password,
    )
    playing = asyncio.create_task(Simulation(options, stack.postgres.url, stack.redis.url).run())
    while not (sessions := (await show.host.sessions())["items"]):  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    motion = {"reduced_motion": "no-preference"}
    phone, screen = await arrive(**motion), await arrive(viewport={"width": 1440, "height": 810}, **motion)
    await phone.open(f"/play/{sessions[0]['join_code']}")
    await phone.page.get_by_role("button", name="Join", exact=True).click()
    await phone.page.locator("button.option-A").click()
    await screen.open(f"/screen/{sessions[0]['id']}")
    await log_in(screen, show)
    await expect(phone.page.get_by_role("button", name=f"Show all {PARTICIPANTS + 1}")).to_be_visible(
        timeout=60_000
    )
    await phone.page.get_by_role("button", name="Show all").click()
    for name, visitor in (("phone", phone), ("screen", screen)):
        moved = await _moves(visitor)
        trace = tmp_path / f"{name}.json"
        await visitor.page.bring_to_front()
        await browser.start_tracing(
            page=visitor.page, path=trace, categories=["devtools.timeline", "toplevel"]
        )
        await asyncio.sleep(LOOKED_S)
        await browser.stop_tracing()
        moved = await _moves(visitor) - moved
        print(
            f"\n{name}: {moved} boards came in {LOOKED_S} s; {_figures(json.loads(trace.read_text())['traceEvents'])}"
        )
    await playing


async def _moves(visitor: Visitor) -> int:
    return sum('"type":"leaderboard"' in frame for frame in visitor.frames)


def _figures(events: list[dict[str, Any]]) -> str:
    """Frames drawn, and how much processor time single tasks of the page's main thread took."""
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks: dict[tuple[int, int], list[float]] = {thread: [] for thread in threads}
    for event in events:
        thread = event["pid"], event["tid"]
        if thread in threads and event["name"].endswith("RunTask") and "tdur" in event:
            tasks[thread].append(event["tdur"] / 1000)
    busiest = sorted(max(tasks.values(), key=sum))
    frames = sum(event["name"] == "AnimationFrame::Presentation" for event in events)
    p99 = quantiles(busiest, n=100)[98]
    return f"{frames} frames; tasks: p99 {p99:.1f} ms, longest {busiest[-1]:.1f} ms, {sum(busiest):.0f} ms in all"
