"""Every state of the admins' page, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

from playwright.async_api import expect

from tests.e2e.pages.desk import log_in_to
from tests.e2e.pages.office import appointed, dead_letters
from tests.e2e.pages.show import Show
from tests.e2e.pages.states import Arrive, State

__all__ = ["admin_states"]


async def admin_states(arrive: Arrive, show: Show) -> AsyncIterator[State]:
    """From the refusal to a dead letter with everything in it."""
    visitor = await arrive()
    page = visitor.page
    await visitor.open("/admin")
    await expect(page.get_by_label("Email")).to_be_visible()
    yield "admin-login", visitor
    await log_in_to(visitor, "/admin", show.email, show.password)
    await expect(page.get_by_role("heading", name="Only admins")).to_be_visible()
    yield "admin-refused", visitor
    await appointed(show.stack, show.email)
    await show.start()
    await show.start(pacing="self")
    async with dead_letters(show.stack):
        await page.reload()
        await page.get_by_label("Search").fill(show.email)
        await expect(page.locator(".row-card")).to_have_count(1)
        yield "admin-user", visitor
        await page.get_by_label("Search").fill("")
        await expect(page.locator(".row-card").nth(1)).to_be_visible()
        await page.get_by_role("button", name="Ban", exact=False).nth(1).click()
        await expect(page.locator("dialog")).to_be_visible()
        yield "admin-ban", visitor
        await page.keyboard.press("Escape")
        await page.get_by_role("link", name="Running sessions").click()
        await expect(page.locator(".row-card").nth(1)).to_be_visible()
        yield "admin-sessions", visitor
        await page.get_by_role("link", name="Queues").click()
        await expect(page.locator(".queue").nth(3)).to_be_visible()
        yield "admin-queues", visitor
        await page.get_by_role("link", name="Dead letters").first.click()
        await expect(page.locator(".row-card")).to_have_count(3)
        yield "admin-letters", visitor
        await page.get_by_role("button", name="Look at number").first.click()
        await expect(page.locator(".letter-content").first).to_be_visible()
        yield "admin-letter", visitor
