"""Pictures of every state, to be looked at: `scripts/screenshots`. No test, and not collected as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.e2e.pages.admin_states import admin_states
from tests.e2e.pages.browser import Visitor
from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.host_states import desk_states, run_states
from tests.e2e.pages.show import Show
from tests.e2e.pages.states import State, participant_states, screen_states

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

FOLDER = Path(__file__).parents[3] / "screenshots"
SIZES = ((360, 740), (768, 1024), (1440, 900), (740, 360))
THEMES = ("light", "dark")
ALSO_VIETNAMESE = (((360, 740), "light"), ((1440, 900), "dark"))

STATES: tuple[Callable[[Arrive, Show], AsyncIterator[State]], ...] = (
    participant_states,
    screen_states,
    desk_states,
    run_states,
    admin_states,
)


async def take(visitor: Visitor, name: str) -> None:
    """The whole page, however long."""
    await visitor.page.screenshot(path=FOLDER / f"{name}.png", full_page=True)


@pytest.mark.parametrize("states", STATES)
async def test_take_pictures(arrive: Arrive, show: Show, states) -> None:
    FOLDER.mkdir(exist_ok=True)
    async for name, visitor in states(arrive, show):
        for width, height in SIZES:
            await visitor.page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                await visitor.prefer(theme)
                await take(visitor, f"{name}-{width}-{theme}")
        await visitor.speak("vi")
        for (width, height), theme in ALSO_VIETNAMESE:
            await visitor.page.set_viewport_size({"width": width, "height": height})
            await visitor.prefer(theme)
            await take(visitor, f"{name}-vi-{width}-{theme}")
        await visitor.speak("en")
        await visitor.page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
