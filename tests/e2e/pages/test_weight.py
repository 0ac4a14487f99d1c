"""How much a participant's phone has to fetch, and when it can be used."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.show import Show
from tests.e2e.pages.test_playing import choose, come_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_BYTES = 60 * 1024


async def test_a_participant_fetches_no_more_than_sixty_kilobytes(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    visitor = await arrive()
    protocol = await visitor.context.new_cdp_session(visitor.page)
    await protocol.send("Network.enable")
    fetched: list[float] = []
    protocol.on("Network.loadingFinished", lambda event: fetched.append(event["encodedDataLength"]))
    await come_in(visitor, session, "Ada")
    await session.next()
    await choose(visitor, "B")
    await session.close()
    await expect(visitor.page.locator(".verdict-right")).to_be_visible()
    await session.end()
    await expect(visitor.page.locator(".podium")).to_be_visible()
    assert len(fetched) >= 8
    assert sum(fetched) <= LIMIT_BYTES
