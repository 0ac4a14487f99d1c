"""`python -m scripts.framecases`: play all cases on a system of its own, and print or write the page of results."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from client import Api, Host
from scripts.framecases.cases import CASES, HANDSHAKES, Case, Handshake
from scripts.framecases.page import PAGE, page, unexpected
from scripts.framecases.peer import play, shake_hands
from scripts.running.site import ROOT, Site
from scripts.simulation.plan import demo_quiz


def main() -> int:
    """0 when every outcome is the one listed."""
    parser = argparse.ArgumentParser(prog="python -m scripts.framecases", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE}")
    parsed = parser.parse_args()
    with Site() as site:
        cases, handshakes = asyncio.run(_play_all(site.url))
    text = page(cases, handshakes, datetime.now(UTC).date().isoformat())
    if parsed.write:
        Path(ROOT, PAGE).write_text(text)
    else:
        print(text)
    return int(unexpected(cases, handshakes) > 0)


async def _play_all(url: str) -> tuple[dict[Case, str], dict[Handshake, str]]:
    api = Api([url])
    host = Host(api)
    try:
        await host.sign_in(None, None)
        session = await host.start(await host.create_quiz(demo_quiz(1, None)), "host")
        joined = await Api([url]).join(session["join_code"], "Hostile")
        token = joined["resume_token"]
        return (
            {case: await play(url, {"resume_token": token}, case) for case in CASES},
            {handshake: await shake_hands(url, handshake) for handshake in HANDSHAKES},
        )
    finally:
        await api.close()


if __name__ == "__main__":
    sys.exit(main())
