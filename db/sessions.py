"""Sessions: live runs of a quiz, their join codes and the last live state that was saved.

A session is a dict: id, quiz_id, host_id, join_code, pacing, scoring, state, version, seq, question_index (-1 in
the lobby), question_count, live (bytes or None), created_at, ended_at, timing and
settings (bytes or None).
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from db import participants, pictures
from db.errors import Conflict, NotFound
from db.ids import is_id, new_id
from db.models import Session, database

__all__ = [
    "COLUMNS",
    "JOIN_CODE_DIGITS",
    "create",
    "end",
    "get",
    "live_by_join_code",
    "live_by_quiz",
    "save_state",
    "snapshot",
]

JOIN_CODE_DIGITS = range(6, 10)
"""How many digits a join code may have. More sessions at once than a tenth of all codes want another digit."""

_JOIN_CODE_TRIES = 20
COLUMNS = (
    Session.id, Session.quiz_id, Session.host_id, Session.join_code, Session.pacing, Session.scoring, Session.state,
    Session.version, Session.seq, Session.question_index, Session.question_count, Session.live, Session.created_at,
    Session.ended_at, Session.timing, Session.settings,
)  # fmt: skip
"""What a session's dict is made of."""

_NAMES = tuple(column.column_name for column in COLUMNS)
# Not by peewee, which takes longer to write the query than PostgreSQL to answer it.
_GET = " ".join(("SELECT", ", ".join(_NAMES), "FROM sessions WHERE id = %s"))

# The code must not be that of a live session (also kept by a partial unique index, whatever happens at the same
# time) nor of one that ended within a day: somebody may still have it on a slide.
_RESERVE = """
INSERT INTO sessions (id, quiz_id, host_id, join_code, pacing, scoring, question_count, snapshot, timing,
    settings)
SELECT %(id)s, %(quiz_id)s, %(host_id)s, %(join_code)s, %(pacing)s, %(scoring)s, %(question_count)s, %(snapshot)s,
    %(timing)s, %(settings)s
WHERE NOT EXISTS (
    SELECT 1 FROM sessions
    WHERE join_code = %(join_code)s AND (ended_at IS NULL OR ended_at > now() - interval '24 hours')
)
ON CONFLICT (join_code) WHERE ended_at IS NULL DO NOTHING
"""

# The first state of a session is saved as well, although it has the number the row was made with.
_SAVE = """
UPDATE sessions SET state = %(state)s, version = %(version)s, seq = %(seq)s, live = %(live)s,
    question_index = %(question_index)s, ended_at = CASE WHEN %(state)s = 'ended' THEN coalesce(ended_at, now()) END
WHERE id = %(id)s AND (seq < %(seq)s OR (live IS NULL AND seq = %(seq)s)) AND (ended_at IS NULL OR %(state)s = 'ended')
"""

_WITHOUT_WAITING = "SET LOCAL synchronous_commit = off; "
"""Before a statement that need not be on the disk when it is done; for it alone."""


class _Asked(msgspec.Struct):
    image_url: str | None = None


class _Counted(msgspec.Struct):
    questions: list[_Asked]


_counted = msgspec.json.Decoder(_Counted)


def create(
    quiz_id: str,
    host_id: str,
    snapshot: bytes,
    pacing: str,
    scoring: str,
    *,
    session_id: str | None = None,
    timing: bytes | None = None,
    settings: bytes | None = None,
    join_code_digits: int = JOIN_CODE_DIGITS[0],
) -> dict[str, Any]:
    """A new session in the lobby, with a free join code; its quiz becomes STARTED. Its id is `session_id` if given.

    Raises NotFound when the quiz is gone, Conflict `join_code_exhausted` when no free code was found.
    """
    questions = _counted.decode(snapshot).questions
    values = {
        "id": session_id or new_id(),
        "quiz_id": quiz_id,
        "host_id": host_id,
        "pacing": pacing,
        "scoring": scoring,
        "question_count": len(questions),
        "snapshot": snapshot,
        "timing": timing,
        "settings": settings,
    }
    with database.atomic():
        query = "UPDATE quizzes SET status = 'STARTED' WHERE id = %s AND deleted_at IS NULL"
        if not is_id(quiz_id) or not database.execute_sql(query, (quiz_id,)).rowcount:
            raise NotFound("quiz", quiz_id)
        for _ in range(_JOIN_CODE_TRIES):
            values["join_code"] = _new_join_code(join_code_digits)
            if database.execute_sql(_RESERVE, values).rowcount:
                break
        else:
            raise Conflict("join_code_exhausted", "no free join code was found: end sessions that are over")
        pictures.mark_played(asked.image_url for asked in questions if asked.image_url is not None)
    session = get(str(values["id"]))
    if session is None:
        raise NotFound("session", str(values["id"]))
    return session


def get(session_id: str) -> dict[str, Any] | None:
    """The session, or None."""
    if not is_id(session_id):
        return None
    row = database.execute_sql(_GET, (session_id,)).fetchone()
    return None if row is None else dict(zip(_NAMES, row, strict=True))


def live_by_join_code(code: str) -> dict[str, Any] | None:
    """The session one joins with this code, or None."""
    if not (len(code) in JOIN_CODE_DIGITS and code.isascii() and code.isdigit()):
        return None
    query = Session.select(*COLUMNS).where(Session.join_code == code, Session.ended_at.is_null())
    return query.dicts().first()  # type: ignore[no-any-return]


def live_by_quiz(quiz_id: str) -> dict[str, Any] | None:
    """The newest live session of a quiz, or None."""
    if not is_id(quiz_id):
        return None
    query = Session.select(*COLUMNS).where(Session.quiz_id == quiz_id, Session.ended_at.is_null())
    return query.order_by(Session.id.desc()).dicts().first()  # type: ignore[no-any-return]


def snapshot(session_id: str) -> bytes:
    """The quiz as it is played, JSON. Raises NotFound."""
    row = None
    if is_id(session_id):
        row = database.execute_sql("SELECT snapshot FROM sessions WHERE id = %s", (session_id,)).fetchone()
    if row is None:
        raise NotFound("session", session_id)
    return row[0]  # type: ignore[no-any-return]


def save_state(
    session_id: str, *, state: str, version: int, seq: int, question_index: int, live: bytes
) -> bool:
    """Keep the live state, unless the same or a later one (`seq`) was saved already; True when it was kept.

    With state `ended` the join code is released and the quiz is ENDED, unless it has another live session.
    """
    if not is_id(session_id):
        return False
    values = {
        "id": session_id,
        "state": state,
        "version": version,
        "seq": seq,
        "question_index": question_index,
        "live": live,
    }
    if state == "closing":
        # A server that dies in that moment may forget it: the close comes again, and finds the question open.
        return bool(database.execute_sql(_WITHOUT_WAITING + _SAVE, values).rowcount)
    if state != "ended":
        return bool(database.execute_sql(_SAVE, values).rowcount)
    with database.atomic():
        _lock_quiz_of(session_id)
        saved = database.execute_sql(_SAVE, values).rowcount
        if saved:
            _end_quiz_of(session_id)
    return bool(saved)


def end(session_id: str) -> bool:
    """End the session without a live state (one that never got going); False when it had ended."""
    if not is_id(session_id):
        return False
    with database.atomic():
        _lock_quiz_of(session_id)
        ended = database.execute_sql(
            "UPDATE sessions SET state = 'ended', ended_at = now() WHERE id = %s AND ended_at IS NULL",
            (session_id,),
        ).rowcount
        if ended:
            _end_quiz_of(session_id)
    return bool(ended)


def _lock_quiz_of(session_id: str) -> None:
    # Before the session's own row, as in `create`: two sessions of a quiz ending at once must see each other.
    database.execute_sql(
        "SELECT 1 FROM quizzes WHERE id = (SELECT quiz_id FROM sessions WHERE id = %s) FOR UPDATE",
        (session_id,),
    )


def _end_quiz_of(session_id: str) -> None:
    participants.forget_devices(session_id)
    database.execute_sql(
        "UPDATE quizzes SET status = 'ENDED' WHERE id = (SELECT quiz_id FROM sessions WHERE id = %s) "
        "AND NOT EXISTS (SELECT 1 FROM sessions WHERE quiz_id = quizzes.id AND ended_at IS NULL)",
        (session_id,),
    )


def _new_join_code(digits: int) -> str:
    return f"{secrets.randbelow(10**digits):0{digits}d}"
