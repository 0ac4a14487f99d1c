"""Every reply tells browsers to do nothing with it."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_network

import pytest
from quart import Quart, Response
from quart.testing import WebsocketResponseError

from tests.web.people import People
from web.app import create_app
from web.config import Config
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


async def test_a_failure_of_ours_has_them_too_and_tells_nothing(app: Quart, people: People) -> None:
    async def fail() -> None:
        raise RuntimeError("secret")

    app.view_functions["health.livez"] = fail
    app.config["PROPAGATE_EXCEPTIONS"] = False
    reply = await people.guest().get("/livez")
    assert (reply.status, reply.body["code"]) == (500, "internal")
    assert "secret" not in reply.text
    assert reply.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"] == "no-store"


async def test_a_refused_handshake_is_a_problem_with_them(app: Quart) -> None:
    async with app.test_client().websocket("/ws", headers={"Origin": "https://evil.test"}) as socket:
        with pytest.raises(WebsocketResponseError) as refused:
            await socket.receive()
    response = refused.value.response
    assert response.status_code == 403
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Type"] == "application/problem+json"


async def test_with_https_the_browser_is_told_to_stay_with_it(config: Config) -> None:
    app = create_app(replace(config, public_url="https://quiz.example.org"))
    async with app.test_app():
        reply = await People(app).guest().get("/livez")
        assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_every_reply_names_its_request(people: People) -> None:
    replies = [await people.guest().get(path) for path in ("/livez", "/livez", "/nothing", "/quizzes")]
    ids = [reply.headers["X-Request-Id"] for reply in replies]
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("peer", "given", "believed"),
    [("127.0.0.1", "proxy-0.17_x", True), ("127.0.0.1", "a b", False), ("198.51.100.1", "mine", False)],
)
async def test_only_our_own_proxy_chooses_the_name(
    config: Config, peer: str, given: str, believed: bool
) -> None:
    app = create_app(replace(config, proxies=(ip_network("127.0.0.0/8"),)))
    async with app.test_app():
        reply = (
            await People(app)
            .guest()
            .get("/livez", headers={"X-Request-Id": given}, scope_base={"client": (peer, 1)})
        )
        assert (reply.headers["X-Request-Id"] == given) is believed
