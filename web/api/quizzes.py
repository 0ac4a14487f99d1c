"""Quizzes: authoring, and importing what others wrote."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from quart import Blueprint, Response
from quart_schema import (
    document_headers,
    document_querystring,
    document_request,
    document_response,
)

from db import quiz_copies, quiz_lists, quizzes, tags
from db.text import is_storable
from web.addresses import media_base
from web.api.quiz_bodies import (
    Copy,
    Order,
    Page,
    QuizDraft,
    QuizReply,
    Status,
    checked,
    checked_title,
    hidden,
    with_media,
)
from web.auth import author, caller
from web.bodies import QUIZ_LIMIT_BYTES, read_json, read_query
from web.documents import logged_in, refuses
from web.etags import MadeTagHeaders, MatchHeaders, NoneMatchHeaders, TagHeaders, revisions_wanted, tagged
from web.idempotency import IdempotencyHeaders, id_to_make
from web.limits import MAX_TITLE_CHARS
from web.pictures import tidy
from web.problems import Problem, invalid, not_found
from web.rates import COSTLY, READS, WRITES, limited
from web.replies import Nothing, empty, reply
from web.services import services
from web.tokens import Caller

__all__ = ["blueprint", "own_quiz"]

blueprint = Blueprint("quizzes", __name__, url_prefix="/quizzes")

_COPY = re.compile(r"(?P<stem>.*) \(copy(?: (?P<number>[0-9]{1,4}))?\)", re.DOTALL)


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which quizzes, and which part of their list."""

    scope: Literal["own", "public"] = "own"
    status: Status | None = None
    q: Annotated[
        str, Meta(max_length=200, description="beginnings of words in title, description or tags")
    ] = ""
    tag: Annotated[str, Meta(max_length=200)] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, Meta(max_length=200)] | None = None


@blueprint.get("")
@limited(READS)
@logged_in
@document_querystring(PageQuery)
@document_response(Page)
@refuses("invalid_cursor")
async def list_quizzes() -> Response:
    """One's own quizzes or everybody's public ones, the newest first."""
    who = await caller()
    query = read_query(PageQuery)
    if not is_storable(query.q):
        raise invalid("q", "the text holds a NUL character or half a surrogate pair: remove it")
    items, next_cursor = await services().pool.run(
        quiz_lists.page,
        who.user_id if query.scope == "own" else None,
        query.limit,
        query.cursor,
        status=query.status,
        text=query.q,
        tag=None if query.tag is None else tags.clean(query.tag),
    )
    return reply(msgspec.convert({"items": items, "next_cursor": next_cursor}, Page))


@blueprint.post("")
@limited(WRITES)
@logged_in
@document_headers(IdempotencyHeaders)
@document_request(QuizDraft)
@document_response(QuizReply, 201, MadeTagHeaders)
@refuses("host_role_needed")
async def create_quiz() -> Response:
    """Make a quiz. It may still be empty, but then it cannot be started."""
    who = await author()
    async with id_to_make(who) as quiz_id:
        draft = await _draft()
        quiz = await services().pool.run(_create, who.user_id, draft, quiz_id)
    return _shown(quiz, 201, Location=f"/quizzes/{quiz.id}")


@blueprint.get("/<quiz_id>")
@limited(READS)
@logged_in
@document_headers(NoneMatchHeaders)
@document_response(QuizReply, 200, TagHeaders)
@document_response(Nothing, 304, TagHeaders)
@refuses("quiz_in_session")
async def read_quiz(quiz_id: str) -> Response:
    """A quiz with all its questions: one's own, or a public one without what is correct."""
    who = await caller()
    return _shown(await services().pool.run(_read, who, quiz_id))


@blueprint.put("/<quiz_id>")
@limited(WRITES)
@logged_in
@document_headers(MatchHeaders)
@document_request(QuizDraft)
@document_response(QuizReply, 200, TagHeaders)
@refuses("forbidden")
async def replace_quiz(quiz_id: str) -> Response:
    """Put new content in place of the old. Questions sent with their `id` keep it; running sessions go on as they are."""
    who = await caller()
    revisions = revisions_wanted()
    draft = await _draft()
    found = services()
    quiz = await found.pool.run(_replace, who, quiz_id, draft, revisions)
    await tidy(found, quiz.owner_id)
    return _shown(quiz)


@blueprint.put("/<quiz_id>/order")
@limited(WRITES)
@logged_in
@document_headers(MatchHeaders)
@document_request(Order)
@document_response(QuizReply, 200, TagHeaders)
@refuses("forbidden", "invalid_order")
async def order_questions(quiz_id: str) -> Response:
    """Put the questions of a quiz in another order."""
    who = await caller()
    revisions = revisions_wanted()
    order = await read_json(Order, limit=QUIZ_LIMIT_BYTES)
    return _shown(await services().pool.run(_put_in_order, who, quiz_id, list(order.question_ids), revisions))


@blueprint.post("/<quiz_id>/duplicate")
@limited(COSTLY)
@logged_in
@document_headers(IdempotencyHeaders)
@document_request(Copy)
@document_response(QuizReply, 201, MadeTagHeaders)
@refuses("host_role_needed", "quiz_in_session")
async def duplicate_quiz(quiz_id: str) -> Response:
    """Make a private copy of one's own or of a public quiz, without its sessions."""
    who = await author()
    async with id_to_make(who) as copy_id:
        wanted = (await read_json(Copy, optional=True)).title
        title = None if wanted is None else checked_title(wanted)
        quiz = await services().pool.run(_duplicate, who, quiz_id, copy_id, title)
    return _shown(quiz, 201, Location=f"/quizzes/{quiz.id}")


@blueprint.delete("/<quiz_id>")
@limited(WRITES)
@logged_in
@document_headers(MatchHeaders)
@document_response(Nothing, 204)
@refuses("forbidden")
async def delete_quiz(quiz_id: str) -> Response:
    """Delete a quiz. The results of its sessions stay."""
    who = await caller()
    found = services()
    await tidy(found, await found.pool.run(_delete, who, quiz_id, revisions_wanted()))
    return empty()


def own_quiz(who: Caller, quiz_id: str) -> dict[str, Any]:
    """The quiz, if the caller may act for its owner.

    Raises Problem 403 for somebody else's public quiz, 404 for a private one: for others it does not exist.
    """
    quiz = _visible(who, quiz_id)
    if not who.may_act_for(quiz["owner_id"]):
        raise Problem(
            403, "forbidden", "Only the owner of this quiz can do this: duplicate it, and use your copy."
        )
    return quiz


def _shown(quiz: QuizReply, status: int = 200, **headers: str) -> Response:
    """The quiz with its ETag and the full addresses of its pictures."""
    return tagged(with_media(quiz, media_base(services().config)), quiz.revision, status, **headers)


def _visible(who: Caller, quiz_id: str) -> dict[str, Any]:
    quiz = quizzes.get(quiz_id)
    if quiz is None or not (who.may_act_for(quiz["owner_id"]) or quiz["visibility"] == "public"):
        raise not_found("quiz")
    return quiz


def _require_not_played(quiz_id: str) -> None:
    """Somebody else's quiz is closed while it is played: who asks may be a participant. Raises Problem 409."""
    if quiz_copies.is_played(quiz_id):
        raise Problem(
            409,
            "quiz_in_session",
            "This quiz, or a copy of it, is being played: come back when the session has ended.",
            retryable=True,
        )


def _read(who: Caller, quiz_id: str) -> QuizReply:
    quiz = _visible(who, quiz_id)
    if not who.may_act_for(quiz["owner_id"]):
        _require_not_played(quiz_id)
        quiz = hidden(quiz)
    return msgspec.convert(quiz, QuizReply)


def _replace(who: Caller, quiz_id: str, draft: dict[str, Any], revisions: frozenset[int] | None) -> QuizReply:
    own_quiz(who, quiz_id)
    return msgspec.convert(quizzes.replace(quiz_id, draft, revisions=revisions), QuizReply)


def _put_in_order(
    who: Caller, quiz_id: str, question_ids: list[str], revisions: frozenset[int] | None
) -> QuizReply:
    own_quiz(who, quiz_id)
    return msgspec.convert(quizzes.put_in_order(quiz_id, question_ids, revisions=revisions), QuizReply)


def _duplicate(who: Caller, quiz_id: str, copy_id: str, title: str | None) -> QuizReply:
    """The copy, unless an earlier request with the same Idempotency-Key has made it."""
    copied = quizzes.get(copy_id)
    if copied is None:
        original = _visible(who, quiz_id)
        if not who.may_act_for(original["owner_id"]):
            _require_not_played(quiz_id)
        title = title or _title_of_copy(original["title"])
        copied = quiz_copies.copy(quiz_id, who.user_id, title, copy_id=copy_id)
    return msgspec.convert(copied, QuizReply)


def _delete(who: Caller, quiz_id: str, revisions: frozenset[int] | None) -> str:
    """Returns whose it was."""
    owner_id: str = own_quiz(who, quiz_id)["owner_id"]
    quizzes.delete(quiz_id, revisions=revisions)
    return owner_id


def _create(owner_id: str, draft: dict[str, Any], quiz_id: str) -> QuizReply:
    return msgspec.convert(quizzes.create(owner_id, draft, quiz_id=quiz_id), QuizReply)


def _title_of_copy(title: str) -> str:
    """`Capitals` → `Capitals (copy)` → `Capitals (copy 2)`."""
    found = _COPY.fullmatch(title)
    stem, number = (found["stem"], int(found["number"] or 1) + 1) if found else (title, 1)
    suffix = " (copy)" if number == 1 else f" (copy {number})"
    return stem[: MAX_TITLE_CHARS - len(suffix)].rstrip() + suffix


async def _draft() -> dict[str, Any]:
    draft = await read_json(QuizDraft, limit=QUIZ_LIMIT_BYTES)
    return await asyncio.to_thread(checked, draft)  # ten thousand questions take a while
