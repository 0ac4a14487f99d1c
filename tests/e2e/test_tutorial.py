"""The tutorial, as a newcomer pastes it."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.stack import ROOT, Stack

PAGE = (ROOT / "docs/tutorial.md").read_text()


def blocks() -> list[str]:
    """What is to be pasted into one terminal, one after the other."""
    return re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


async def test_the_shell_part_goes_from_an_account_to_results(stack: Stack, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on PATH")
    script = "\n".join(blocks()).replace("http://127.0.0.1:8000", stack.gateways[0])
    results = tmp_path / "results.csv"
    script = script.replace("/tmp/results.csv", str(results))
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": stack.postgres.url, "REDIS_URL": stack.redis.url},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^join code: \d{6}$", done.stdout, re.MULTILINE)
    assert "Podium" in done.stdout and "clean" in done.stdout
    rows = list(csv.DictReader(results.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 20 * 2, rows[:2]


def test_buttons_are_called_what_the_pages_call_them() -> None:
    known: set[str] = set()
    for part in ("common", "host"):
        texts = json.loads((ROOT / f"web/static/pages/texts/en/{part}.json").read_text())
        known |= {text for text in texts.values() if isinstance(text, str)}
    named = set(re.findall(r"\*\*(.+?)\*\*", PAGE))
    assert len(named) > 8 and named - known == set()
