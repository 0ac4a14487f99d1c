"""Every state of the pages, audited: by axe-core in light and in dark, and that nothing sticks out at 360 pixels."""

from __future__ import annotations

import pytest

from tests.e2e.pages.admin_states import admin_states
from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.host_states import desk_states, run_states
from tests.e2e.pages.show import Show
from tests.e2e.pages.states import participant_states, screen_states

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("states", [participant_states, screen_states, desk_states, run_states, admin_states])
async def test_every_state_is_accessible_and_fits(arrive: Arrive, show: Show, states) -> None:
    found = {}
    async for name, visitor in states(arrive, show):
        for theme, rules in (("light", ()), ("dark", ("color-contrast",))):
            await visitor.prefer(theme)
            if violations := await visitor.violations(*rules):
                found[f"{name}, {theme}"] = violations
        if not await visitor.fits():
            found[f"{name}, width"] = ["sticks out at the side"]
    assert found == {}
