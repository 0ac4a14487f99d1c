"""Uploaded pictures on their way to the background workers."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, Literal, cast

import msgspec
import nats.errors
import structlog

from bus.tasks import encode_task
from db import blobs, pictures
from db.errors import Unavailable
from web.addresses import media_url
from web.bodies import read_file
from web.commands import publish_task
from web.config import Config
from web.importing.pictures import MAX_PICTURE_BYTES, begins_like_a_picture
from web.problems import Problem, invalid, unavailable
from web.services import Services

__all__ = ["UPLOAD_LIMIT_BYTES", "PictureState", "receive", "shown", "submit", "tidy", "wait"]

UPLOAD_LIMIT_BYTES = MAX_PICTURE_BYTES
PUBLISH_S = 5.0

_STATUS = {
    "unsupported_picture": 415,
    "picture_too_many_pixels": 422,
    "picture_too_complex": 422,
    "picture_damaged": 422,
    "picture_superseded": 409,
    "not_found": 404,
    "picture_lost": 503,
}
"""HTTP statuses of the codes that workers refuse a picture with."""

log = structlog.get_logger(__name__)


class PictureState(msgspec.Struct, frozen=True):
    """An upload, and what became of it."""

    id: str
    status: Literal["pending", "ready", "failed"]
    url: str | None  # when it is ready
    code: str | None  # when it failed: stable, for programs
    message: str | None  # when it failed: for people


async def receive() -> bytes:
    """The picture in the form field `file` of the current request.

    Raises Problem: 413 over 5 MiB, 415 `unsupported_picture` for what does not begin like a JPEG, PNG or WebP, whatever
    its name and type say, and those of `read_file`.
    """
    _, data, form = await read_file(UPLOAD_LIMIT_BYTES)
    if form:
        raise invalid(next(iter(form)), "send the file alone, in the field `file`")
    if not begins_like_a_picture(data):
        raise Problem(
            415,
            "unsupported_picture",
            "Send a JPEG, PNG or WebP picture; other kinds, also SVG and GIF, are not taken.",
        )
    return data


async def submit(
    services: Services,
    owner_id: str,
    question: tuple[str, str] | None,
    data: bytes,
    reply_to: str | None = None,
) -> dict[str, Any]:
    """Stage an upload and hand it to the background workers; returns the pending picture.

    `question` is `(quiz_id, question_id)`, None for the owner's avatar. `reply_to` is a NATS subject that hears when it
    is done. Raises Conflict `picture_quota_exceeded`; Problem `unavailable` or db.errors.Unavailable when it could not be
    handed over: then the picture has failed.
    """
    quota_bytes = services.config.picture_quota_bytes
    picture = await services.pool.run(pictures.create, owner_id, question, len(data), quota_bytes)
    picture_id: str = picture["id"]
    subject, payload, _ = encode_task("background", "make_picture", picture_id, reply_to)
    try:
        await services.blobs.put_async(blobs.upload(picture_id), data)
        await publish_task(services, subject, payload, picture_id, time.monotonic() + PUBLISH_S)
    except (Unavailable, TimeoutError) as error:
        log.warning("picture_not_submitted", error=type(error).__name__)
        message = "The picture could not be handed over: send it again."
        await services.pool.run(pictures.fail, picture_id, "picture_lost", message)
        with suppress(Unavailable):
            await services.blobs.delete_async(blobs.upload(picture_id))
        raise unavailable() from error
    return picture


async def wait(
    services: Services, owner_id: str, question: tuple[str, str] | None, data: bytes
) -> dict[str, Any]:
    """`submit`, then wait a few seconds for the workers; returns the picture, ready or still pending.

    Raises Problem when it was refused meanwhile, and those of `submit`.
    """
    inbox = services.nats.new_inbox()
    subscription = await services.nats.subscribe(inbox)
    try:
        picture = await submit(services, owner_id, question, data, inbox)
        with suppress(TimeoutError):
            await subscription.next_msg(timeout=services.config.picture_wait_s)
    finally:
        with suppress(nats.errors.Error):
            await subscription.unsubscribe()
    found = await services.pool.run(pictures.get, picture["id"]) or picture
    if found["status"] == "failed":
        code = found["code"]
        raise Problem(_STATUS.get(code, 422), code, found["message"], retryable=code == "picture_lost")
    return found


async def tidy(services: Services, owner_id: str) -> None:
    """Have the workers delete what nothing of `owner_id` shows any more. The next time does it too, if NATS is away."""
    if not await services.pool.run(pictures.has_any, owner_id):
        return
    subject, payload, message_id = encode_task("background", "drop_pictures", owner_id)
    try:
        await publish_task(services, subject, payload, message_id, time.monotonic() + 1.0)
    except (TimeoutError, nats.errors.Error) as error:
        log.warning("pictures_not_tidied", error=type(error).__name__)


def shown(config: Config, picture: dict[str, Any]) -> PictureState:
    """A picture of `db.pictures` as its owner sees it."""
    name = picture["name"]
    return PictureState(
        id=picture["id"],
        status=cast(Literal["pending", "ready", "failed"], picture["status"]),
        url=None if name is None else media_url(config, pictures.url_of(name)),
        code=picture["code"],
        message=picture["message"],
    )
