"""`/docs` is served from our own files and asks nobody else for anything."""

from __future__ import annotations

import re

import pytest

from tests.web.people import People
from web.api.docs import FILES, FOLDER


async def test_the_page_names_only_files_that_are_there(people: People) -> None:
    guest = people.guest()
    page = await guest.get("/docs")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {f"docs/{name}" for name in FILES} <= set(named)
    for path in named:
        assert (await guest.client.get(f"/{path}")).status_code == 200, path
    assert "openapi.json" in (await guest.get("/docs/start.js")).text


async def test_the_policy_allows_no_other_origin_and_no_inline_script(people: People) -> None:
    page = await people.guest().get("/docs")
    policy = dict(part.split(maxsplit=1) for part in page.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|https?://", page.text)
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["index.html", "LICENSE", "..%2F..%2Fapp.py", "nothing.js"])
async def test_nothing_else_is_served(people: People, name: str) -> None:
    assert (await people.guest().get(f"/docs/{name}")).status == 404


def test_the_licence_is_kept_beside_the_copies() -> None:
    assert "Apache License" in (FOLDER / "LICENSE").read_text()
