"""Admins in a browser: what they see is what REST says, and what they do is done."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.desk import WIDE, log_in_to, sign_up
from tests.e2e.pages.office import appointed, dead_letters
from tests.e2e.pages.show import Show

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_admin_looks_after_users_sessions_queues_and_dead_letters(
    arrive: Arrive, show: Show
) -> None:
    await appointed(show.stack, show.email)
    someone = await arrive(viewport=WIDE)
    address = await sign_up(someone, "Somebody")
    visitor = await arrive(viewport=WIDE)
    page = visitor.page
    await log_in_to(visitor, "/admin", show.email, show.password)
    await page.get_by_label("Search").fill(address)
    row = page.locator(".row-card")
    await expect(row).to_have_count(1)
    await row.get_by_label("Role of Somebody").select_option("participant")
    await expect(page.locator(".notice-success")).to_contain_text("Somebody was changed")
    someone.tolerate("status of 403", "status of 401")
    await someone.page.get_by_role("button", name="New quiz").first.click()
    await someone.page.get_by_label("Title").fill("Not allowed")
    await someone.page.get_by_role("button", name="Delete this question", include_hidden=True).evaluate(
        "button => button.click()"
    )
    await someone.page.get_by_role("button", name="Save", exact=True).click()
    await expect(someone.page.locator(".notice-error")).to_contain_text("may not write or run quizzes")
    await page.get_by_role("button", name="Ban Somebody").click()
    await page.locator("dialog").get_by_role("button", name="Ban", exact=True).click()
    await expect(row).to_contain_text("Banned")
    await someone.page.goto(f"{someone.origin}/host")
    await log_in_to(someone, "/host", address)
    await expect(someone.page.locator(".field-error")).to_contain_text("This account is banned")
    await page.get_by_role("button", name="Let Somebody in again").click()
    await expect(row).not_to_contain_text("Banned")

    session = await show.start()
    code = session.state["join_code"]
    await page.get_by_role("link", name="Running sessions").click()
    await page.get_by_role("button", name=f"End session {code[:3]} {code[3:]}").click()
    await page.locator("dialog").get_by_role("button", name="End session").click()
    await expect(page.locator(".notice-success").last).to_contain_text("is over")
    assert (await show.host.api.call("GET", f"/sessions/{session.id}"))["state"] == "ended"

    async with dead_letters(show.stack):
        await page.get_by_role("link", name="Queues").click()
        await expect(page.locator(".queue").filter(has_text="scoring")).to_contain_text("1 dead letter")
        await page.get_by_role("link", name="Dead letters", exact=True).click()
        await expect(row).to_have_count(3)
        first = row.filter(has_text="no such question")
        await first.get_by_role("button", name="Look").click()
        await expect(page.locator(".letter-content").first).to_contain_text('"a"')
        await page.keyboard.press("Escape")
        await first.get_by_role("button", name="Discard").click()
        await page.locator("dialog").get_by_role("button", name="Discard", exact=True).click()
        await expect(row).to_have_count(2)
        await (
            row.filter(has_text="undecodable")
            .or_(row.filter(has_text="cannot be read"))
            .get_by_role("button", name="Retry")
            .click()
        )
        await expect(row).to_have_count(1)
        left = (await show.host.api.call("GET", "/admin/dead-letters?queue=background"))["items"]
        assert [letter["reason"] for letter in left] == ["killed_its_worker"]


async def test_nobody_else_sees_it(arrive: Arrive, show: Show) -> None:
    visitor = await arrive(viewport=WIDE)
    await log_in_to(visitor, "/admin", show.email, show.password)
    await expect(visitor.page.get_by_role("heading", name="Only admins see this page")).to_be_visible()
    assert not any("/admin/" in url for url in visitor.requests)
