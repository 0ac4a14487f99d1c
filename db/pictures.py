"""Uploaded pictures: what was sent, what became of it, and what may be deleted.

A picture is a dict: id, owner_id, quiz_id and question_id (both None for an avatar), status (pending, ready, failed),
code and message (why it failed), name (of its files, when ready), bytes, created_at.

Its files are named by their content, so that two pictures may share them. Whoever writes or deletes files holds the
lock of their name until the row that speaks of them is committed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from db import blobs, quizzes, users
from db.errors import Conflict, NotFound
from db.ids import is_id, new_id
from db.models import Picture, database

__all__ = [
    "LARGE",
    "SMALL",
    "attempt",
    "create",
    "decoded",
    "fail",
    "file_name",
    "finish",
    "get",
    "has_any",
    "is_file_name",
    "mark_played",
    "sweep",
    "url_of",
]

LARGE, SMALL = 1280, 320
"""Longer side of the two files in pixels, at most: a small picture stays small."""

GRACE_S = 600.0
"""How long a picture must have been unused before it goes: somebody may be copying the quiz, or starting it."""

STALE_S = 86_400.0
"""How long an upload that came to nothing is remembered."""

_FILE_NAME = re.compile(rf"[0-9a-f]{{40}}-({LARGE}|{SMALL})\.webp")
_COLUMNS = (
    Picture.id, Picture.owner_id, Picture.quiz_id, Picture.question_id, Picture.status, Picture.code,
    Picture.message, Picture.name, Picture.bytes, Picture.created_at,
)  # fmt: skip

_URL = f"'/media/' || pictures.name || '-{LARGE}.webp'"
# A snapshot of a session is bytes, and kept for ever: what it shows is marked once, as played.
_UNUSED = f"""(
    NOT played
    AND NOT EXISTS (SELECT 1 FROM users WHERE avatar_url = {_URL})
    AND NOT EXISTS (
        SELECT 1 FROM questions JOIN quizzes ON quizzes.id = questions.quiz_id
        WHERE image_url = {_URL} AND deleted_at IS NULL
    )
)"""  # noqa: S608


def file_name(name: str, size: int) -> str:
    """The file with at most `size` pixels on its longer side."""
    return f"{name}-{size}.webp"


def is_file_name(text: str) -> bool:
    """True for what `file_name` makes, and nothing else."""
    return _FILE_NAME.fullmatch(text) is not None


def url_of(name: str) -> str:
    """What `avatar_url` and `image_url` say: the path of the large file."""
    return f"/media/{file_name(name, LARGE)}"


def create(
    owner_id: str, question: tuple[str, str] | None, upload_bytes: int, quota_bytes: int
) -> dict[str, Any]:
    """A pending picture of `owner_id`: of `(quiz_id, question_id)`, or an avatar.

    Raises NotFound for an unknown owner, Conflict `picture_quota_exceeded` when all that is stored of their pictures,
    with this upload, is more than `quota_bytes`.
    """
    picture_id = new_id()
    quiz_id, question_id = question or (None, None)
    with database.atomic():
        # One upload of an owner after the other: two together must not both take the last space.
        owner = (
            database.execute_sql(
                "SELECT 1 FROM users WHERE id = %s FOR NO KEY UPDATE", (owner_id,)
            ).fetchone()
            if is_id(owner_id)
            else None
        )
        if owner is None:
            raise NotFound("user", owner_id)
        (used,) = database.execute_sql(
            "SELECT coalesce(sum(bytes), 0) FROM pictures WHERE owner_id = %s", (owner_id,)
        ).fetchone()
        if used + upload_bytes > quota_bytes:
            raise Conflict(
                "picture_quota_exceeded",
                f"all your pictures together may take {quota_bytes // 1024 // 1024} MiB: "
                "remove some, or wait ten minutes after removing some",
            )
        Picture.insert(
            id=picture_id, owner_id=owner_id, quiz_id=quiz_id, question_id=question_id, bytes=upload_bytes
        ).execute()
    return _existing(picture_id)


def get(picture_id: str) -> dict[str, Any] | None:
    """The picture, or None."""
    if not is_id(picture_id):
        return None
    return Picture.select(*_COLUMNS).where(Picture.id == picture_id).dicts().first()  # type: ignore[no-any-return]


def has_any(owner_id: str) -> bool:
    """True when something is stored, or remembered, of the pictures of `owner_id`."""
    return is_id(owner_id) and bool(Picture.select().where(Picture.owner_id == owner_id).exists())


def attempt(picture_id: str) -> int:
    """Count an attempt to decode the upload; returns how many there were, this one included."""
    query = "UPDATE pictures SET attempts = attempts + 1 WHERE id = %s RETURNING attempts"
    row = database.execute_sql(query, (picture_id,)).fetchone()
    return 0 if row is None else int(row[0])


def decoded(picture_id: str) -> None:
    """An attempt went well: what fails from now on is not the upload's fault."""
    database.execute_sql("UPDATE pictures SET attempts = 0 WHERE id = %s", (picture_id,))


def fail(picture_id: str, code: str, message: str) -> dict[str, Any]:
    """A pending picture becomes failed; returns the picture as it then is. Raises NotFound."""
    database.execute_sql(
        "UPDATE pictures SET status = 'failed', code = %s, message = %s, bytes = 0 "
        "WHERE id = %s AND status = 'pending'",
        (code, message, picture_id),
    )
    return _existing(picture_id)


def finish(picture_id: str, name: str, stored_bytes: int, put: Callable[[], None]) -> dict[str, Any]:
    """Show a pending picture: `put` stores the files named `name`, then avatar or question refer to them.

    Returns the picture: ready, or failed with `picture_superseded` (a newer one is shown already) or `not_found`
    (what it was for is gone). Nothing changes when `put` raises, or when it was not pending. Raises NotFound.
    """
    with database.atomic():
        _lock(name)
        picture = _existing(picture_id)
        _lock(picture["question_id"] or picture["owner_id"])
        picture = _existing(picture_id)  # as it is now that nobody else changes it
        if picture["status"] != "pending":
            return picture
        if _newer_is_ready(picture):
            return fail(
                picture_id, "picture_superseded", "A newer picture is there already: it stays the one shown."
            )
        try:
            _show(picture, url_of(name))
        except NotFound as error:
            return fail(picture_id, "not_found", f"The {error.noun} that this picture was for is gone.")
        played = _take_over(picture, name)
        database.execute_sql(
            "UPDATE pictures SET status = 'ready', name = %s, bytes = %s, played = %s WHERE id = %s",
            (name, stored_bytes, played, picture_id),
        )
        put()
    return _existing(picture_id)


def mark_played(image_urls: Iterable[str]) -> None:
    """Pictures at these addresses are part of a session's snapshot from now on and stay for ever."""
    files = {url.rpartition("/")[2] for url in image_urls}
    names = sorted({file.partition("-")[0] for file in files if is_file_name(file)})
    if names:
        database.execute_sql(
            "UPDATE pictures SET played = true WHERE name = ANY(%s) AND NOT played", (names,)
        )


def sweep(
    owner_id: str, remove: Callable[[str], None], *, grace_s: float = GRACE_S, stale_s: float = STALE_S
) -> bool:
    """Delete what nothing has shown for `grace_s`, and uploads that came to nothing `stale_s` ago.

    `remove(path)` deletes from the blob store. Returns True when something is unused that is not yet to go.
    """
    mine = "WHERE owner_id = %s AND status = 'ready'"
    database.execute_sql(
        f"UPDATE pictures SET unused_at = now() {mine} AND unused_at IS NULL AND {_UNUSED}",  # noqa: S608
        (owner_id,),
    )
    database.execute_sql(
        f"UPDATE pictures SET unused_at = NULL {mine} AND unused_at IS NOT NULL AND NOT {_UNUSED}",  # noqa: S608
        (owner_id,),
    )
    unused = f"SELECT id, name FROM pictures {mine} AND unused_at <= now() - %s * interval '1 second'"  # noqa: S608
    for picture_id, name in database.execute_sql(unused, (owner_id, grace_s)).fetchall():
        _drop(picture_id, name, remove)
    stale = (
        "DELETE FROM pictures WHERE owner_id = %s AND status <> 'ready' "
        "AND created_at <= now() - %s * interval '1 second' RETURNING id"
    )
    for (picture_id,) in database.execute_sql(stale, (owner_id, stale_s)).fetchall():
        remove(blobs.upload(picture_id))
    left = f"SELECT 1 FROM pictures {mine} AND unused_at IS NOT NULL LIMIT 1"  # noqa: S608
    return database.execute_sql(left, (owner_id,)).fetchone() is not None


def _drop(picture_id: str, name: str, remove: Callable[[str], None]) -> None:
    with database.atomic():
        _lock(name)
        query = f"DELETE FROM pictures WHERE id = %s AND {_UNUSED}"  # noqa: S608
        if not database.execute_sql(query, (picture_id,)).rowcount:
            return
        shared = database.execute_sql("SELECT 1 FROM pictures WHERE name = %s LIMIT 1", (name,)).fetchone()
        if shared is None:
            for size in (LARGE, SMALL):
                remove(blobs.media(file_name(name, size)))


def _show(picture: dict[str, Any], url: str) -> None:
    """Put the address where it is looked for. Raises NotFound."""
    if picture["question_id"] is None:
        if users.get(picture["owner_id"]) is None:  # deleted meanwhile; the row may still be there
            raise NotFound("user", picture["owner_id"])
        users.update(picture["owner_id"], avatar_url=url)
        return
    # Replacing the quiz deletes its questions and inserts them again: the lock keeps that before or after this.
    database.execute_sql("SELECT 1 FROM quizzes WHERE id = %s FOR UPDATE", (picture["quiz_id"],))
    quizzes.set_question_image(picture["quiz_id"], picture["question_id"], url)


def _take_over(picture: dict[str, Any], name: str) -> bool:
    """Forget earlier uploads of the very same picture to the same place; True when one of them was played."""
    rows = database.execute_sql(
        "DELETE FROM pictures WHERE name = %s AND owner_id = %s AND question_id IS NOT DISTINCT FROM %s "
        "RETURNING played",
        (name, picture["owner_id"], picture["question_id"]),
    ).fetchall()
    return any(played for (played,) in rows)


def _newer_is_ready(picture: dict[str, Any]) -> bool:
    query = Picture.select(Picture.id).where(Picture.status == "ready", Picture.id > picture["id"])
    if picture["question_id"] is None:
        query = query.where(Picture.owner_id == picture["owner_id"], Picture.question_id.is_null())
    else:
        query = query.where(
            Picture.quiz_id == picture["quiz_id"], Picture.question_id == picture["question_id"]
        )
    return bool(query.exists())


def _lock(what: str) -> None:
    """Held until the transaction ends."""
    database.execute_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"picture {what}",))


def _existing(picture_id: str) -> dict[str, Any]:
    picture = get(picture_id)
    if picture is None:
        raise NotFound("picture", picture_id)
    return picture
