"""Debian's Chromium, and somebody who looks at a page in it and notices everything that is wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

__all__ = ["ARGUMENTS", "Visitor", "find_chromium", "launched"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
PATIENCE_MS = 15_000


def find_chromium() -> str | None:
    """Path of a Chromium on PATH, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def is_required() -> bool:
    """In CI a missing browser is a failure."""
    return os.environ.get("CI", "").lower() == "true"


@asynccontextmanager
async def launched(path: str) -> AsyncIterator[Browser]:
    """A browser without a window."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


class Visitor:
    """One person's browser: a context and a page of their own. `blameless` raises for all that was wrong."""

    def __init__(self, context: BrowserContext, page: Page, origin: str) -> None:
        self.context = context
        self.page = page
        self.origin = origin
        self.complaints: list[str] = []
        self.frames: list[str] = []  # text frames that came over a WebSocket
        self.requests: list[str] = []
        self._tolerated: tuple[str, ...] = ()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"pageerror: {error}"))
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", self._connected)

    @classmethod
    async def arrive(cls, browser: Browser, origin: str, **options: Any) -> Visitor:
        """Somebody new, who has not opened a page yet. `options` are those of a browser context."""
        wanted: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce"}
        context = await browser.new_context(**(wanted | options))
        context.set_default_timeout(PATIENCE_MS)
        return cls(context, await context.new_page(), origin)

    async def open(self, path: str) -> None:
        """Go to a page of ours."""
        await self.page.goto(self.origin + path)

    async def leave(self) -> None:
        """Close the browser of this person."""
        await self.context.close()

    def tolerate(self, *parts: str) -> None:
        """Complaints with one of these in them are no surprise from now on: a network that is away is told."""
        self._tolerated += parts

    def blameless(self) -> None:
        """Raises AssertionError if the console, the policy, a script or a foreign request complained."""
        assert self.complaints == []

    async def violations(self, *rules: str) -> list[str]:
        """What axe-core finds on the page as it is: rule, and where. All its rules, unless some are named."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE)  # not as a script of the page, which its policy forbids
        only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
        found = await self.page.evaluate(
            "options => axe.run(document, options)", {"resultTypes": ["violations"]} | only
        )
        return [
            f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    async def prefer(self, theme: Literal["light", "dark"]) -> None:
        """Change the device's theme, and wait until the page has followed."""
        await self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        await expect(self.page.locator("html")).to_have_attribute("data-theme", theme)
        await self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    async def speak(self, language: Literal["en", "vi"]) -> None:
        """Change the language under an open page, as another tab would."""
        await self.page.evaluate(
            """language => {
                localStorage.setItem("quizwire.language", language);
                window.dispatchEvent(new StorageEvent("storage", { key: "quizwire.language" }));
            }""",
            language,
        )
        await self.page.locator(f"html[lang={language}]").wait_for(state="attached")

    async def fits(self) -> bool:
        """Whether nothing sticks out at the side."""
        fits: bool = await self.page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        return fits

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._complain(f"console {message.type}: {message.text}")

    def _asked(self, url: str) -> None:
        self.requests.append(url)
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self._complain(f"request to another origin: {url}")

    def _connected(self, socket: Any) -> None:
        if urlsplit(socket.url).netloc != urlsplit(self.origin).netloc:
            self._complain(f"socket to another origin: {socket.url}")
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))

    def _complain(self, text: str) -> None:
        if not any(part in text for part in self._tolerated):
            self.complaints.append(text)
