"""Names of the Redis keys. All keys of one session share a hash tag, so that one script may use them together.

`{p<partition>}:<session>:` followed by
    meta       hash: epoch, version of the leaderboard, refreshed (Unix time, seconds),
               gone:<participant> for each who was thrown out
    board      sorted set of participants, by `db.totals`
    names      hash: participant → nickname
    state      the session's live state; opaque here
    quiz       the snapshot that is played, JSON
    questions  set of the `answers:` keys there are
    answers:<question>  hash: participant → packed answer
    nodes      sorted set: gateway node → when it last said that it has the room (Unix time, seconds)
    lock       held while the session is rebuilt from PostgreSQL
"""

from __future__ import annotations

from zlib import crc32

__all__ = ["PARTITIONS", "TTL_S", "answers_key", "base_keys", "gone_field", "partition", "session_key"]

PARTITIONS = 256

TTL_S = 25 * 60 * 60
"""Lifetime of every key of a session, seconds. Answers extend it, at most once an hour, so that a session stays for
24 hours after the last one; later it is restored from PostgreSQL."""


def partition(session_id: str) -> int:
    """Partition of a session, 0 ≤ n < 256; the same number as on the bus (a test compares them)."""
    return crc32(session_id.encode()) % PARTITIONS


def session_key(session_id: str, name: str) -> str:
    """The key of this name for this session."""
    return f"{{p{partition(session_id)}}}:{session_id}:{name}"


def answers_key(session_id: str, question_id: str) -> str:
    """The key of the answers to one question."""
    return session_key(session_id, f"answers:{question_id}")


def gone_field(participant_id: str) -> str:
    """The field of `meta` that says of somebody that they were thrown out."""
    return f"gone:{participant_id}"


def base_keys(session_id: str) -> list[str]:
    """Keys every script gets first, in this order: meta, board, names, state, quiz, questions."""
    prefix = session_key(session_id, "")
    return [prefix + name for name in ("meta", "board", "names", "state", "quiz", "questions")]
