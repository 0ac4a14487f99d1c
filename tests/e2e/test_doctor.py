"""`quizwire doctor` of a whole site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.stack import Stack

ROOT = Path(__file__).parents[2]


def doctor(stack: Stack) -> tuple[int, dict[str, Any]]:
    environment = os.environ | {
        "NATS_URL": stack.nats.url,
        "REDIS_URL": stack.redis.url,
        "DATABASE_URL": stack.postgres.url,
        "QUIZWIRE_SECRET": stack.secret,
    }
    command = [sys.executable, "-m", "web.console", "doctor", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout)


def test_a_healthy_site_is_told_to_be_and_a_dead_pool_is_named(stack: Stack) -> None:
    stack.wait_seen()
    status, report = doctor(stack)
    assert (status, report["ok"]) == (0, True), report
    stack.kill("scoring")
    told = doctor(stack)
    assert told[0] == 1
    failed = [check for check in told[1]["checks"] if check["status"] == "fail"]
    assert [(check["check"], check["found"]) for check in failed] == [("pools", "nobody works on: scoring")]
