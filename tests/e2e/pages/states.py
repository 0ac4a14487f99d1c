"""Every state of the pages that participants and the room see, one after the other: to be audited, and to be looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from playwright.async_api import expect

from tests.e2e.pages.browser import Visitor
from tests.e2e.pages.show import QUIZ, Show
from tests.e2e.wire import Session

__all__ = ["State", "participant_states", "screen_states"]

State = tuple[str, Visitor]
Arrive = Callable[..., Awaitable[Visitor]]

NAMES = ("Ada", "Linus", "Katherine", "محمد الخوارزمي", "Nguyễn Thị Minh Khai", "Edsger", "Radia", "Barbara")
PLAIN = {
    "title": QUIZ["title"],
    "questions": [question | {"time_limit_s": None} for question in QUIZ["questions"][:2]],
}


async def participant_states(arrive: Arrive, show: Show) -> AsyncIterator[State]:
    """From the start page to the podium, and what may go wrong on the way."""
    visitor = await arrive()
    page = visitor.page
    await visitor.open("/")
    await expect(page.get_by_label("Join code")).to_be_visible()
    yield "join", visitor
    await page.keyboard.press("Enter")
    await expect(page.locator(".field-error")).to_be_visible()
    yield "join-wrong", visitor
    visitor.tolerate("status of 404")
    await visitor.open("/play/999999")
    await page.get_by_role("button", name="Join", exact=True).click()
    await expect(page.locator(".field-error")).to_be_visible()
    yield "join-unknown", visitor
    await visitor.open("/plya")
    await expect(page.get_by_role("heading", name="There is no page here")).to_be_visible()
    yield "lost", visitor

    session = await show.start(picture=True, scoring="speed", streak_bonus=True)
    guests = [await show.guest(session, name) for name in NAMES]
    await visitor.open(f"/?code={session.state['join_code']}")
    await page.get_by_label("Your name").fill("Hedy Lamarr")
    yield "join-by-link", visitor
    await page.get_by_role("button", name="Join", exact=True).click()
    await expect(page.locator(".lobby-name")).to_be_visible()
    yield "lobby", visitor

    for number, (option, others) in enumerate((("B", "BBBABBCB"), ("D", "DADDBDAD"), ("B", "AABAAABA"))):
        question_id = await session.next()
        await expect(page.locator("button.option").first).to_be_visible()
        if number == 0:
            await page.evaluate("document.querySelector('.picture img').decode()")
        yield f"question-{number + 1}", visitor
        for guest, answer in zip(guests, others, strict=True):
            await guest.until("question")
            await guest.answer(question_id, answer)
        if number < 2:
            await page.locator(f"button.option-{option}").click()
            await expect(page.locator(".note-good")).to_be_visible()
            yield f"answered-{number + 1}", visitor
        if number == 2:
            await show.command(session, "pause")
            await expect(page.locator(".note-warn")).to_be_visible()
            yield "paused", visitor
            await show.command(session, "resume")
            await expect(page.locator(f"button.option-{option}")).to_be_enabled()
            await page.locator(f"button.option-{option}").click()
            await expect(page.locator(".note-good")).to_be_visible()
        await session.close()
        await expect(page.locator(".verdict-right, .verdict-wrong")).to_be_visible()
        yield f"outcome-{number + 1}", visitor
        if number == 0:
            visitor.tolerate("ERR_INTERNET_DISCONNECTED", "WebSocket connection to")
            await visitor.context.set_offline(True)
            await expect(page.locator(".connection")).to_be_visible()
            yield "offline", visitor
            await visitor.context.set_offline(False)
            await expect(page.locator(".connection")).to_be_hidden()
    await session.end()
    await expect(page.locator(".podium")).to_be_visible()
    yield "finale", visitor
    async for state in _other_ways(visitor, show):
        yield state


async def _other_ways(visitor: Visitor, show: Show) -> AsyncIterator[State]:
    page = visitor.page
    session = await show.start(pacing="self")
    await _join(visitor, session)
    await page.locator("button.option-B").click()
    await expect(page.locator(".verdict-right")).to_be_visible()
    yield "self-outcome", visitor
    for option in "DA":
        await page.get_by_role("button", name="Next question").click()
        await page.locator(f"button.option-{option}").click()
        await expect(page.locator(".verdict-right")).to_be_visible()
    await page.get_by_role("button", name="Finish").click()
    await expect(page.locator(".verdict-none")).to_be_visible()
    yield "self-finished", visitor

    timing = {"answer_s": 5, "reveal_s": 0, "leaderboard_s": 0, "countdown_s": 60, "lobby_s": 90}
    session = await show.start(PLAIN, pacing="timed", timing=timing)
    await _join(visitor, session)
    await expect(page.locator(".lobby .countdown")).to_be_visible()
    yield "timed-lobby", visitor
    await session.next()
    await expect(page.locator(".get-ready")).to_be_visible()
    yield "timed-countdown", visitor

    session = await show.start()
    await _join(visitor, session)
    board = await session.host.leaderboard(session.id)
    await session.host.kick(session.id, board[0]["participant_id"])
    await expect(page.locator(".stopped")).to_be_visible()
    yield "removed", visitor


async def _join(visitor: Visitor, session: Session) -> None:
    await visitor.open(f"/play/{session.state['join_code']}")
    await visitor.page.get_by_role("button", name="Join", exact=True).click()
    await expect(visitor.page.locator(".lobby-name, button.option-B").first).to_be_visible()


async def screen_states(arrive: Arrive, show: Show) -> AsyncIterator[State]:
    """What the room sees, from the lobby to the podium."""
    visitor = await arrive()
    page = visitor.page
    session = await show.start(picture=True, scoring="speed")
    guests = [await show.guest(session, name) for name in NAMES]
    await visitor.open(f"/screen/{session.id}")
    await expect(page.get_by_label("Email")).to_be_visible()
    yield "screen-login", visitor
    await log_in(visitor, show)
    await expect(page.locator(".chip")).to_have_count(len(NAMES))
    await page.evaluate("document.querySelector('.joining-qr').decode()")
    yield "screen-lobby", visitor
    for number, answers in enumerate(("BBBABBCB", "DADDBDAD", "AABAAABA")):
        question_id = await session.next()
        await expect(page.locator(".screen-option").first).to_be_visible()
        if number == 0:
            await page.evaluate("document.querySelector('.picture img').decode()")
        yield f"screen-question-{number + 1}", visitor
        if number == 1:
            await show.command(session, "pause")
            await expect(page.locator(".screen-paused")).to_be_visible()
            yield "screen-paused", visitor
            await show.command(session, "resume")
        for guest, answer in zip(guests, answers, strict=True):
            await guest.until("question")
            await guest.answer(question_id, answer)
        await session.close()
        await expect(page.locator(".bars")).to_be_visible()
        yield f"screen-reveal-{number + 1}", visitor
    await session.end()
    await expect(page.locator(".podium")).to_be_visible()
    yield "screen-finale", visitor
    session = await show.start(pacing="self")
    await show.guest(session, "Ada")
    await visitor.open(f"/screen/{session.id}")
    await expect(page.locator(".screen-meanwhile")).to_be_visible()
    yield "screen-self", visitor


async def log_in(visitor: Visitor, show: Show) -> None:
    """On the screen's own form."""
    await visitor.page.get_by_label("Email").fill(show.email)
    await visitor.page.get_by_label("Password").fill(show.password)
    await visitor.page.get_by_role("button", name="Log in").click()
