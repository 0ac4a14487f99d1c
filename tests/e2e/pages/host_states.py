"""Every state of the host's page, one after the other: to be audited, and to be looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import expect

from tests.e2e.pages.browser import Visitor
from tests.e2e.pages.desk import log_in_to, sign_up, write_quiz
from tests.e2e.pages.show import QUIZ, Show
from tests.e2e.pages.states import NAMES, Arrive, State
from tests.e2e.wire import Wire

__all__ = ["desk_states", "run_states"]

BROKEN = "#Q What is two and two?\n^ four\nA four\nB five\n\n#Q No answer here\nA one\nB two\n\nnonsense\n"


async def desk_states(arrive: Arrive, show: Show) -> AsyncIterator[State]:
    """From the way in to the dialog that starts a session."""
    visitor = await arrive()
    page = visitor.page
    await visitor.open("/host")
    await expect(page.get_by_label("Email")).to_be_visible()
    yield "host-login", visitor
    await page.get_by_role("button", name="I am new here").click()
    yield "host-register", visitor
    visitor.tolerate("status of 401", "status of 412", "status of 422")
    await log_in_to(visitor, "/host", "nobody@example.test")
    await expect(page.locator(".field-error")).to_be_visible()
    yield "host-login-wrong", visitor
    await sign_up(visitor)
    await expect(page.locator(".empty")).to_be_visible()
    yield "host-empty", visitor

    await page.get_by_role("button", name="New quiz").first.click()
    await page.get_by_role("button", name="Add a question").click()
    await page.get_by_label("Title").fill("Half a quiz")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".question-fault")).to_have_count(2)
    yield "host-faults", visitor
    await page.locator("a.link").click()
    await expect(page.locator("dialog")).to_be_visible()
    yield "host-leave", visitor
    await page.get_by_role("button", name="Leave without saving").click()
    with TemporaryDirectory() as folder:
        await write_quiz(visitor, Path(folder))
        await page.locator(".question-row").first.click()
        await expect(page.locator(".picture-shown")).to_be_visible()
        yield "host-editor", visitor
        await page.get_by_role("button", name="Preview").click()
        await expect(page.locator(".preview .picture img")).to_be_visible()
        yield "host-preview", visitor
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_be_hidden()
        async for state in _lists(visitor, Path(folder)):
            yield state


async def _lists(visitor: Visitor, folder: Path) -> AsyncIterator[State]:
    page = visitor.page
    await page.get_by_label("Title").fill("Around the whole world")
    other = await visitor.context.new_page()
    await other.goto(page.url)
    await other.get_by_label("Title").fill("Theirs")
    await other.get_by_role("button", name="Save", exact=True).click()
    await expect(other.locator(".editor-state")).to_have_text("All saved")
    await other.close()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", name="changed elsewhere")).to_be_visible()
    yield "host-conflict", visitor
    await page.get_by_role("button", name="Put mine in its place").click()
    await expect(page.locator(".editor-state")).to_have_text("All saved")
    await page.locator("a.link").click()

    await page.get_by_role("button", name="Import").click()
    await expect(page.locator(".file-drop")).to_be_visible()
    yield "host-import", visitor
    file = folder / "History of everything.txt"
    file.write_text(BROKEN)
    await page.locator("dialog input[type=file]").set_input_files(file)
    await expect(page.locator("dialog .table")).to_be_visible()
    yield "host-imported", visitor
    await page.get_by_role("button", name="Close", exact=True).last.click()
    await expect(page.locator(".quiz-card")).to_have_count(2)
    yield "host-quizzes", visitor
    await page.locator(".menu summary").first.click()
    yield "host-menu", visitor
    await page.get_by_role("button", name="Delete").click()
    await expect(page.locator("dialog")).to_be_visible()
    yield "host-delete", visitor
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Start “Around the whole world”").click()
    await expect(page.locator(".pacings")).to_be_visible()
    yield "host-start", visitor
    await page.get_by_role("radio", name="The clock").check()
    await page.locator("dialog .more summary").click()
    yield "host-start-timed", visitor


async def run_states(arrive: Arrive, show: Show) -> AsyncIterator[State]:
    """A session from the lobby to its results."""
    visitor = await arrive()
    page = visitor.page
    session = await show.start(picture=True, scoring="speed")
    await log_in_to(visitor, f"/host#/sessions/{session.id}", show.email)
    await expect(page.get_by_role("heading", name="Run this session")).to_be_visible()
    yield "host-take-over", visitor
    await page.get_by_role("button", name="Run it from this device").click()
    await expect(page.locator(".host-code")).to_be_visible()
    guests = [await show.guest(session, name) for name in NAMES]
    await expect(page.locator(".person")).to_have_count(len(NAMES))
    await expect(page.locator(".person-dot.is-there")).to_have_count(len(NAMES))
    yield "host-lobby", visitor
    await _stay(guests)
    await page.locator(".person .menu summary").first.click()
    await page.get_by_role("button", name="Rename").click()
    await expect(page.locator("dialog")).to_be_visible()
    yield "host-rename", visitor
    await _stay(guests)
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_be_hidden()
    await page.locator(".person .menu summary").first.click()
    await page.get_by_role("button", name="Remove and ban").click()
    await expect(page.locator("dialog")).to_be_visible()
    yield "host-ban", visitor
    await _stay(guests)
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_be_hidden()
    for number, answers in enumerate(("BBBABBCB", "DADDBDAD", "AABAAABA")):
        await page.locator(".commands-main").click()
        await expect(page.locator(".answers-in")).to_be_visible()
        question_id = session.quiz["questions"][number]["id"]
        for guest, answer in list(zip(guests, answers, strict=True))[: 8 if number else 6]:
            await guest.until("question")
            await guest.answer(question_id, answer)
        await expect(page.locator(".person-answered")).to_have_count(8 if number else 6)
        if number == 0:
            await page.evaluate("document.querySelector('.picture img').decode()")
        yield f"host-question-{number + 1}", visitor
        await _stay(guests)
        if number == 1:
            await page.get_by_role("button", name="Pause").click()
            await expect(page.locator(".tag-warn")).to_be_visible()
            yield "host-paused", visitor
            await _stay(guests)
            await page.locator(".commands-main").click()
            await expect(page.locator(".tag-warn")).to_be_hidden()
        await page.locator(".commands-main").click()
        await expect(page.locator(".live-bar.is-right")).to_be_visible()
        yield f"host-outcome-{number + 1}", visitor
        await _stay(guests)
    await page.locator(".commands-main").click()
    await expect(page.locator(".podium")).to_be_visible()
    yield "host-over", visitor
    await page.get_by_role("link", name="See the results").click()
    await expect(page.locator(".results-table")).to_be_visible()
    yield "host-results", visitor
    await show.start(pacing="self")
    await page.get_by_role("link", name="Sessions").last.click()
    await expect(page.locator(".row-card")).to_have_count(2)
    await expect(page.locator(".row-card").first).to_contain_text(QUIZ["title"])
    yield "host-sessions", visitor
    await page.locator(".row-card").first.click()
    await page.get_by_role("button", name="Run it from this device").click()
    await expect(page.locator(".host-code")).to_be_visible()
    yield "host-self", visitor


async def _stay(guests: list[Wire]) -> None:
    """Looking at a state takes its time, and whoever is not heard of for 25 s is gone."""
    for guest in guests:
        await guest.say({"type": "pong", "t": 0})
