"""Participants in browsers: they come in, play, go away and come back, and always know where they are."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import expect

from tests.e2e.pages.browser import Visitor
from tests.e2e.pages.conftest import Arrive
from tests.e2e.pages.show import QUIZ, Show
from tests.e2e.wire import Session

pytestmark = pytest.mark.asyncio(loop_scope="module")

OFFLINE_S = 15
NO_NETWORK = ("ERR_INTERNET_DISCONNECTED", "WebSocket connection to")


async def come_in(visitor: Visitor, session: Session, nickname: str) -> None:
    """By the code, like anybody."""
    page = visitor.page
    await visitor.open("/")
    await page.get_by_label("Join code").fill(session.state["join_code"])
    await page.get_by_label("Your name").fill(nickname)
    await page.get_by_role("button", name="Join", exact=True).click()
    await expect(page.locator(".lobby-name")).to_have_text(nickname)


async def choose(visitor: Visitor, option: str) -> None:
    await visitor.page.locator(f"button.option-{option}").click()
    await expect(visitor.page.locator(".note-good")).to_have_text("Answer accepted")


async def board_of(visitor: Visitor) -> list[tuple[str, str]]:
    """Names and scores as they are shown."""
    rows = visitor.page.locator(".standing")
    return [
        (
            await row.locator(".standing-name").inner_text(),
            await row.locator(".standing-score").inner_text(),
        )
        for row in await rows.all()
    ]


async def test_a_session_from_the_code_to_the_podium(arrive: Arrive, show: Show) -> None:
    session = await show.start(picture=True, scoring="flat")
    hedy, guest = await arrive(), await show.guest(session, "Linus")
    await come_in(hedy, session, "Hedy")
    page = hedy.page
    assert page.url.endswith(f"/play/{session.state['join_code']}")
    await expect(page.get_by_text("2 people have joined")).to_be_visible()

    first = await session.next()
    await expect(page.locator(".question-title")).to_have_text(QUIZ["questions"][0]["title"])
    await expect(page.locator(".picture img")).to_be_visible()
    assert await page.evaluate("document.querySelector('.picture img').decode().then(() => true)")
    await choose(hedy, "B")
    await expect(page.locator("button.option-B")).to_have_attribute("aria-pressed", "true")
    await guest.until("question")
    await guest.answer(first, "A")
    assert not any("correct" in frame for frame in hedy.frames)
    await session.close()
    await expect(page.locator(".verdict h1")).to_have_text("Correct!")
    await expect(page.locator(".verdict-points")).to_have_text("+1 point")
    await expect(page.locator(".revealed-option.is-right")).to_contain_text("Mercury")
    await expect(page.locator(".explanation")).to_contain_text("88 Earth days")
    await expect(page.locator(".standing-mine .standing-score")).to_have_text("1")
    assert await board_of(hedy) == [("Hedy", "1"), ("Linus", "0")]

    second = await session.next()
    await guest.until("question")
    await guest.answer(second, "D")
    await expect(page.locator("button.option-D")).to_be_enabled()
    await page.keyboard.press("3")  # the key of option C
    await expect(page.locator(".note-good")).to_be_visible()
    third = await session.next()
    await expect(page.locator(".pill").first).to_have_text("3 / 3")
    await guest.until("question")
    await guest.answer(third, "A")
    await session.close()
    await expect(page.locator(".verdict")).to_contain_text("No answer")
    await expect(page.locator(".rank-down, .verdict-none")).to_be_visible()

    await session.end()
    await expect(page.get_by_role("heading", name="That’s it!")).to_be_visible()
    results = await session.host.results(session.id)
    expected = [
        (person["nickname"], str(person["score"]))
        for person in sorted(results["participants"], key=lambda person: person["rank"])
    ]
    assert await board_of(hedy) == expected == [("Linus", "2"), ("Hedy", "1")]
    await expect(page.locator(".step-1")).to_contain_text("Linus")
    await expect(page.locator(".finale-own")).to_contain_text("Rank 2 of 2")
    await expect(page.locator(".own-answer")).to_have_count(3)
    await page.reload()  # the podium is still there
    await expect(page.locator(".step-2")).to_contain_text("Hedy")
    await expect(page.locator(".own-answer")).to_have_count(3)


async def test_a_reload_in_mid_question_comes_back_with_the_answer(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    ada = await arrive()
    await ada.open(f"/?code={session.state['join_code']}")  # as from the QR code
    await ada.page.get_by_label("Your name").fill("Ada")
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.locator(".lobby-name")).to_have_text("Ada")
    await session.next()
    await expect(ada.page.locator(".option")).to_have_count(4)
    await ada.page.reload()
    await expect(ada.page.locator(".option")).to_have_count(4)  # and may still choose
    await choose(ada, "B")
    await ada.page.reload()
    await expect(ada.page.locator("button.option-B")).to_have_attribute("aria-pressed", "true")
    await expect(ada.page.locator(".note-good")).to_have_text("Answer accepted")
    await session.close()
    await expect(ada.page.locator(".verdict h1")).to_have_text("Correct!")
    await ada.page.reload()
    await expect(ada.page.locator(".verdict h1")).to_have_text("Correct!")
    await expect(ada.page.locator(".revealed-option.is-right")).to_contain_text("Mercury")
    # Whoever comes back to the start is offered the way in.
    await ada.open("/")
    await ada.page.get_by_role("button", name=f"Back to {session.state['join_code']}").click()
    await expect(ada.page.locator(".outcome-board")).to_be_visible()


async def test_fifteen_seconds_without_a_network_lose_no_answer(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    alan = await arrive()
    page = alan.page
    await come_in(alan, session, "Alan")
    await session.next()
    await expect(page.locator(".option")).to_have_count(4)
    alan.tolerate(*NO_NETWORK)
    await alan.context.set_offline(True)
    await expect(page.locator(".connection")).to_contain_text("No network")
    await page.locator("button.option-B").click()
    await expect(page.locator(".note-wait")).to_contain_text("sent when you are connected again")
    await page.wait_for_timeout(OFFLINE_S * 1000)
    await alan.context.set_offline(False)
    await expect(page.locator(".note-good")).to_have_text("Answer accepted")
    await expect(page.locator(".connection")).to_be_hidden()
    ids = {json.loads(frame)["re"] for frame in alan.frames if '"type":"ack"' in frame}
    assert len(ids) == 1
    await session.close()
    await expect(page.locator(".verdict h1")).to_have_text("Correct!")


async def test_a_phone_that_slept_finds_back(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    dennis = await arrive()
    await dennis.page.clock.install()
    await come_in(dennis, session, "Dennis")
    await session.next()
    await expect(dennis.page.locator("button.option-B")).to_be_enabled()
    # Asleep for a minute: the socket is dead, and nothing has told so.
    async with dennis.page.expect_websocket():
        await dennis.page.clock.fast_forward(60_000)
    await choose(dennis, "B")
    await session.close()
    await expect(dennis.page.locator(".verdict h1")).to_have_text("Correct!")


async def test_what_happened_meanwhile_is_there_after_a_lost_network(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    radia = await arrive()
    await come_in(radia, session, "Radia")
    await session.next()
    await choose(radia, "B")
    radia.tolerate(*NO_NETWORK)
    await radia.context.set_offline(True)
    await expect(radia.page.locator(".connection")).to_be_visible()
    await session.close()
    await session.next()
    await radia.context.set_offline(False)
    await expect(radia.page.locator(".pill").first).to_have_text("2 / 3")
    await expect(radia.page.locator(".pill-score")).not_to_have_text("0")
    await choose(radia, "D")


async def test_whoever_is_removed_is_told_and_stays_out(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    eve = await arrive()
    await come_in(eve, session, "Eve")
    await session.next()
    await expect(eve.page.locator(".option")).to_have_count(4)
    board = await session.host.leaderboard(session.id)
    await session.host.kick(session.id, board[0]["participant_id"])
    await expect(eve.page.get_by_role("heading", name="You were removed")).to_be_visible()
    await eve.page.reload()
    await expect(eve.page.get_by_role("heading", name="You were removed")).to_be_visible()


async def test_a_pause_stops_the_clock_and_more_time_is_more(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    sophie = await arrive()
    page = sophie.page
    await come_in(sophie, session, "Sophie")
    await session.next()
    await expect(page.locator("button.option-B")).to_be_enabled()
    await show.command(session, "pause")
    await expect(page.locator(".note-warn")).to_contain_text("paused")
    await expect(page.locator("button.option-B")).to_be_disabled()
    shown = await page.locator(".timer-seconds").inner_text()
    await page.reload()
    await expect(page.locator(".note-warn")).to_contain_text("paused")
    assert await page.locator(".timer-seconds").inner_text() == shown
    await show.command(session, "extend", seconds=120)
    await show.command(session, "resume")
    await expect(page.locator("button.option-B")).to_be_enabled()
    assert int(await page.locator(".timer-seconds").inner_text()) > 120
    await choose(sophie, "B")


async def test_a_locked_session_says_so(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    await show.command(session, "lock")
    late = await arrive()
    late.tolerate("status of 409")
    await late.open(f"/play/{session.state['join_code']}")
    await late.page.get_by_role("button", name="Join", exact=True).click()
    await expect(late.page.locator(".field-error")).to_contain_text("closed the doors")


async def test_two_quick_taps_are_one_answer(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    donald = await arrive()
    await come_in(donald, session, "Donald")
    await session.next()
    await expect(donald.page.locator("button.option-B")).to_be_enabled()
    await donald.page.evaluate(
        "for (const key of 'BCB') document.querySelector('button.option-' + key).click()"
    )
    await expect(donald.page.locator(".note-good")).to_have_text("Answer accepted")
    await expect(donald.page.locator("button.option-B")).to_have_attribute("aria-pressed", "true")
    acks = [json.loads(frame) for frame in donald.frames if '"type":"ack"' in frame]
    assert [ack["status"] for ack in acks] == ["accepted"]


async def test_a_second_tab_takes_over_and_the_first_may_take_it_back(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    ken = await arrive()
    await come_in(ken, session, "Ken")
    second = await ken.context.new_page()
    await second.goto(ken.page.url)
    await expect(second.locator(".lobby-name")).to_have_text("Ken")
    await expect(ken.page.get_by_role("heading", name="You went on somewhere else")).to_be_visible()
    await ken.page.get_by_role("button", name="Continue here").click()
    await expect(ken.page.locator(".lobby-name")).to_have_text("Ken")


async def test_everybody_at_their_own_speed(arrive: Arrive, show: Show) -> None:
    session = await show.start(pacing="self")
    grace = await arrive()
    page = grace.page
    await grace.open(f"/play/{session.state['join_code']}")
    await page.get_by_label("Your name").fill("Grace")
    await page.get_by_role("button", name="Join", exact=True).click()
    for number, (option, verdict) in enumerate(
        (("B", "Correct!"), ("A", "Not this time"), ("A", "Correct!"))
    ):
        await expect(page.locator(".pill").first).to_have_text(f"{number + 1} / 3")
        await page.locator(f"button.option-{option}").click()
        await expect(page.locator(".verdict h1")).to_have_text(verdict)
        await expect(page.locator(".revealed-option.is-right")).to_have_count(1)
        if (explanation := QUIZ["questions"][number].get("explanation")) is not None:
            await expect(page.locator(".explanation")).to_have_text(explanation)
        if number == 0:  # a reload goes on with the next question, which the server has moved on to
            await page.reload()
        else:
            await page.get_by_role("button", name="Finish" if number == 2 else "Next question").click()
    await expect(page.get_by_role("heading", name="You’re through!")).to_be_visible()
    await expect(page.locator(".pill").first).to_have_text("3 / 3")
    await session.end()
    await expect(page.get_by_role("heading", name="That’s it!")).to_be_visible()
    await expect(page.locator(".own-answer")).to_have_count(3)


async def test_a_session_that_runs_by_the_clock(arrive: Arrive, show: Show) -> None:
    timing = {"answer_s": 20, "reveal_s": 3, "leaderboard_s": 0, "countdown_s": 2, "lobby_s": 4}
    questions = [question | {"time_limit_s": None} for question in QUIZ["questions"][:2]]
    session = await show.start(QUIZ | {"questions": questions}, pacing="timed", timing=timing)
    tim = await arrive()
    page = tim.page
    await come_in(tim, session, "Tim")
    await expect(page.locator(".lobby .countdown")).to_be_visible()
    await expect(page.get_by_role("heading", name="Question 1")).to_be_visible()
    for option in "BD":
        await expect(page.locator(".timer-seconds")).to_be_visible()
        await page.locator(f"button.option-{option}").click()  # the last one to answer: it closes
        await expect(page.locator(".verdict h1")).to_have_text("Correct!")
    await expect(page.get_by_role("heading", name="That’s it!")).to_be_visible()


async def test_a_wrong_code_and_a_taken_name_are_told_where_they_were_typed(
    arrive: Arrive, show: Show
) -> None:
    session = await show.start()
    await show.guest(session, "Barbara")
    visitor = await arrive()
    visitor.tolerate("status of 404", "status of 409")  # the console tells of every refused request
    page = visitor.page
    await visitor.open("/")
    code = page.get_by_label("Join code")
    await code.fill("12")
    await page.keyboard.press("Enter")
    await expect(page.locator(".field-error")).to_contain_text("at least six digits")
    await code.fill("999 999 999")
    await page.keyboard.press("Enter")
    await expect(page.locator(".field-error")).to_contain_text("No quiz is running with this code")
    await expect(code).to_have_attribute("aria-invalid", "true")
    await code.fill(session.state["join_code"])
    await page.get_by_label("Your name").fill("Barbara")
    await page.keyboard.press("Enter")
    await expect(page.locator(".field-error")).to_contain_text("Somebody here has this name")


async def test_of_a_crowd_only_the_rows_in_sight_are_in_the_page(arrive: Arrive, show: Show) -> None:
    session = await show.start()
    await show.crowd(session, 150)
    margaret = await arrive()
    await come_in(margaret, session, "Margaret")
    await session.next()
    await choose(margaret, "A")
    await session.close()
    rows = margaret.page.locator(".standing")
    await expect(margaret.page.locator(".standing-mine")).to_be_visible()
    assert await rows.count() <= 8
    await margaret.page.get_by_role("button", name="Show all 151").click()
    await expect(margaret.page.locator(".standing-mine")).to_be_in_viewport()
    assert 8 < await rows.count() < 40
    await margaret.page.locator(".standings-all").evaluate("list => list.scrollTo(0, 0)")
    await expect(rows.first).to_be_in_viewport()
    assert await rows.count() < 40


async def test_the_language_follows_the_browser_and_the_switch(arrive: Arrive, show: Show) -> None:
    visitor = await arrive(locale="vi-VN")
    await visitor.open("/")
    heading = visitor.page.get_by_role("heading", level=1)
    await expect(heading).to_have_text("Tham gia câu đố")
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "vi")
    await visitor.page.locator("select.switch").select_option("en")
    await expect(heading).to_have_text("Join a quiz")
    await visitor.page.reload()
    await expect(heading).to_have_text("Join a quiz")


async def test_another_tab_that_changes_the_language_changes_this_one(arrive: Arrive) -> None:
    visitor = await arrive()
    await visitor.open("/")
    other = await visitor.context.new_page()
    await other.goto(visitor.origin)
    await other.locator("select.switch").select_option("vi")
    await expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Tham gia câu đố")


@pytest.mark.parametrize("path", ["/plya", "/play/{code}/x", "/sessions/nothing/at/all"])
async def test_whoever_mistypes_an_address_is_told_so_and_can_join_from_there(
    arrive: Arrive, show: Show, path: str
) -> None:
    session = await show.start()
    visitor = await arrive()
    visitor.tolerate("status of 404")
    page = visitor.page
    await visitor.open(path.format(code=session.state["join_code"]))
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no page here")
    await expect(page.get_by_role("link", name="Quizwire")).to_have_attribute("href", "/")
    await page.get_by_label("Join code").fill(session.state["join_code"])
    await page.get_by_label("Your name").fill("Hedy")
    await page.get_by_role("button", name="Join", exact=True).click()
    await expect(page.locator(".lobby-name")).to_have_text("Hedy")


async def test_nobody_is_told_to_be_nearly_in_whose_code_leads_nowhere(arrive: Arrive) -> None:
    visitor = await arrive()
    visitor.tolerate("status of 404")
    page = visitor.page
    await visitor.open("/play/999999")
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_have_text("You’re nearly in")
    await page.get_by_role("button", name="Join", exact=True).click()
    await expect(page.locator(".field-error")).to_contain_text("No quiz is running with this code")
    await expect(heading).to_have_text("Join a quiz")
