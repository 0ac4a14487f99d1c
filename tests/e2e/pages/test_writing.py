"""Authors in browsers: questions are moved, pictures come in, and nobody overwrites what somebody else has saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.desk import (
    WIDE,
    content_of,
    fill_question,
    form_of,
    log_in_to,
    option_of,
    shown_titles,
    sign_up,
)
from tests.e2e.pages.show import QUIZ, Show, planets

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_questions_are_dragged_and_pictures_dropped_and_pasted(arrive: Arrive, tmp_path: Path) -> None:
    visitor = await arrive(viewport=WIDE)
    page = visitor.page
    await sign_up(visitor)
    await page.get_by_role("button", name="New quiz").first.click()
    await page.get_by_label("Title").fill("Moved about")
    for number in range(3):
        if number > 0:
            await page.get_by_role("button", name="Add a question").click()
        await fill_question(page, (f"Question {number}", ("yes", "no"), 0))
    rows = page.locator(".question-list li")
    await rows.nth(2).drag_to(rows.nth(0))
    assert await shown_titles(page) == ["Question 2", "Question 0", "Question 1"]

    picture = list(planets())
    give = """([bytes, kind, target]) => {
        const carried = new DataTransfer();
        carried.items.add(new File([new Uint8Array(bytes)], "planets.png", { type: "image/png" }));
        const how = { bubbles: true, cancelable: true, dataTransfer: carried, clipboardData: carried };
        const event = kind === "paste" ? new ClipboardEvent(kind, how) : new DragEvent(kind, how);
        document.querySelector(target).dispatchEvent(event);
    }"""
    await page.locator(".question-row").nth(0).click()
    await page.evaluate(give, [picture, "drop", ".picture-field"])
    await expect(page.locator(".picture-shown")).to_be_visible()
    await page.locator(".question-row").nth(1).click()
    await page.evaluate(give, [picture, "paste", ".question-form textarea"])
    await expect(page.locator(".picture-shown")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".editor-state")).to_have_text("All saved")
    await page.reload()
    await expect(page.locator(".question-has")).to_have_count(2)
    assert await shown_titles(page) == ["Question 2", "Question 0", "Question 1"]
    await page.get_by_role("button", name="Remove the picture").click()
    await page.keyboard.press("Control+s")
    await expect(page.locator(".editor-state")).to_have_text("All saved")
    await page.reload()
    await expect(page.locator(".question-has")).to_have_count(1)

    await page.locator("a.link").click()
    await page.get_by_label("More for Moved about").click()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export as JSON").click()
    exported = await download.value
    assert exported.suggested_filename == "Moved about.json"
    quiz = json.loads(await content_of(exported))
    quiz["questions"].append({"title": "Nothing to choose from"})
    file = tmp_path / "back.json"
    file.write_text(json.dumps(quiz))
    await page.get_by_role("button", name="Import").click()
    await page.locator("dialog input[type=file]").set_input_files(file)
    await expect(page.locator("dialog .note-good")).to_have_text("3 questions imported")
    await expect(page.locator("dialog tbody tr td").first).to_have_text("4")
    await page.get_by_role("button", name="Open the quiz").click()
    await expect(page.locator(".question-row")).to_have_count(3)


async def test_a_file_that_cannot_be_read_is_told_in_the_language_of_the_page(
    arrive: Arrive, tmp_path: Path
) -> None:
    visitor = await arrive(viewport=WIDE)
    visitor.tolerate("status of 422")
    page = visitor.page
    await sign_up(visitor)
    await page.get_by_role("button", name="Import").click()
    await visitor.speak("vi")
    file = tmp_path / "damaged.json"
    file.write_text('{"title": "Capitals", "questions": [')
    await page.locator("dialog input[type=file]").set_input_files(file)
    await expect(page.locator("dialog .field-error")).to_contain_text("Không đọc được tệp này")
    await expect(page.locator("dialog [lang=en]")).to_contain_text("The JSON file is damaged")


async def test_a_quiz_that_was_never_saved_is_not_started(arrive: Arrive) -> None:
    visitor = await arrive(viewport=WIDE)
    page = visitor.page
    await sign_up(visitor)
    await page.get_by_role("button", name="New quiz").first.click()
    start = page.get_by_role("button", name="Start", exact=True)
    await start.click()
    await expect(page.locator(".field-error").first).to_have_text("Give the quiz a title.")
    await page.get_by_label("Title").fill("Ticked by hand")
    await form_of(page).get_by_label("Question", exact=True).fill("Is it?")
    await option_of(page, "A").fill("yes")
    await option_of(page, "B").fill("no")
    await start.click()
    await expect(page.locator(".field-error")).to_have_text("Tick the correct option.")
    await form_of(page).get_by_label("B is correct").check()
    await start.click()
    await expect(page.get_by_role("button", name="Open the lobby")).to_be_visible()


async def test_nobody_overwrites_what_was_saved_elsewhere(arrive: Arrive, show: Show) -> None:
    path = f"/quizzes/{await show.host.create_quiz(QUIZ)}"
    visitor = await arrive(viewport=WIDE)
    visitor.tolerate("status of 412")
    page = visitor.page
    await log_in_to(visitor, f"/host#{path}", show.email, show.password)
    title = page.get_by_label("Title")
    for choice, kept in (("Take the stored version", "Theirs"), ("Put mine in its place", "Mine")):
        await title.fill("Mine")
        quiz = await show.host.api.call("GET", path)
        await show.host.api.call(
            "PUT", path, body=QUIZ | {"title": "Theirs", "description": quiz["description"] + "."}
        )
        await page.keyboard.press("Control+s")
        await expect(page.get_by_role("heading", name="This quiz was changed elsewhere")).to_be_visible()
        assert (await show.host.api.call("GET", path))["title"] == "Theirs"
        await page.get_by_role("button", name=choice).click()
        await expect(page.locator(".note-box")).to_be_hidden()
        await expect(title).to_have_value(kept)
        await expect(page.locator(".editor-state")).to_have_text("All saved")
        assert (await show.host.api.call("GET", path))["title"] == kept


async def test_what_is_written_while_it_is_saved_is_not_lost(arrive: Arrive, show: Show) -> None:
    path = f"/quizzes/{await show.host.create_quiz(QUIZ)}"
    visitor = await arrive(viewport=WIDE)
    page = visitor.page
    await log_in_to(visitor, f"/host#{path}", show.email, show.password)
    title = page.get_by_label("Title")
    await title.fill("First")

    async def slowly(route: Route) -> None:
        if route.request.method == "PUT":
            await title.fill("Second")
            await page.keyboard.press("Control+s")  # at once, while the first is under way
        await route.continue_()

    await page.route(f"**{path}", slowly)
    await page.keyboard.press("Control+s")
    await expect(page.locator(".notice-success")).to_be_visible()
    await expect(page.locator(".editor-state")).to_have_text("Not saved yet")
    await expect(title).to_have_value("Second")
    assert (await show.host.api.call("GET", path))["title"] == "First"
    await page.unroute(f"**{path}", slowly)
    await page.keyboard.press("Control+s")
    await expect(page.locator(".editor-state")).to_have_text("All saved")
    assert (await show.host.api.call("GET", path))["title"] == "Second"
