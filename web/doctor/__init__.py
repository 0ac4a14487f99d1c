"""`quizwire doctor`: looks at everything a site stands on, changes nothing, and says what to do."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import redis

from bus.release import release
from web.config import Config, ConfigInvalid, Servers
from web.doctor.bus import look_at_nats
from web.doctor.finding import WAIT_S, Finding
from web.doctor.stores import look_at_postgres, look_at_redis

__all__ = ["Finding", "add_to", "examine"]

BORROW = "`scripts/quizwire doctor` beside scripts/up, `set -a; . /etc/quizwire/web.env` with systemd"


def add_to(nouns: Any) -> None:
    """Register the command; `examine` runs without the other commands' connections."""
    command = nouns.add_parser(
        "doctor",
        help="look at everything and say what to do",
        description="Check versions, settings, migrations, streams, pools and clocks. Changes nothing.",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(alone=run)


def run(parsed: argparse.Namespace) -> int:
    """Print what `examine` finds; 1 when something has to be done."""
    findings = examine()
    failed = any(finding.status == "fail" for finding in findings)
    if parsed.json:
        parts = [
            {"check": one.check, "status": one.status, "found": one.found, "advice": one.advice}
            for one in findings
        ]
        print(json.dumps({"ok": not failed, "checks": parts}, indent=2))
        return int(failed)
    for one in findings:
        print(f"{one.status:4}  {one.check:10}  {one.found}")
        for line in one.advice.splitlines():
            print(f"{'':18}→ {line}")
    return int(failed)


def examine() -> list[Finding]:
    """Every check; one that cannot be made because another failed is left out."""
    findings = [_python(), _driver()]
    try:
        findings += _settings(Config.from_environment())
    except ConfigInvalid as error:
        advice = f"{error}\nor, if gateways run already, give me the environment that they have: {BORROW}"
        findings.append(
            Finding("settings", "fail", "with this environment a gateway would not start", advice)
        )
    try:
        servers = Servers.from_environment()
    except ConfigInvalid:
        return findings
    client = redis.Redis.from_url(
        servers.redis_url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S
    )  # not `connect_redis`, which empties the database of a server that was restarted
    try:
        findings += [*look_at_postgres(servers.database_url), *look_at_redis(client)]
        findings += asyncio.run(look_at_nats(servers.nats_url))
    finally:
        client.close()
    return findings


def _python() -> Finding:
    return Finding("python", "ok", f"{platform.python_version()}, Quizwire {release()}")


def _driver() -> Finding:
    found = {name: _version(name) for name in ("psycopg2", "psycopg2-binary")}
    installed = [f"{name} {number}" for name, number in found.items() if number is not None]
    if len(installed) == 2:
        advice = "both install the same module: pip uninstall one of them, then install the other again"
        return Finding("driver", "fail", " and ".join(installed), advice)
    return Finding("driver", "ok", installed[0] if installed else "psycopg2")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _settings(config: Config) -> list[Finding]:
    findings = []
    if not config.rate_limits:
        findings.append(
            Finding("settings", "warn", "QUIZWIRE_RATE_LIMITS is off", "that is for load tests: set it to on")
        )
    if config.public_url is None and config.host not in ("127.0.0.1", "::1", "localhost"):
        advice = "set it to what participants type, like https://quiz.example.org"
        findings.append(Finding("settings", "warn", "QUIZWIRE_PUBLIC_URL is not set", advice))
    if config.public_url is not None and not config.proxies and config.host in ("127.0.0.1", "::1"):
        advice = "without it everybody behind the proxy is throttled as one: set it to the proxy's address"
        findings.append(Finding("settings", "warn", "QUIZWIRE_PROXIES is not set", advice))
    return findings or [Finding("settings", "ok", "complete")]
