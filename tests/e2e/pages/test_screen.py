"""The screen of the room: it shows the same board as everybody has, and never what is right before the close."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.show import Show
from tests.e2e.pages.states import log_in
from tests.e2e.pages.test_playing import board_of, choose, come_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE = {"width": 1440, "height": 810}


async def test_the_screen_shows_what_everybody_sees(arrive: Arrive, show: Show) -> None:
    session = await show.start(scoring="flat")
    screen = await arrive(viewport=WIDE)
    page = screen.page
    await screen.open(f"/screen/{session.id}")
    await log_in(screen, show)
    code = session.state["join_code"]
    await expect(page.locator(".joining-code")).to_have_text(f"{code[:3]} {code[3:]}")
    assert await page.evaluate("document.querySelector('.joining-qr').decode().then(() => true)")
    ada, ben = await arrive(), await arrive()
    await come_in(ada, session, "Ada")
    await come_in(ben, session, "Ben")
    await expect(page.locator(".chip")).to_have_text(["Ben", "Ada"])

    await session.next()
    await expect(page.locator(".screen-option")).to_have_count(4)
    await expect(page.locator(".ring")).to_be_visible()
    await choose(ada, "B")
    await choose(ben, "C")
    assert not any("correct" in frame for frame in screen.frames)
    await session.close()
    await expect(page.locator(".bar-row.is-right")).to_contain_text("Mercury")
    await expect(page.locator(".bar-count")).to_have_text(["0", "1", "1", "0"])
    await expect(page.locator(".standing").first).to_contain_text("1")
    await expect(ada.page.locator(".standing-mine .standing-score")).to_have_text("1")
    assert (
        await board_of(screen) == await board_of(ada) == await board_of(ben) == [("Ada", "1"), ("Ben", "0")]
    )

    await page.reload()  # the projector's computer may fall asleep
    await expect(page.locator(".standing")).to_have_count(2)
    await session.end()
    await expect(page.locator(".step-1")).to_contain_text("Ada")
    await expect(page.locator(".step-2")).to_contain_text("Ben")


async def test_names_beyond_the_foot_of_the_screen_are_counted(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    await show.crowd(session, 42)
    screen = await arrive(viewport=WIDE)
    page = screen.page
    await screen.open(f"/screen/{session.id}")
    await log_in(screen, show)
    await expect(page.locator(".chip")).to_have_count(42)
    for height in (810, 700):
        await page.set_viewport_size(WIDE | {"height": height})
        await expect(page.locator(".people-more")).to_be_in_viewport(ratio=1)
        shown = await page.locator(".chip:visible").count()
        assert 0 < shown < 42
        await expect(page.locator(".people-more")).to_have_text(f"and {42 - shown} more")
        await expect(page.locator(".chip:visible").last).to_be_in_viewport(ratio=1)
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")


async def test_only_the_host_may_show_a_session(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    stranger = Show(show.stack)
    await stranger.sign_in()
    try:
        visitor = await arrive(viewport=WIDE)
        visitor.tolerate("status of 403", "status of 404")
        await visitor.open(f"/screen/{session.id}")
        await log_in(visitor, stranger)
        await expect(visitor.page.get_by_role("heading")).to_contain_text("Only the host of this session")
        await visitor.open("/screen/01900000-0000-7000-8000-000000000000")
        await expect(visitor.page.get_by_role("heading")).to_contain_text("no such session")
    finally:
        await stranger.close()
