"""A browser for each module, and a host who moves sessions on over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.e2e.pages.browser import Visitor, find_chromium, is_required, launched
from tests.e2e.pages.show import Show
from tests.e2e.stack import Stack

Arrive = Callable[..., Awaitable[Visitor]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The Chromium on PATH. Without one these tests are skipped, but not in CI."""
    path = find_chromium()
    if path is None:
        if is_required():
            pytest.fail("no Chromium on PATH: install the package chromium")
        pytest.skip("no Chromium on PATH: install it to test the pages")
    async with launched(path) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def arrive(browser: Browser, stack: Stack) -> AsyncIterator[Arrive]:
    """`await arrive()` is somebody with a browser of their own, who must have nothing to complain about in the end."""
    visitors: list[Visitor] = []

    async def come(**options: Any) -> Visitor:
        visitor = await Visitor.arrive(browser, stack.gateways[0], **options)
        visitors.append(visitor)
        return visitor

    yield come
    for visitor in visitors:
        await visitor.leave()
    for visitor in visitors:
        visitor.blameless()


@pytest_asyncio.fixture(loop_scope="module")
async def show(stack: Stack) -> AsyncIterator[Show]:
    """A host with a quiz to start, on the other gateway."""
    found = Show(stack)
    await found.sign_in()
    try:
        yield found
    finally:
        await found.close()
