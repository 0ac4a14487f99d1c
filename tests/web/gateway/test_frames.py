"""Every frame case of `scripts/framecases` against the gateway under the real server."""

from __future__ import annotations

import asyncio

from scripts.framecases.cases import CASES, HANDSHAKES, Case
from scripts.framecases.page import PAGE
from scripts.framecases.peer import play, shake_hands
from scripts.running.site import ROOT
from tests.web.gateway.hall import hall
from web.config import Config

AT_ONCE = 40


async def test_every_frame_and_handshake_has_the_outcome_that_is_listed(config: Config) -> None:
    async with hall(config) as place:
        turns = asyncio.Semaphore(AT_ONCE)

        async def played(case: Case) -> str:
            async with turns:
                one = await place.join()
                return await play(place.url, {"resume_token": one["resume_token"]}, case)

        async with place.seat() as neighbour:
            outcomes = await asyncio.gather(*map(played, CASES))
            found = zip(CASES, outcomes, strict=True)
            assert {case: outcome for case, outcome in found if outcome != case.outcome} == {}
            shaken = [(one, await shake_hands(place.url, one)) for one in HANDSHAKES]
            assert {one.name: outcome for one, outcome in shaken if outcome != one.outcome} == {}
            await neighbour.say({"type": "sync"})
            await neighbour.until("snapshot")
            assert not any(b'"error"' in data for data in neighbour.frames)


async def test_half_a_handshake_is_not_waited_for(config: Config) -> None:
    async with hall(config, keep_alive_timeout=0.5) as place:
        _, _, port = place.url.rpartition(":")
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgr")
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()


def test_the_page_lists_what_is_tested() -> None:
    text = (ROOT / PAGE).read_text()
    missing = [one.name for one in (*CASES, *HANDSHAKES) if f"| {one.name} | {one.outcome} |" not in text]
    assert missing == []
    assert text.count("\n| ") - text.count("\n| Case ") == len(CASES) + len(HANDSHAKES)
