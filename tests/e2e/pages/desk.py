"""What hosts do in their browser, step by step."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from playwright.async_api import Download, Locator, Page, expect

from tests.e2e.pages.browser import Visitor
from tests.e2e.pages.show import PASSWORD, planets

__all__ = [
    "QUESTIONS",
    "WIDE",
    "content_of",
    "fill_question",
    "form_of",
    "log_in_to",
    "option_of",
    "shown_titles",
    "sign_up",
    "write_quiz",
]

WIDE = {"width": 1280, "height": 860}

QUESTIONS: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("Which of these planets has the shortest year?", ("Venus", "Mercury", "Mars", "Jupiter"), 1),
    ("What is the longest river of Vietnam?", ("Mekong", "Red River", "Perfume River"), 0),
    ("A tomato is, to a botanist, a berry.", ("True", "False"), 0),
    ("Which gas do plants take from the air?", ("Oxygen", "Nitrogen", "Helium", "Carbon dioxide"), 3),
    ("How many strings has a violin?", ("Four", "Five", "Six"), 0),
)
"""Title, options, and the place of the right one."""


async def sign_up(visitor: Visitor, name: str = "Hedy") -> str:
    """Make an account on the host's page; the e-mail address."""
    page, email = visitor.page, f"{secrets.token_hex(6)}@example.test"
    await visitor.open("/host")
    await page.get_by_role("button", name="I am new here").click()
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Make my account").click()
    await expect(page.get_by_role("heading", name="Quizzes", level=1)).to_be_visible()
    return email


async def log_in_to(visitor: Visitor, path: str, email: str, password: str = PASSWORD) -> None:
    """Log in on a page that asks for it."""
    page = visitor.page
    await visitor.open(path)
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Log in", exact=True).click()


def form_of(page: Page) -> Locator:
    """The form of the question that is being written."""
    return page.locator(".question-form")


def option_of(page: Page, key: str) -> Locator:
    """The field of an option."""
    return form_of(page).get_by_role("textbox", name=f"Option {key}", exact=True)


async def fill_question(page: Page, question: tuple[str, tuple[str, ...], int]) -> None:
    """Write the question that is shown."""
    title, options, right = question
    await form_of(page).get_by_label("Question", exact=True).fill(title)
    for key, text in zip("ABCD", options, strict=False):
        await option_of(page, key).fill(text)
    await form_of(page).get_by_label(f"{'ABCD'[right]} is correct").check()


async def write_quiz(visitor: Visitor, folder: Path, title: str = "Around the world") -> None:
    """Five questions, the first with a picture, saved."""
    page = visitor.page
    await page.get_by_role("button", name="New quiz").first.click()
    await page.get_by_label("Title").fill(title)
    for number, question in enumerate(QUESTIONS):
        if number > 0:
            await page.get_by_role("button", name="Add a question").click()
        await fill_question(page, question)
        if number == 0:
            file = folder / "planets.png"
            file.write_bytes(planets())
            await form_of(page).locator("input[type=file]").set_input_files(file)
            await expect(form_of(page).locator(".picture-shown")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".editor-state")).to_have_text("All saved")


async def shown_titles(page: Page) -> list[str]:
    """Titles of the questions in their order, as the list has them."""
    return await page.locator(".question-row-title").all_text_contents()


async def content_of(download: Download) -> bytes:
    """What was saved."""
    path: Path = await download.path()
    return await asyncio.to_thread(path.read_bytes)
