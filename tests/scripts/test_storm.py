"""`scripts/loginstorm` runs and cleans up after itself; what it measures is for people to judge."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_small_storm_is_measured_and_leaves_nothing_behind() -> None:
    before = set(Path("/tmp").glob("qw-storm-*"))
    arguments = [
        "--participants",
        "4",
        "--logins",
        "4",
        "--questions",
        "1",
        "--rounds",
        "1",
        "--thinking",
        "0.5",
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "scripts.storm", *arguments],
        cwd=ROOT,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("clean") == 2
    assert "{'200': 4}" in done.stdout
    assert set(Path("/tmp").glob("qw-storm-*")) <= before
