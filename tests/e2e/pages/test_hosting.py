"""Hosts in browsers: they write quizzes, run sessions, and find back wherever they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from client import Api, Host
from tests.e2e.pages.browser import Visitor
from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.desk import (
    QUESTIONS,
    WIDE,
    content_of,
    form_of,
    log_in_to,
    option_of,
    shown_titles,
    sign_up,
    write_quiz,
)
from tests.e2e.pages.show import PASSWORD, Show
from tests.e2e.pages.test_playing import NO_NETWORK, OFFLINE_S, board_of, choose
from tests.e2e.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLAYED = {"Ada": "BAADA", "Ben": "BBACA", "Eve": "AAA"}
"""What each of the three answers; Eve is removed while question 4 is open."""
RIGHT = "BAADA"


async def come_in(visitor: Visitor, code: str, nickname: str) -> None:
    """By the code, like anybody."""
    page = visitor.page
    await visitor.open("/")
    await page.get_by_label("Join code").fill(code)
    await page.get_by_label("Your name").fill(nickname)
    await page.get_by_role("button", name="Join", exact=True).click()
    await expect(page.locator(".lobby-name")).to_have_text(nickname)


async def start(page: Page, **choices: str) -> str:
    """Start the quiz that is shown, with these choices; the join code."""
    await page.get_by_role("button", name="Start", exact=True).click()
    for label, choice in choices.items():
        await page.locator("dialog").get_by_label(label, exact=True).select_option(label=choice)
    await page.get_by_role("button", name="Open the lobby").click()
    return (await page.locator(".host-code").inner_text()).replace(" ", "")


async def results_of(stack: Stack, email: str) -> dict[str, Any]:
    """What REST says of the newest session of this host."""
    host = Host(Api(stack.gateways[-1:]))
    try:
        await host.sign_in(email, PASSWORD)
        newest = (await host.api.call("GET", "/sessions?limit=1"))["items"][0]
        results: dict[str, Any] = await host.api.call("GET", f"/sessions/{newest['id']}/results")
    finally:
        await host.api.close()
    return results


async def podium_of(page: Page) -> list[tuple[str, str]]:
    """Rank and name, as the steps show them."""
    steps = page.locator(".podium .step")
    found = [
        (await step.locator(".step-rank").inner_text(), await step.locator(".step-name").inner_text())
        for step in await steps.all()
    ]
    return sorted(found)


async def test_from_the_first_account_to_the_podium(arrive: Arrive, stack: Stack, tmp_path: Path) -> None:
    hedy = await arrive(viewport=WIDE)
    page = hedy.page
    email = await sign_up(hedy)
    await write_quiz(hedy, tmp_path)
    code = await start(page, Points="The same, however fast")
    async with hedy.context.expect_page() as opened:
        await page.get_by_role("link", name="Open screen").click()
    screen = Visitor(hedy.context, await opened.value, hedy.origin)
    shown = screen.page.locator(".joining-code")
    await expect(shown).to_have_text(f"{code[:3]} {code[3:]}")
    await screen.page.reload()
    await expect(shown).to_have_text(f"{code[:3]} {code[3:]}")
    players = {name: await arrive() for name in PLAYED}
    for name, player in players.items():
        await come_in(player, code, name)
    ada, ben, eve = players.values()
    await expect(page.locator(".person-name")).to_have_text(list(PLAYED))
    await expect(page.locator(".person-dot.is-there")).to_have_count(3)

    for number, right in enumerate(RIGHT):
        await page.locator("h1").click()  # away from every button
        await page.keyboard.press("Space")
        await expect(page.locator(".stage-title")).to_have_text(QUESTIONS[number][0])
        if number == 0:
            for seen in (page, screen.page, ada.page):
                await seen.evaluate("document.querySelector('.picture img').decode()")
        if number == 1:
            await ben.page.reload()
        if number == 3:
            # Ada has been away since the question before.
            await ada.page.wait_for_timeout(OFFLINE_S * 1000)
            await ada.context.set_offline(False)
            await expect(ada.page.locator(".connection")).to_be_hidden()
            await eve.page.locator("button.option-A").wait_for()
            await page.get_by_label("More for Eve").click()
            await page.get_by_role("button", name="Remove", exact=True).click()
            await page.locator("dialog").get_by_role("button", name="Remove", exact=True).click()
            await expect(eve.page.get_by_role("heading", name="You were removed")).to_be_visible()
            await expect(page.locator(".people-removed")).to_have_text("Removed: Eve")
        there = [name for name in PLAYED if number < len(PLAYED[name])]
        for name in there:
            await choose(players[name], PLAYED[name][number])
        await expect(page.locator(".person-answered")).to_have_count(len(there))
        await expect(page.locator(".answers-in strong")).to_have_text(f"{len(there)} / {len(there)}")
        chosen = [PLAYED[name][number] for name in there]
        counts = [str(chosen.count(key)) for key in "ABCD"[: len(QUESTIONS[number][1])]]
        await expect(page.locator(".live-count")).to_have_text(counts)
        if number == 2:
            ada.tolerate(*NO_NETWORK)
            await ada.context.set_offline(True)
            await expect(ada.page.locator(".connection")).to_contain_text("No network")
        await page.keyboard.press("Space")
        await expect(page.locator(f".live-bar.is-right.option-{right}")).to_be_visible()
        await expect(page.locator(".live-count")).to_have_text(counts)
        for player in (ben, ada) if number != 2 else (ben,):
            await expect(player.page.locator(".verdict-right, .verdict-wrong")).to_be_visible()
            assert await board_of(player) == await board_of(hedy) == await board_of(screen)
    await expect(page.locator(".commands-main")).to_contain_text("Show the podium")
    await page.keyboard.press("Space")
    await expect(page.locator(".podium")).to_be_visible()
    results = await results_of(stack, email)
    expected = [(row["nickname"], row["score"], row["rank"]) for row in results["participants"]]
    assert expected == [("Ada", 5, 1), ("Ben", 3, 2)]
    for seen in (page, screen.page, ada.page, ben.page):
        await expect(seen.locator(".podium")).to_be_visible()
        assert await podium_of(seen) == [("1", "Ada"), ("2", "Ben")]

    await page.get_by_role("link", name="See the results").click()
    rows = page.locator(".results-table tbody tr")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("Ada")
    await expect(rows.first.locator(".mark-right")).to_have_count(5)
    await expect(rows.last.locator(".mark-wrong")).to_have_count(2)
    for form, start_of_file in (("XLSX", b"PK"), ("CSV", b""), ("JSON", b"{")):
        async with page.expect_download() as download:
            await page.get_by_role("button", name=f"Download as {form}").click()
        content = await content_of(await download.value)
        assert content.startswith(start_of_file)
        assert form == "XLSX" or b"Ada" in content
    screen.blameless()


async def test_a_host_needs_no_mouse(arrive: Arrive, show: Show) -> None:
    visitor = await arrive(viewport=WIDE)
    page = visitor.page
    await log_in_to(visitor, "/host", show.email, show.password)

    async def reach(target: Locator) -> None:
        await target.wait_for()
        for _ in range(60):
            if await target.evaluate("element => element === document.activeElement"):
                return
            await page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with Tab")

    async def press(target: Locator, key: str = "Enter") -> None:
        await reach(target)
        await page.keyboard.press(key)

    async def write(target: Locator, text: str) -> None:
        await reach(target)
        await page.keyboard.insert_text(text)

    await press(page.get_by_role("button", name="New quiz").first)
    await write(page.get_by_label("Title"), "By keyboard")
    await write(form_of(page).get_by_label("Question", exact=True), "Second")
    for key, text in (("A", "no"), ("B", "yes")):
        await write(option_of(page, key), text)
        if key == "A":  # what is right is chosen with the arrows
            await press(form_of(page).get_by_label("A is correct"), "ArrowDown")
    await press(page.get_by_role("button", name="Add a question"))
    await write(form_of(page).get_by_label("Question", exact=True), "First")
    for key, text in (("A", "yes"), ("B", "no")):
        await write(option_of(page, key), text)
        if key == "A":
            await press(form_of(page).get_by_label("A is correct"), "Space")
    row = page.locator(".question-row").nth(1)
    await press(row, "Alt+ArrowUp")
    assert await shown_titles(page) == ["First", "Second"]
    await page.keyboard.press("Control+s")
    await expect(page.locator(".editor-state")).to_have_text("All saved")
    await press(page.get_by_role("button", name="Start", exact=True))
    await press(page.get_by_role("button", name="Open the lobby"))
    code = (await page.locator(".host-code").inner_text()).replace(" ", "")
    guest = await show.guest_of(code, "Ada")
    await expect(page.locator(".person-name")).to_have_text("Ada")
    for title, option in (("First", "A"), ("Second", "B")):
        await page.keyboard.press("Space")
        await expect(page.locator(".stage-title")).to_have_text(title)
        question = await guest.until("question")
        await guest.answer(question["question_id"], option)
        await expect(page.locator(".person-answered")).to_be_visible()
        await page.keyboard.press("Space")
        await expect(page.locator(f".live-bar.is-right.option-{option}")).to_be_visible()
    await page.keyboard.press("Space")
    await expect(page.locator(".podium")).to_contain_text("Ada")


async def test_a_closed_tab_finds_back_and_another_device_asks_first(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    await show.guest(session, "Ada")
    first, second = await arrive(viewport=WIDE), await arrive(viewport=WIDE)
    link = f"/host#/sessions/{session.id}"
    for visitor in (first, second):
        await log_in_to(visitor, link, show.email, show.password)
        await visitor.page.get_by_role("button", name="Run it from this device").click()
        await expect(visitor.page.locator(".host-code")).to_be_visible()
    await first.page.locator(".commands-main").click()
    for visitor in (first, second):
        await expect(visitor.page.locator(".stage-title")).to_be_visible()
    await first.page.close()
    first.page = await first.context.new_page()
    await first.open("/host")
    await first.page.locator(".running-one").click()
    await expect(first.page.locator(".stage-title")).to_have_text(session.quiz["questions"][0]["title"])

    # Somebody else's command arrives while the first one's is under way.
    async def overtaken(route: Route) -> None:
        await show.host.api.call("POST", f"/sessions/{session.id}/close", body={})
        await route.continue_()

    await first.page.route("**/close", overtaken)
    first.tolerate("status of 409")
    await first.page.locator(".commands-main").click()
    await expect(first.page.locator(".notice-error")).to_contain_text("moved on meanwhile")
    for visitor in (first, second):
        await expect(visitor.page.locator(".live-bar.is-right")).to_be_visible()
    await first.page.reload()
    await expect(first.page.locator(".live-bar.is-right")).to_be_visible()


async def test_a_phone_held_sideways_shows_more_than_commands(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    visitor = await arrive(viewport={"width": 844, "height": 390}, has_touch=True)
    page = visitor.page
    await log_in_to(visitor, f"/host#/sessions/{session.id}", show.email, show.password)
    await page.get_by_role("button", name="Run it from this device").click()
    await page.locator(".commands-main").click()
    await expect(page.locator(".commands-timer")).to_be_visible()
    for language in ("en", "vi"):
        await visitor.speak(language)
        heights = [
            await page.locator(selector).evaluate_all("all => all.map(one => one.offsetHeight)")
            for selector in (".commands", ".commands button")
        ]
        assert heights[0][0] < 390 / 5 and min(heights[1]) >= 44
        assert await visitor.fits()


async def test_a_host_looks_after_the_room(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    ada, eve = await arrive(), await arrive()
    for visitor, name in ((ada, "Ada"), (eve, "Rude")):
        await come_in(visitor, session.state["join_code"], name)
    visitor = await arrive(viewport=WIDE)
    page = visitor.page
    visitor.tolerate("status of 409")
    await log_in_to(visitor, f"/host#/sessions/{session.id}", show.email, show.password)
    await page.get_by_role("button", name="Run it from this device").click()
    await page.get_by_label("More for Rude").click()
    await page.get_by_role("button", name="Rename").click()
    await page.locator("dialog").get_by_label("Name").fill("Ada")
    await page.keyboard.press("Enter")
    await expect(page.locator("dialog .field-error")).to_contain_text("Somebody here has this name")
    await page.locator("dialog").get_by_label("Name").fill("Eve")
    await page.keyboard.press("Enter")
    await expect(page.locator(".person-name")).to_have_text(["Ada", "Eve"])
    await page.get_by_role("button", name="Lock door").click()
    await expect(page.locator(".tag-warn")).to_have_text("Locked")
    await page.locator(".commands-main").click()
    await expect(ada.page.locator("button.option-B")).to_be_enabled()
    await page.get_by_role("button", name="Pause").click()
    await expect(ada.page.locator(".note-warn")).to_contain_text("paused")
    await page.get_by_role("button", name="+30 s").click()
    await page.locator(".commands-main").click()
    await expect(ada.page.locator("button.option-B")).to_be_enabled()
    assert int(await page.locator(".timer-seconds").inner_text()) > 60
    await page.get_by_label("More for Eve").click()
    await page.get_by_role("button", name="Remove and ban").click()
    await page.locator("dialog").get_by_role("button", name="Remove and ban").click()
    await expect(eve.page.get_by_role("heading", name="You were removed")).to_be_visible()
    await page.get_by_role("button", name="Unlock door").click()
    eve.tolerate("status of 409")
    await eve.page.evaluate(
        "Object.keys(localStorage).filter(key => !/device/.test(key)).forEach(key => localStorage.removeItem(key))"
    )
    await eve.open(f"/?code={session.state['join_code']}")
    await eve.page.get_by_role("button", name="Join", exact=True).click()
    await expect(eve.page.locator(".field-error")).to_contain_text("does not let you in")
    await page.get_by_role("button", name="End session").click()
    await page.locator("dialog").get_by_role("button", name="End session").click()
    await expect(page.get_by_role("heading", name="The session is over")).to_be_visible()


async def test_a_login_renews_itself_and_the_page_speaks_vietnamese(arrive: Arrive, show: Show) -> None:
    visitor = await arrive(viewport=WIDE, locale="vi-VN")
    page = visitor.page
    await visitor.open("/host")
    await page.get_by_label("Email").fill(show.email)
    await page.get_by_label("Mật khẩu").fill(show.password)
    await page.get_by_role("button", name="Đăng nhập", exact=True).click()
    await expect(page.get_by_role("heading", name="Câu đố", exact=True)).to_be_visible()
    await page.evaluate(
        """() => {
            const login = JSON.parse(localStorage.getItem("quizwire.login"));
            localStorage.setItem("quizwire.login", JSON.stringify({ ...login, renew_at: 0 }));
        }"""
    )
    async with page.expect_response("**/users/refresh-token") as renewed:
        await page.reload()
    assert (await renewed.value).status == 200
    await expect(page.locator(".desk-name")).to_have_text("Hedy")
    await page.get_by_role("button", name="Đăng xuất").click()
    await expect(page.get_by_label("Mật khẩu")).to_be_visible()
