"""Quizzes: authoring, and importing what others wrote."""

from __future__ import annotations

import asyncio
from pathlib import PurePath
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart import Blueprint, Response
from quart_schema import DataSource, document_querystring, document_request, document_response

from db import quizzes
from web.addresses import media_base
from web.api.quiz_bodies import (
    Imported,
    Page,
    QuizDraft,
    QuizReply,
    RejectedBlock,
    Upload,
    checked,
    with_media,
)
from web.auth import caller
from web.bodies import QUIZ_LIMIT_BYTES, read_file, read_json, read_query
from web.documents import logged_in
from web.importing.opentrivia import ImportedQuestion, Rejected, parse_opentrivia
from web.limits import MAX_TITLE_CHARS
from web.pictures import tidy
from web.problems import Problem, invalid, not_found
from web.replies import Nothing, empty, reply
from web.services import services
from web.tokens import Caller

__all__ = ["blueprint", "own_quiz"]

blueprint = Blueprint("quizzes", __name__, url_prefix="/quizzes")

MAX_REJECTED = 20_000
"""A file with more blocks than this that are no questions is no quiz; the reply would be longer than the file."""


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a list."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, Meta(max_length=200)] | None = None


@blueprint.get("")
@logged_in
@document_querystring(PageQuery)
@document_response(Page)
async def list_quizzes() -> Response:
    """One's own quizzes, the newest first."""
    who = await caller()
    query = read_query(PageQuery)
    items, next_cursor = await services().pool.run(quizzes.list_owned, who.user_id, query.limit, query.cursor)
    return reply(msgspec.convert({"items": items, "next_cursor": next_cursor}, Page))


@blueprint.post("")
@logged_in
@document_request(QuizDraft)
@document_response(QuizReply, 201)
async def create_quiz() -> Response:
    """Make a quiz. It may still be empty, but then it cannot be started."""
    who = await caller()
    draft = await _draft()
    quiz = await services().pool.run(_create, who.user_id, draft)
    return reply(quiz, 201, {"Location": f"/quizzes/{quiz.id}"})


@blueprint.post("/import")
@logged_in
@document_request(Upload, source=DataSource.FORM_MULTIPART)
@document_response(Imported, 201)
async def import_quiz() -> Response:
    """Make one quiz of all that is valid in an OpenTriviaQA text; the rest is reported by line."""
    who = await caller()
    name, data, form = await read_file()
    title = _title(form.get("title"), name)
    questions, rejected = await asyncio.to_thread(parse_opentrivia, data)
    if not questions or len(rejected) > MAX_REJECTED:
        raise _nothing(rejected)
    draft = {"title": title, "description": "", "questions": [_as_draft(question) for question in questions]}
    quiz = await services().pool.run(_create, who.user_id, draft)
    imported = Imported(
        quiz.id, len(questions), tuple(RejectedBlock(block.line, block.reason) for block in rejected)
    )
    return reply(imported, 201, {"Location": f"/quizzes/{quiz.id}"})


@blueprint.get("/<quiz_id>")
@logged_in
@document_response(QuizReply)
async def read_quiz(quiz_id: str) -> Response:
    """One of one's own quizzes, with all its questions."""
    who = await caller()
    found = services()
    return reply(with_media(await found.pool.run(_read, who, quiz_id), media_base(found.config)))


@blueprint.put("/<quiz_id>")
@logged_in
@document_request(QuizDraft)
@document_response(QuizReply)
async def replace_quiz(quiz_id: str) -> Response:
    """Put new content in place of the old. Questions sent with their `id` keep it; running sessions go on as they are."""
    who = await caller()
    draft = await _draft()
    found = services()
    quiz = await found.pool.run(_replace, who, quiz_id, draft)
    await tidy(found, quiz.owner_id)
    return reply(with_media(quiz, media_base(found.config)))


@blueprint.delete("/<quiz_id>")
@logged_in
@document_response(Nothing, 204)
async def delete_quiz(quiz_id: str) -> Response:
    """Delete a quiz. The results of its sessions stay."""
    who = await caller()
    found = services()
    await tidy(found, await found.pool.run(_delete, who, quiz_id))
    return empty()


def own_quiz(who: Caller, quiz_id: str) -> dict[str, Any]:
    """The quiz, if the caller may act for its owner. For everybody else it does not exist: raises Problem 404."""
    quiz = quizzes.get(quiz_id)
    if quiz is None or not who.may_act_for(quiz["owner_id"]):
        raise not_found("quiz")
    return quiz


def _read(who: Caller, quiz_id: str) -> QuizReply:
    return msgspec.convert(own_quiz(who, quiz_id), QuizReply)


def _replace(who: Caller, quiz_id: str, draft: dict[str, Any]) -> QuizReply:
    own_quiz(who, quiz_id)
    return msgspec.convert(quizzes.replace(quiz_id, draft), QuizReply)


def _delete(who: Caller, quiz_id: str) -> str:
    """Returns the owner's id."""
    owner_id: str = own_quiz(who, quiz_id)["owner_id"]
    quizzes.delete(quiz_id)
    return owner_id


def _create(owner_id: str, draft: dict[str, Any]) -> QuizReply:
    return msgspec.convert(quizzes.create(owner_id, draft), QuizReply)


async def _draft() -> dict[str, Any]:
    draft = await read_json(QuizDraft, limit=QUIZ_LIMIT_BYTES)
    return await asyncio.to_thread(checked, draft)  # ten thousand questions take a while


def _title(given: str | None, file_name: str) -> str:
    """The title given in the form, else the file's name without its ending."""
    if given is not None:
        title = given.strip()
        if not 1 <= len(title) <= MAX_TITLE_CHARS:
            raise invalid("title", f"a title has 1 to {MAX_TITLE_CHARS} characters")
        return title
    # Some browsers send a whole path, with the separators of their system.
    return PurePath(file_name.replace("\\", "/")).stem.strip()[:MAX_TITLE_CHARS] or "Imported quiz"


def _as_draft(question: ImportedQuestion) -> dict[str, Any]:
    return {
        "title": question.title,
        "options": [{"text": option.text, "is_correct": option.is_correct} for option in question.options],
    }


def _nothing(rejected: list[Rejected]) -> Problem:
    first = [{"line": block.line, "reason": block.reason} for block in rejected[:100]]
    return Problem(
        422,
        "nothing_to_import",
        "There is no quiz in this file: send OpenTriviaQA text (`#Q question`, `^ answer`, `A option`, `B option`, …).",
        more={"rejected": first},
    )
