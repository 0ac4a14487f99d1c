"""What a host and the room's screen make of numbers: who is there, how many chose what, which question was hard."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.desk import WIDE, log_in_to
from tests.e2e.pages.show import Show
from tests.e2e.pages.states import log_in

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = ("Ada", "Ben", "Cem", "Dina")
WIDEST_STEP = 320
WIDTHS = "all => all.map(one => Math.round(one.getBoundingClientRect().width * 10))"


async def test_numbers_are_shown_for_what_they_are(arrive: Arrive, show: Show) -> None:
    session = await show.start(scoring="flat")
    await show.crowd(session, 2)
    guests = [await show.guest(session, name) for name in NAMES]
    host, screen = await arrive(viewport=WIDE), await arrive(viewport=WIDE)
    await log_in_to(host, f"/host#/sessions/{session.id}", show.email, show.password)
    await expect(host.page.locator(".take-over")).to_contain_text("was not started in this browser")
    await host.page.get_by_role("button", name="Run it from this device").click()
    await screen.open(f"/screen/{session.id}")
    await log_in(screen, show)
    names = host.page.locator(".person-name")
    await expect(names).to_have_text([*NAMES, "Crowd 0", "Crowd 1"])
    await expect(host.page.locator(".person-dot.is-there")).to_have_count(len(NAMES))

    await session.next()
    for guest, option in zip(guests, "ABBB", strict=True):
        await guest.answer((await guest.until("question"))["question_id"], option)
    await expect(host.page.locator(".person-answered")).to_have_count(len(NAMES))
    await session.close()
    await expect(screen.page.locator(".bar-count")).to_have_text(["1", "3", "0", "0"])
    for width in (1280, 390):
        await screen.page.set_viewport_size({"width": width, "height": 844})
        tracks = await screen.page.locator(".bar-track").evaluate_all(WIDTHS)
        assert len(set(tracks)) == 1 and tracks[0] > width, tracks  # tenths of a pixel
        assert await screen.fits()
    await screen.page.set_viewport_size(WIDE)

    await session.next()
    question = await guests[0].until("question")
    await guests[0].answer(question["question_id"], "A")
    await expect(host.page.locator(".person-answered")).to_have_count(1)
    await session.close()
    await session.end()
    for page in (screen.page, host.page):
        await expect(page.locator(".step-1 .step-score")).to_have_text("1 point")
        assert max(await page.locator(".step").evaluate_all("all => all.map(one => one.offsetWidth)")) <= (
            WIDEST_STEP
        )
    await host.page.get_by_role("link", name="See the results").click()
    hardest = host.page.locator(".figure").last
    await expect(hardest).to_contain_text(f"hardest question: {session.quiz['questions'][0]['title']}")
    await expect(hardest.locator("strong")).to_have_text("75%")
