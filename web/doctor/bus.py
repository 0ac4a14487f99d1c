"""NATS: the server, the streams, and who works on them."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

from nats.aio.client import Client

from bus import nodes, queues, streams, subjects
from bus.asking import ask
from bus.errors import Refused
from bus.release import release
from web.doctor.finding import WAIT_S, Finding, clock

__all__ = ["look_at_nats"]

NATS_MIN = (2, 12)
SETTINGS = ("subjects", "retention", "storage", "max_age", "duplicate_window", "allow_msg_schedules")


async def look_at_nats(url: str) -> list[Finding]:
    """Version, streams, clock; then the processes, the queues and the dead letters."""
    client = Client()
    try:
        async with asyncio.timeout(WAIT_S):
            await client.connect(
                url.split(","),
                inbox_prefix=subjects.inboxes(url),
                allow_reconnect=False,
                connect_timeout=2,
                error_cb=_quiet,
            )
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
        return [Finding("nats", "ok", number), *await _streams(client)]
    finally:
        await client.close()


async def _streams(client: Client) -> list[Finding]:
    wrong: list[str] = []
    moment: str | None = None
    asked_at = time.time()
    for wanted in streams.declared():
        asked_at = time.time()
        try:
            info = await ask(client, f"STREAM.INFO.{wanted.name}", {})
        except Refused:
            wrong.append(f"{wanted.name} is missing")
            continue
        moment, answered_at = info.get("ts"), time.time()
        as_is, as_wished = info["config"], wanted.as_dict()
        wrong += [
            f"{wanted.name}: {name} is {as_is.get(name)!r} instead of {_plain(as_wished.get(name))!r}"
            for name in SETTINGS
            if (as_is.get(name) or None) != (_plain(as_wished.get(name)) or None)
        ]
        if client._server_info.get("cluster") and as_is.get("num_replicas", 1) < 3:
            wrong.append(f"{wanted.name} has {as_is['num_replicas']} replica in a cluster")
    findings = []
    if moment is not None:
        told = datetime.fromisoformat(moment[:26].rstrip("Z") + "+00:00").timestamp()
        doubt_s = (answered_at - asked_at) / 2
        findings.append(clock("nats", max(0.0, abs(told - asked_at - doubt_s) - doubt_s)))
    if wrong:
        advice = "bring them up to date: quizwire streams"
        return [Finding("streams", "fail", "; ".join(wrong), advice), *findings]
    names = ", ".join(str(stream.name) for stream in streams.declared())
    return [Finding("streams", "ok", names), *findings, *await _pools(client)]


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


async def _pools(client: Client) -> list[Finding]:
    """Who is there, and what waits; the processes answer for themselves."""
    found, waiting = await nodes.gather(client), await queues.survey(client)
    served = {queue for node in found for queue in node.queues}
    missing = [pool for pool in queues.POOLS if pool not in served]
    if not any(node.kind == "web" for node in found):
        missing.append("web")
    if missing:
        findings = [
            Finding("pools", "fail", f"nobody works on: {', '.join(missing)}", "start these processes")
        ]
    else:
        findings = [Finding("pools", "ok", f"{len(found)} processes, every pool among them")]
    releases = sorted({node.version for node in found} | {release()})
    if len(releases) > 1:
        advice = "fine while a release is rolled out; then bring the others up to date"
        findings.append(Finding("releases", "warn", f"several run: {', '.join(releases)}", advice))
    if paused := [queue.name for queue in waiting if queue.paused]:
        advice = "go on with them: quizwire pools resume"
        findings.append(Finding("paused", "warn", f"paused: {', '.join(paused)}", advice))
    if dead := [f"{queue.dead_letters} of {queue.name}" for queue in waiting if queue.dead_letters]:
        advice = "look at them: quizwire dead-letters list"
        findings.append(Finding("dead", "warn", f"dead letters: {', '.join(dead)}", advice))
    return findings


async def _quiet(error: Exception) -> None:
    """The exception that follows says it."""
