"""The join link as a QR code."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import segno

from tests.web.people import People, Person, quiz
from web.config import Config


@pytest.fixture
def config(config: Config) -> Config:
    return replace(config, public_url="https://quiz.test")


def squares(svg: str) -> set[tuple[int, int]]:
    """Dark modules of segno's SVG: strokes of one unit, `M` to a place, `m` on from there, `h` along."""
    drawing = ElementTree.fromstring(svg)
    dark = next(e for e in drawing.iter() if e.get("stroke") is not None).get("d") or ""
    found, x, y = set(), 0.0, 0.0
    for letter, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", dark):
        if letter == "M":
            x, y = float(first), float(second)
        elif letter == "m":
            x, y = x + float(first), y + float(second)
        else:
            found |= {(int(x) + step, int(y)) for step in range(int(first))}
            x += int(first)
    return found


@pytest.mark.usefixtures("control_worker")
async def test_it_holds_the_join_link_while_the_session_runs(people: People, host: Person) -> None:
    quiz_id = (await host.post("/quizzes", quiz())).body["id"]
    session = (await host.post(f"/quizzes/{quiz_id}/start")).body
    path = f"/sessions/{session['id']}/qr.svg"
    reply = await people.guest().get(path)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "image/svg+xml"
    assert reply.headers["Cache-Control"] == "public, max-age=60"
    link = f"https://quiz.test/?code={session['join_code']}"
    expected = segno.make_qr(link, error="m").matrix
    assert squares(reply.text) == {
        (x + 4, y + 4) for y, row in enumerate(expected) for x, dark in enumerate(row) if dark
    }
    assert (await host.post(f"/sessions/{session['id']}/end")).status == 200
    over = await people.guest().get(path)
    assert (over.status, over.body["code"]) == (409, "session_ended")


async def test_there_is_none_without_a_session(people: People) -> None:
    assert (await people.guest().get("/sessions/x/qr.svg")).status == 404
