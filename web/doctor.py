"""`quizwire doctor`: looks at everything a site stands on, changes nothing, and says what to do."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import psycopg2
import redis
from nats.aio.client import Client

from bus import streams, subjects
from db import checks, migrate
from db.errors import ServerUnsuitable, Unavailable
from db.pool import CONNECT, normal_url
from web.config import Config, ConfigInvalid

__all__ = ["Finding", "add_to", "examine"]

POOLS = ("scoring", "persistence", "control", "background")
NATS_MIN = (2, 12)
WAIT_S = 3.0
SKEW_WARN_S = 0.25
SKEW_FAIL_S = 1.0

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look has found, and what to do about it."""

    check: str
    status: Status
    found: str
    advice: str = ""


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
        if one.advice:
            print(f"{'':18}→ {one.advice}")
    return int(failed)


def examine() -> list[Finding]:
    """Every check; one that cannot be made because another failed is left out."""
    findings = [_python(), _driver()]
    try:
        config = Config.from_environment()
    except ConfigInvalid as error:
        return [*findings, Finding("settings", "fail", "a gateway would not start", str(error))]
    findings += _settings(config)
    client = redis.Redis.from_url(
        config.redis_url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S
    )  # not `connect_redis`, which empties the database of a server that was restarted
    try:
        findings += [*_postgres(config.database_url), *_redis(client)]
        findings += asyncio.run(_nats(config.nats_url))
    finally:
        client.close()
    return findings


def _python() -> Finding:
    return Finding("python", "ok", f"{platform.python_version()}, Quizwire {version('quizwire')}")


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


def _postgres(url: str) -> list[Finding]:
    try:
        checks.check_postgres(url)
    except (Unavailable, ServerUnsuitable) as error:
        return [Finding("postgres", "fail", _first_line(error), "is it running, and is DATABASE_URL right?")]
    with psycopg2.connect(normal_url(url), **CONNECT) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), to_regclass(%s) IS NOT NULL", (migrate.HISTORY,)
        )
        number, migrated = cursor.fetchone() or ("?", False)
        offset = _offset(lambda: _postgres_clock(cursor))
        known: set[str] = set()
        if migrated:
            cursor.execute(f"SELECT name FROM {migrate.HISTORY}")  # noqa: S608
            known = {name for (name,) in cursor.fetchall()}
    connection.close()
    return [Finding("postgres", "ok", number.split()[0]), _migrations(known), _clock("postgres", offset)]


def _postgres_clock(cursor: Any) -> float:
    cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
    return float(cursor.fetchone()[0])


def _migrations(applied: set[str]) -> Finding:
    ours = {path.stem for path in migrate.DIRECTORY.glob("[0-9]*.py")}
    if missing := sorted(ours - applied):
        advice = "apply them before this release serves: quizwire migrate"
        return Finding("migrations", "fail", f"not applied: {', '.join(missing)}", advice)
    if ahead := sorted(applied - ours):
        advice = "a newer release is being rolled out, or this one is old: bring this machine up to date"
        return Finding("migrations", "warn", f"the schema is ahead: {', '.join(ahead)}", advice)
    return Finding("migrations", "ok", f"all {len(ours)} applied")


def _redis(client: redis.Redis) -> list[Finding]:
    try:
        checks.check_redis(client)
        info: dict[str, Any] = client.info()
        offset = _offset(lambda: _redis_clock(client))
    except (Unavailable, ServerUnsuitable, redis.RedisError) as error:
        advice = "is it running, and is REDIS_URL right?" if isinstance(error, Unavailable) else ""
        return [Finding("redis", "fail", _first_line(error), advice)]
    found = f"{info['redis_version']}, noeviction, {info['used_memory'] / 2**20:.0f} MiB in use"
    limit = info.get("maxmemory") or info.get("total_system_memory") or 0
    full = limit and info["used_memory"] > 0.8 * limit
    advice = "give it more memory before writes are refused" if full else ""
    return [Finding("redis", "warn" if full else "ok", found, advice), _clock("redis", offset)]


def _redis_clock(client: redis.Redis) -> float:
    seconds, microseconds = client.time()
    return float(seconds) + float(microseconds) / 1e6


async def _nats(url: str) -> list[Finding]:
    client = Client()
    try:
        async with asyncio.timeout(WAIT_S):
            await client.connect(url.split(","), allow_reconnect=False, connect_timeout=2, error_cb=_quiet)
    except Exception as error:  # nats-py raises many kinds
        found = f"NATS does not answer ({type(error).__name__})"
        return [Finding("nats", "fail", found, "is it running, and is NATS_URL right?")]
    try:
        server = client.connected_server_version
        number = f"{server.major}.{server.minor}.{server.patch}"
        if (server.major, server.minor) < NATS_MIN:
            return [Finding("nats", "fail", number, "scheduled messages need nats-server 2.12 or newer")]
        if not client._server_info.get("jetstream"):
            return [Finding("nats", "fail", f"{number} without JetStream", "start it with -js")]
        return [Finding("nats", "ok", number), *await _jetstream(client)]
    finally:
        await client.close()


async def _jetstream(client: Client) -> list[Finding]:
    wrong, infos = [], {}
    clustered = bool(client._server_info.get("cluster"))
    asked_at = time.time()
    for wanted in streams.declared():
        assert wanted.name is not None
        infos[wanted.name] = info = await _api(
            client, f"STREAM.INFO.{wanted.name}", {"subjects_filter": "dead.*"}
        )
        if "config" not in info:
            wrong.append(f"{wanted.name} is missing")
            continue
        as_is, as_wished = info["config"], wanted.as_dict()
        wrong += [
            f"{wanted.name}: {name} is {as_is.get(name)!r} instead of {_plain(as_wished.get(name))!r}"
            for name in (
                "subjects",
                "retention",
                "storage",
                "max_age",
                "duplicate_window",
                "allow_msg_schedules",
            )
            if (as_is.get(name) or None) != (_plain(as_wished.get(name)) or None)
        ]
        if clustered and as_is.get("num_replicas", 1) < 3:
            wrong.append(f"{wanted.name} has {as_is['num_replicas']} replica in a cluster")
    if wrong:
        findings = [Finding("streams", "fail", "; ".join(wrong), "bring them up to date: quizwire streams")]
    else:
        findings = [Finding("streams", "ok", ", ".join(infos))]
    findings += [*await _pools(client), *_dead(infos.get(subjects.DEAD_LETTERS, {}))]
    if told := infos[subjects.TASKS].get("ts"):
        answered_at = time.time()
        moment = datetime.fromisoformat(told[:26].rstrip("Z") + "+00:00").timestamp()
        middle = (asked_at + answered_at) / 2
        doubt = (answered_at - asked_at) / 2
        findings.append(_clock("nats", max(0.0, abs(moment - middle) - doubt)))
    return findings


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


async def _pools(client: Client) -> list[Finding]:
    reading: dict[str, bool] = {}
    for stream in (subjects.SUBMISSIONS, subjects.TASKS):
        for consumer in await _consumers(client, stream):
            pool = consumer["name"].partition("-")[0]
            busy = bool(consumer.get("num_waiting") or consumer.get("num_ack_pending"))
            reading[pool] = reading.get(pool, False) or busy
    idle = [pool for pool in POOLS if not reading.get(pool)]
    if idle:
        return [
            Finding(
                "pools",
                "fail",
                f"nobody works on: {', '.join(idle)}",
                "start these workers, or resume what was paused",
            )
        ]
    return [Finding("pools", "ok", f"workers read {', '.join(POOLS)}")]


async def _consumers(client: Client, stream: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = await _api(client, f"CONSUMER.LIST.{stream}", {"offset": len(found)})
        found += page.get("consumers") or ()
        if len(found) >= page.get("total", 0) or not page.get("consumers"):
            return found


def _dead(info: dict[str, Any]) -> list[Finding]:
    counts = info.get("state", {}).get("subjects") or {}
    if not counts:
        return [Finding("dead", "ok", "no dead letters")]
    found = ", ".join(
        f"{count} of {subject.removeprefix('dead.')}" for subject, count in sorted(counts.items())
    )
    return [
        Finding("dead", "warn", f"dead letters: {found}", "look at them: docs/runbook.md#quizwiredeadletters")
    ]


async def _api(client: Client, subject: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = await client.request(f"$JS.API.{subject}", json.dumps(body).encode(), timeout=WAIT_S)
    answer: dict[str, Any] = json.loads(reply.data)
    return answer


def _offset(ask: Callable[[], float]) -> float:
    """Seconds that a server's clock is surely off from ours: what the way there and back explains is forgiven."""
    asked_at = time.time()
    told = ask()
    answered_at = time.time()
    return max(0.0, abs(told - (asked_at + answered_at) / 2) - (answered_at - asked_at) / 2)


def _clock(name: str, offset_s: float) -> Finding:
    status: Status = "fail" if offset_s > SKEW_FAIL_S else "warn" if offset_s > SKEW_WARN_S else "ok"
    advice = "" if status == "ok" else "have NTP or chrony keep the clocks of both machines"
    return Finding("clocks", status, f"{name} is {offset_s * 1000:.0f} ms off from this machine", advice)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


async def _quiet(error: Exception) -> None:
    """The exception that follows says it."""
