"""The pages and their files: what browsers may do with them, how long they keep them, how they travel."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace

import pytest
from quart import Quart

from tests.web.people import People
from web.app import create_app
from web.config import Config
from web.pages.assets import Assets, asset
from web.pages.documents import FOLDER, read_assets
from web.pages.routes import policy

PAGES = ("/", "/play/123456", "/host", "/screen/01900000-0000-7000-8000-000000000000", "/admin")


def sources(header: str) -> dict[str, list[str]]:
    """`{"script-src": ["'self'"], …}`."""
    return {name: values for name, *values in (part.split() for part in header.split(";"))}


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_names_only_files_that_are_there_and_of_this_version(
    app: Quart, people: People, path: str
) -> None:
    guest = people.guest()
    page = await guest.get(path)
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) == 5
    for name in named:
        assert name.startswith(f"/static/{read_assets().version}/")
        assert (await guest.get(name)).status == 200, name


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_may_run_our_own_files_and_ask_our_own_api(people: People, path: str) -> None:
    page = await people.guest().get(path)
    allowed = sources(page.headers["Content-Security-Policy"])
    assert allowed == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'", "ws://localhost"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?://", page.text)


async def test_pictures_may_come_from_where_they_are_kept_and_frames_from_the_public_address(
    config: Config,
) -> None:
    elsewhere = replace(config, public_url="https://quiz.example.org", media_url="https://cdn.example.org/q")
    allowed = sources(policy(elsewhere))
    assert allowed["img-src"][-1] == "https://cdn.example.org"
    assert allowed["connect-src"] == ["'self'", "wss://quiz.example.org"]


async def test_a_made_up_host_adds_nothing_to_the_policy(people: People) -> None:
    page = await people.guest().get("/", headers={"Host": "evil.test;script-src *"})
    assert "evil" not in page.headers["Content-Security-Policy"]


async def test_a_page_is_asked_for_each_time_and_a_file_of_it_once(people: People) -> None:
    guest = people.guest()
    page = await guest.get("/host")
    assert page.headers["Cache-Control"] == "no-cache"
    assert (await guest.get("/host", headers={"If-None-Match": page.headers["ETag"]})).status == 304
    path = re.findall(r'href="([^"]+host\.css)"', page.text)[0]
    file = await guest.get(path)
    assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    unchanged = await guest.get(path, headers={"If-None-Match": file.headers["ETag"]})
    assert (unchanged.status, unchanged.text) == (304, "")


async def test_a_file_of_another_version_is_ours_but_not_for_long(people: People) -> None:
    reply = await people.guest().get("/static/0123456789ab/styles/theme.css")
    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-cache")


async def test_files_travel_compressed_to_whoever_takes_that(app: Quart) -> None:
    client = app.test_client()
    path = f"/static/{read_assets().version}/scripts/session-socket.js"
    plain = await client.get(path)
    zipped = await client.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"
    content = await zipped.get_data(as_text=False)
    assert gzip.decompress(content) == await plain.get_data(as_text=False)
    assert len(content) < len(await plain.get_data(as_text=False)) / 2


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/hots", "/screen", "/play/123456/more", "/docs/nothing", "/static/x/y.js"])
async def test_an_address_that_leads_nowhere_is_a_page_in_a_browser_and_a_problem_elsewhere(
    people: People, path: str
) -> None:
    guest = people.guest()
    page = await guest.get(path, headers=BROWSER)
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert 'id="app"' in page.text
    assert (
        page.headers["Content-Security-Policy"] == (await guest.get("/")).headers["Content-Security-Policy"]
    )
    for accept in (
        {},
        {"Accept": "*/*"},
        {"Accept": "application/json"},
        {"Accept": "application/json, text/html"},
    ):
        problem = await guest.get(path, headers=accept)
        assert (problem.status, problem.headers["Content-Type"]) == (404, "application/problem+json")
        assert problem.body["code"] == "not_found"


async def test_an_address_for_programs_is_a_page_in_a_browser_too(people: People) -> None:
    page = await people.guest().get("/users/login", headers=BROWSER)
    assert (page.status, page.headers["Content-Type"]) == (405, "text/html; charset=utf-8")


async def test_what_a_program_posts_to_nowhere_is_a_problem(people: People) -> None:
    reply = await people.guest().post("/hots", {}, headers=BROWSER)
    assert (reply.status, reply.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/play", "/play/", "/play/123456/", "/host/", "/admin/", f"{PAGES[3]}/"])
async def test_a_slash_too_many_is_no_mistake(people: People, path: str) -> None:
    page = await people.guest().get(path)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


async def test_the_icon_is_where_browsers_look_by_themselves(people: People) -> None:
    icon = await people.guest().get("/favicon.ico")
    assert (icon.status, icon.headers["Content-Type"]) == (200, "image/svg+xml")
    assert icon.text.startswith("<svg") and icon.headers["Cache-Control"] == "public, max-age=86400"


@pytest.mark.parametrize(
    "name", ["vendor/README.md", "vendor/LICENSE-htm", "..%2F..%2Fapp.py", "../docs/start.js", "nothing.js"]
)
async def test_nothing_else_is_served(people: People, name: str) -> None:
    assert (await people.guest().get(f"/static/{read_assets().version}/{name}")).status == 404


def test_licences_are_kept_beside_the_copies() -> None:
    assert "Apache License" in (FOLDER / "vendor/LICENSE-htm").read_text()
    assert "MIT License" in (FOLDER / "vendor/LICENSE-preact").read_text()


def test_the_version_follows_the_content() -> None:
    one, other = asset(b"a {}", ".css"), asset(b"b {}", ".css")
    assert Assets({"a.css": one}).version != Assets({"a.css": other}).version
    assert Assets({"a.css": one}).version == Assets({"a.css": one}).version


async def test_with_a_public_address_its_socket_is_allowed(config: Config) -> None:
    app = create_app(replace(config, public_url="https://quiz.example.org"))
    async with app.test_app():
        page = await People(app).guest().get("/")
        allowed = sources(page.headers["Content-Security-Policy"])
        assert "wss://quiz.example.org" in allowed["connect-src"]
