"""Pictures: avatars and questions' pictures, what became of an upload, and the files themselves."""

from __future__ import annotations

from typing import Any

import msgspec
from quart import Blueprint, Response, request
from quart_schema import DataSource, document_request, document_response

from db import blobs, pictures, quizzes, users
from web.addresses import media_url
from web.api.quizzes import own_quiz
from web.auth import caller
from web.documents import logged_in, refuses
from web.pictures import PictureState, receive, shown, tidy, wait
from web.problem_codes import PICTURES
from web.problems import not_found
from web.rates import COSTLY, PUBLIC, READS, WRITES, limited
from web.replies import Nothing, WebP, WorkedOnHeaders, empty, reply
from web.services import services
from web.tokens import Caller

__all__ = ["blueprint"]

blueprint = Blueprint("media", __name__)

FILE_HEADERS = {
    "Content-Type": "image/webp",
    # The name is a hash of the content, so what is behind it never changes.
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class PictureFile(msgspec.Struct, frozen=True):
    """A form with one JPEG, PNG or WebP picture of at most 5 MiB and 25 megapixels."""

    file: bytes


class AvatarReply(msgspec.Struct, frozen=True):
    """The avatar as it is shown now: the new one, or while that is pending the one before."""

    avatar_url: str | None
    picture: PictureState


class QuestionImageReply(msgspec.Struct, frozen=True):
    """The question's picture as it is shown now: the new one, or while that is pending the one before."""

    image_url: str | None
    picture: PictureState


@blueprint.post("/users/upload-avatar")
@limited(COSTLY)
@logged_in
@document_request(PictureFile, source=DataSource.FORM_MULTIPART)
@document_response(AvatarReply)
@document_response(AvatarReply, 202, WorkedOnHeaders)
@refuses(*PICTURES)
async def upload_avatar() -> Response:
    """Change one's avatar. 200 when it is shown, 202 when it is still being worked on: see `Location`."""
    who = await caller()
    found = services()
    picture = await wait(found, who.user_id, None, await receive())
    user = await found.pool.run(users.get, who.user_id)
    avatar_url = None if user is None else media_url(found.config, user["avatar_url"])
    state = shown(found.config, picture)
    return _reply(AvatarReply(avatar_url, state), state)


@blueprint.post("/quizzes/<quiz_id>/questions/<question_id>/image")
@limited(WRITES)
@logged_in
@document_request(PictureFile, source=DataSource.FORM_MULTIPART)
@document_response(QuestionImageReply)
@document_response(QuestionImageReply, 202, WorkedOnHeaders)
@refuses("forbidden", *PICTURES)
async def upload_question_image(quiz_id: str, question_id: str) -> Response:
    """Change the picture of a question. 200 when it is shown, 202 when it is still being worked on: see `Location`."""
    who = await caller()
    found = services()
    quiz, _ = await found.pool.run(_question, who, quiz_id, question_id)
    picture = await wait(found, quiz["owner_id"], (quiz_id, question_id), await receive())
    _, question = await found.pool.run(_question, who, quiz_id, question_id)
    state = shown(found.config, picture)
    return _reply(QuestionImageReply(media_url(found.config, question["image_url"]), state), state)


@blueprint.delete("/users/avatar")
@limited(WRITES)
@logged_in
@document_response(Nothing, 204)
async def remove_avatar() -> Response:
    """Be without an avatar. An upload that is still being worked on is shown when it is ready."""
    who = await caller()
    found = services()
    await found.pool.run(users.update, who.user_id, avatar_url=None)
    await tidy(found, who.user_id)
    return empty()


@blueprint.delete("/quizzes/<quiz_id>/questions/<question_id>/image")
@limited(WRITES)
@logged_in
@document_response(Nothing, 204)
@refuses("forbidden")
async def remove_question_image(quiz_id: str, question_id: str) -> Response:
    """Have the question without a picture. Sessions keep it; an upload still being worked on is shown when it is ready."""
    who = await caller()
    found = services()
    quiz, _ = await found.pool.run(_question, who, quiz_id, question_id)
    await found.pool.run(quizzes.set_question_image, quiz_id, question_id, None)
    await tidy(found, quiz["owner_id"])
    return empty()


@blueprint.get("/pictures/<picture_id>")
@limited(READS)
@logged_in
@document_response(PictureState)
async def read_picture(picture_id: str) -> Response:
    """What became of an upload, for whoever it belongs to; kept for a day after it failed."""
    who = await caller()
    found = services()
    picture = await found.pool.run(pictures.get, picture_id)
    if picture is None or not who.may_act_for(picture["owner_id"]):
        raise not_found("picture")
    return reply(shown(found.config, picture))


@blueprint.get("/media/<name>")
@limited(PUBLIC)
@document_response(WebP)
@document_response(Nothing, 304)
async def read_file(name: str) -> Response:
    """A picture, as WebP. With `-320` in place of `-1280` in its name the small one."""
    if not pictures.is_file_name(name):
        raise not_found("picture")
    response = Response(b"", 200, FILE_HEADERS)
    etag = name.removesuffix(".webp")
    response.set_etag(etag)
    if request.if_none_match.contains(etag):
        response.status_code = 304
        return response
    data = await services().blobs.get_async(blobs.media(name))
    if data is None:
        raise not_found("picture")
    response.set_data(data)
    return response


def _question(who: Caller, quiz_id: str, question_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The quiz and its question, if the caller may act for its owner. Raises Problem 404."""
    quiz = own_quiz(who, quiz_id)
    for question in quiz["questions"]:
        if question["id"] == question_id:
            return quiz, question
    raise not_found("question")


def _reply(body: AvatarReply | QuestionImageReply, state: PictureState) -> Response:
    if state.status == "ready":
        return reply(body)
    return reply(body, 202, {"Location": f"/pictures/{state.id}", "Retry-After": "1"})
