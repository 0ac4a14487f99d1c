"""The work queues as the server sees them, and the switch that stops a pool: how much waits, since when, and why.

A queue is read by the durable consumers that its pool made (`bus.streams.Durable`): one for each subject, and one
for that subject's suspects. Their names lead back to the queue, so nothing here must be told what pools there are.

A paused queue takes messages and hands none out. The server keeps that with the consumer: it survives restarts of
server and workers, and holds for workers that start later.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from nats.aio.client import Client

from bus import subjects
from bus.asking import ask
from bus.errors import NoSuchQueue, Refused

__all__ = ["POOLS", "Queue", "pause", "resume", "survey"]

POOLS = ("control", "scoring", "persistence", "background")
"""The queues that Quizwire has, each read by the pool of its name. They are listed also when nobody has read them yet."""

NO_MESSAGE = 10037  # JetStream's "no message found"
UNTIL_RESUMED = timedelta(days=3650)
"""The server wants to know until when; nobody waits that long."""

_WORK = {subjects.SUBMISSIONS: ("submissions.>",), subjects.TASKS: ("tasks.*", "tasks.*.suspects")}
_SUSPECTS = ".suspects"


class Queue(msgspec.Struct, frozen=True):
    """One work queue at one moment."""

    name: str
    depth: (
        int  # messages stored and not done, those in work included; one of `scoring` holds up to 128 answers
    )
    in_flight: int  # of these, handed to workers
    redelivered: int  # of those in flight, handed out more than once
    suspects: int  # of `depth`: messages whose workers died, run one at a time
    dead_letters: int
    oldest_age_s: float | None  # of the message that has been stored the longest; None when there is none
    paused: bool
    paused_until: str | None = None  # RFC 3339; None unless paused


class _Consumer(NamedTuple):
    """One durable consumer of a work queue, as the server describes it."""

    queue: str
    stream: str
    name: str
    subject: str
    info: dict[str, Any]


async def survey(nc: Client) -> list[Queue]:
    """Every queue, those of `POOLS` first. Raises Unavailable, or Refused when the streams do not exist."""
    consumers = [consumer for stream in _WORK for consumer in await _consumers(nc, stream)]
    waiting = {
        (stream, subject): count
        for stream, patterns in _WORK.items()
        for pattern in patterns
        for subject, count in (await _counts(nc, stream, pattern)).items()
    }
    dead = await _counts(nc, subjects.DEAD_LETTERS, "dead.*")
    of_subject = {(consumer.stream, consumer.subject): consumer.queue for consumer in consumers}
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for stream, subject in waiting.keys() | of_subject.keys():
        places[of_subject.get((stream, subject)) or _queue_of(subject)].append((stream, subject))
    names = [*POOLS, *sorted({*places, *(subject.partition(".")[2] for subject in dead)} - {*POOLS})]
    oldest = await asyncio.gather(*(_oldest_age_s(nc, places[name], waiting) for name in names))
    return [
        _described(
            name,
            [consumer.info for consumer in consumers if consumer.queue == name],
            {place: waiting.get(place, 0) for place in places[name]},
            dead.get(f"dead.{name}", 0),
            age_s,
        )
        for name, age_s in zip(names, oldest, strict=True)
    ]


async def pause(nc: Client, queue: str, for_s: float | None = None) -> None:
    """Hand out no more of a queue, until `resume` or for so many seconds; what workers hold is finished.

    Raises NoSuchQueue while no worker has read it yet, Unavailable, Refused.
    """
    length = UNTIL_RESUMED if for_s is None else timedelta(seconds=for_s)
    until = (datetime.now(UTC) + length).isoformat().replace("+00:00", "Z")
    await _set_pause(nc, queue, {"pause_until": until})


async def resume(nc: Client, queue: str) -> None:
    """Hand out again what a paused queue holds. Raises NoSuchQueue, Unavailable, Refused."""
    await _set_pause(nc, queue, {})


async def _set_pause(nc: Client, queue: str, body: dict[str, object]) -> None:
    found = [one for stream in _WORK for one in await _consumers(nc, stream) if one.queue == queue]
    if not found:
        raise NoSuchQueue(queue)
    for consumer in found:
        await ask(nc, f"CONSUMER.PAUSE.{consumer.stream}.{consumer.name}", body)


async def _consumers(nc: Client, stream: str) -> list[_Consumer]:
    """The durable consumers of a work stream."""
    infos: list[dict[str, Any]] = []
    while True:
        page = await ask(nc, f"CONSUMER.LIST.{stream}", {"offset": len(infos)})
        infos += page["consumers"] or []
        if not page["consumers"] or len(infos) >= page["total"]:
            break
    found = []
    for info in infos:
        subject = info["config"].get("filter_subject", "")
        ending = f"-{subject.removesuffix(_SUSPECTS).replace('.', '_')}"
        queue = info["name"].removesuffix("-suspects").removesuffix(ending)
        found.append(_Consumer(queue, stream, info["name"], subject, info))
    return found


async def _counts(nc: Client, stream: str, pattern: str) -> dict[str, int]:
    """How many messages each subject of a stream holds."""
    counts: dict[str, int] = {}
    while True:
        body = {"subjects_filter": pattern, "offset": len(counts)}
        info = await ask(nc, f"STREAM.INFO.{stream}", body)
        page = info["state"].get("subjects") or {}
        counts |= page
        if not page or len(counts) >= info.get("total", 0):
            return counts


def _queue_of(subject: str) -> str:
    """The queue of a subject that nobody reads yet."""
    first, _, rest = subject.partition(".")
    return "scoring" if first == "submissions" else rest.removesuffix(_SUSPECTS)


async def _oldest_age_s(
    nc: Client, places: Iterable[tuple[str, str]], waiting: dict[tuple[str, str], int]
) -> float | None:
    ages = []
    for stream, subject in places:
        if not waiting.get((stream, subject)):
            continue
        try:
            found = await ask(nc, f"STREAM.MSG.GET.{stream}", {"seq": 1, "next_by_subj": subject})
        except Refused as refused:
            if refused.code != NO_MESSAGE:
                raise
            continue  # done meanwhile
        stored_at = datetime.fromisoformat(found["message"]["time"])
        ages.append((datetime.now(UTC) - stored_at).total_seconds())
    return round(max(0.0, *ages), 3) if ages else None


def _described(
    name: str,
    infos: list[dict[str, Any]],
    waiting: dict[tuple[str, str], int],
    dead_letters: int,
    oldest_age_s: float | None,
) -> Queue:
    paused = [info for info in infos if info.get("paused")]
    return Queue(
        name=name,
        depth=sum(waiting.values()),
        in_flight=sum(info["num_ack_pending"] for info in infos),
        redelivered=sum(info["num_redelivered"] for info in infos),
        suspects=sum(count for (_, subject), count in waiting.items() if subject.endswith(_SUSPECTS)),
        dead_letters=dead_letters,
        oldest_age_s=oldest_age_s,
        paused=bool(paused),
        paused_until=max((info["config"]["pause_until"] for info in paused), default=None),
    )
