"""Names on the wire: every NATS subject and stream, built from validated ids in this file only."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from zlib import crc32

from bus.errors import InvalidSubject

__all__ = [
    "DEAD_LETTERS",
    "EVENTS",
    "PARTITIONS",
    "SUBMISSIONS",
    "TASKS",
    "dead",
    "drain",
    "events",
    "hurry",
    "inboxes",
    "leaderboard",
    "nodes",
    "partition",
    "presence",
    "results",
    "revocations",
    "rooms",
    "submissions",
    "tasks",
]

PARTITIONS = 256
"""How many ways sessions are spread: the unit of parallelism for streams, Redis hash tags and shards."""

SUBMISSIONS = "SUBMISSIONS"
TASKS = "TASKS"
EVENTS = "EVENTS"
DEAD_LETTERS = "DEAD_LETTERS"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise InvalidSubject(value)
    return value


def partition(session_id: str) -> int:
    """Partition of a session, 0 ≤ n < 256: `crc32(session_id) % 256`."""
    return crc32(session_id.encode()) % PARTITIONS


def submissions(session_id: str, streams: int = 1) -> str:
    """`submissions.<n>`: where a session's answers are stored, n = partition % streams."""
    return f"submissions.{partition(session_id) % streams}"


def tasks(queue: str) -> str:
    """`tasks.<queue>`: the durable work queue of one pool."""
    return f"tasks.{_token(queue)}"


def dead(queue: str) -> str:
    """`dead.<queue>`: what a pool could not run, with the reason in its headers."""
    return f"dead.{_token(queue)}"


def events(session_id: str) -> str:
    """`events.<session>`: what happened in a session, durable and in order (`seq`)."""
    return f"events.{_token(session_id)}"


def leaderboard(session_id: str) -> str:
    """`leaderboard.<session>`: leaderboard deltas, absolute totals, core NATS."""
    return f"leaderboard.{_token(session_id)}"


def results(node_id: str) -> str:
    """`gateway.<node>.results`: personal outcomes for the participants of one gateway node, core NATS."""
    return f"gateway.{_token(node_id)}.results"


def hurry(queue: str) -> str:
    """`hurry.<queue>`: asks the workers of one pool to let no batch wait, since somebody waits for it, core NATS."""
    return f"hurry.{_token(queue)}"


def inboxes(url: str) -> str:
    """`_INBOX.<user>`: under which the answers to one NATS user come, and no other user may listen.

    The user is the one that the (first) URL names; `_INBOX`, where everybody may, when it names none.
    """
    first = urlsplit(url.partition(",")[0].strip())
    named = first.username is not None and first.password is not None  # alone it is a token, and secret
    return f"_INBOX.{first.username}" if named and _TOKEN.fullmatch(first.username or "") else "_INBOX"


def revocations() -> str:
    """`logins.revoked`: logins that were ended, to every gateway node, core NATS."""
    return "logins.revoked"


def presence(session_id: str) -> str:
    """`presence.<session>`: who is connected to each gateway node, core NATS."""
    return f"presence.{_token(session_id)}"


def rooms(session_id: str) -> str:
    """`rooms.<session>`: what the gateway nodes of one session tell each other, core NATS."""
    return f"rooms.{_token(session_id)}"


def nodes() -> str:
    """`nodes.who`: who is there? Every process answers, core NATS."""
    return "nodes.who"


def drain(node_id: str) -> str:
    """`nodes.<node>.drain`: asks one gateway node to send its participants elsewhere and end, core NATS."""
    return f"nodes.{_token(node_id)}.drain"
