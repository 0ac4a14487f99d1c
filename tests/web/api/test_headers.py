"""Every reply tells browsers to do nothing with it."""

from __future__ import annotations

import pytest
from quart import Response

from tests.web.people import People
from web.headers import secure


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/nothing", 404), ("/quizzes", 401)])
async def test_replies_and_problems_alike(people: People, path: str, status: int) -> None:
    reply = await people.guest().get(path)
    assert reply.status == status
    assert reply.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in reply.headers  # these tests are served without TLS


def test_a_picture_keeps_its_own_and_may_be_shown_elsewhere() -> None:
    own = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "public"}
    response = Response(b"", headers=own, mimetype="image/webp")
    secure(response, https=True)
    assert {name: response.headers[name] for name in own} == own
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
