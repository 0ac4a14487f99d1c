"""Make what is served of an uploaded picture, and show it in place of the one before."""

from __future__ import annotations

from typing import Any

from db import blobs, pictures
from workers.deps import Deps
from workers.pictures import Made, PictureRefused, make

__all__ = ["drop_pictures", "make_picture"]

SIZES = (pictures.LARGE, pictures.SMALL)
MAX_ATTEMPTS = 3
"""An upload at which this many processes died is not tried again."""


def make_picture(deps: Deps, picture_id: str, reply_to: str | None = None) -> None:
    """Work on one upload; its row says afterwards that it is ready, or why it failed. `reply_to` is told so.

    May run twice: what is not pending any more is left alone.
    """
    picture = deps.pool.call(pictures.get, picture_id)
    if picture is not None and picture["status"] == "pending":
        _work_on(deps, picture)
        drop_pictures(deps, picture["owner_id"])
    deps.blobs.delete(blobs.upload(picture_id))
    if reply_to is not None:
        deps.connection.publish_many([(reply_to, picture_id.encode())])


def drop_pictures(deps: Deps, owner_id: str, grace_s: float = pictures.GRACE_S) -> None:
    """Delete the pictures that nothing has shown for `grace_s`; looks again when some have to wait."""
    waiting = deps.pool.call(pictures.sweep, owner_id, deps.blobs.delete, grace_s=grace_s)
    if waiting:
        message = deps.broker.get_actor("drop_pictures").message(owner_id)
        deps.broker.enqueue(message, delay=int(grace_s * 1000) + 1000)


def _work_on(deps: Deps, picture: dict[str, Any]) -> None:
    picture_id = picture["id"]
    data = deps.blobs.get(blobs.upload(picture_id))
    try:
        if data is None:
            raise PictureRefused("picture_lost", "The upload was lost: send the picture again.")
        if deps.pool.call(pictures.attempt, picture_id) > MAX_ATTEMPTS:
            raise PictureRefused(
                "picture_damaged", "This picture cannot be decoded: save it again and send that."
            )
        made = make(data, SIZES)
    except PictureRefused as refused:
        deps.pool.call(pictures.fail, picture_id, refused.code, str(refused))
    else:
        deps.pool.call(pictures.decoded, picture_id)
        stored_bytes = sum(map(len, made.files))
        deps.pool.call(pictures.finish, picture_id, made.name, stored_bytes, lambda: _put(deps, made))


def _put(deps: Deps, made: Made) -> None:
    for size, data in zip(SIZES, made.files, strict=True):
        deps.blobs.put(blobs.media(pictures.file_name(made.name, size)), data)
