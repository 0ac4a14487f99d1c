"""Quizzes from files and into files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import PurePath, PurePosixPath
from typing import IO, Any, ClassVar, Literal

import msgspec
from quart import Blueprint, Response
from quart_schema import (
    DataSource,
    document_headers,
    document_querystring,
    document_request,
    document_response,
)

from db import blobs, quizzes, tags
from db.blobs import Blobs
from db.nicknames import is_blank
from db.text import is_storable
from web.api.quizzes import own_quiz
from web.auth import author, caller
from web.bodies import ARCHIVE_LIMIT_BYTES, FILE_LIMIT_BYTES, read_file, read_query
from web.documents import logged_in, refuses
from web.exporting.downloads import attachment, download, require_room, written
from web.exporting.quizzes import as_json, write_kahoot, write_zip
from web.exporting.workbooks import XLSX
from web.idempotency import IdempotencyHeaders, id_to_make
from web.importing.formats import FORMATS, Format, detect, parse
from web.importing.questions import ImportedQuestion, Parsed, Rejected, TooLarge, Unreadable
from web.importing.unpacking import is_zip
from web.limits import MAX_TITLE_CHARS
from web.pictures import submit, tidy
from web.problems import Problem, invalid
from web.rates import COSTLY, limited
from web.replies import File, MadeHeaders, reply
from web.services import services
from web.tokens import Caller
from web.turns import turn

__all__ = ["blueprint"]

blueprint = Blueprint("exchange", __name__, url_prefix="/quizzes")

MAX_REJECTED = 20_000
"""A file with more blocks than this that are no questions is no quiz; the reply would be longer than the file."""


class QuizUpload(msgspec.Struct, frozen=True):
    """A form with one file. Without `format` the content decides; without `title` the file, then its name."""

    file: bytes
    title: str | None = None
    format: Format | None = None


class RejectedBlock(msgspec.Struct, frozen=True):
    """What was left out: its place from 1 (line of a text, row of a workbook, number of a question in JSON), and why."""

    line: int
    reason: str


class Imported(msgspec.Struct, frozen=True):
    """The quiz made of a file."""

    quiz_id: str
    imported: int
    rejected: tuple[RejectedBlock, ...]


class ExportQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As what to export: our JSON, the same with its pictures in a zip, or Kahoot's spreadsheet."""

    format: Literal["json", "zip", "xlsx"] = "json"


class ExportedFile(File, frozen=True):
    """The quiz; its title is the file's name."""

    media_type: ClassVar[str] = "application/json"
    also: ClassVar[tuple[str, ...]] = ("application/zip", XLSX)


@blueprint.post("/import")
@limited(COSTLY)
@logged_in
@document_headers(IdempotencyHeaders)
@document_request(QuizUpload, source=DataSource.FORM_MULTIPART)
@document_response(Imported, 201, MadeHeaders)
@refuses("host_role_needed", "nothing_to_import", "picture_quota_exceeded", "unreadable_file")
async def import_quiz() -> Response:
    """Make one quiz of all that is valid in a file; the rest is reported by place, with the reason.

    Formats: OpenTriviaQA, Moodle GIFT and Aiken texts, our own JSON or zip, Kahoot's XLSX.
    """
    who = await author()
    async with id_to_make(who) as quiz_id:
        return await _import(who, quiz_id)


@blueprint.get("/<quiz_id>/export")
@limited(COSTLY)
@logged_in
@document_querystring(ExportQuery)
@document_response(ExportedFile)
@refuses("forbidden")
async def export_quiz(quiz_id: str) -> Response:
    """One of one's own quizzes as a file that can be imported again."""
    who = await caller()
    form = read_query(ExportQuery).format
    found = services()
    quiz = await found.pool.run(own_quiz, who, quiz_id)
    write: Callable[[IO[bytes]], object] = partial(_EXPORTS[form], quiz, found.blobs)
    async with turn():
        require_room(who.user_id)
        file = await asyncio.to_thread(written, write)
    headers = {"Content-Type": _TYPES[form], "Content-Disposition": attachment(quiz["title"], form)}
    return download(file, headers, who.user_id)


async def _import(who: Caller, quiz_id: str) -> Response:
    name, data, form = await read_file(ARCHIVE_LIMIT_BYTES, fields=("title", "format"))
    if len(data) > FILE_LIMIT_BYTES and not is_zip(data):
        raise _too_large(f"The file is too large: at most {FILE_LIMIT_BYTES // 1024 // 1024} MiB.")
    title, wanted = form.get("title"), form.get("format")
    if title is not None and (is_blank(title) or len(title.strip()) > MAX_TITLE_CHARS):
        raise invalid("title", f"a title has 1 to {MAX_TITLE_CHARS} characters")
    if wanted is not None and wanted not in FORMATS:
        raise invalid("format", f"the format is one of {', '.join(FORMATS)}")
    async with turn():
        file_format, parsed = await asyncio.to_thread(_parsed, data, name, wanted)
    if not parsed.questions or len(parsed.rejected) > MAX_REJECTED:
        raise _nothing(file_format, parsed.rejected)
    draft = {
        "title": (title or "").strip() or parsed.title or _stem(name),
        "description": parsed.description,
        "tags": _tags(parsed.tags),
        "questions": [_as_draft(question) for question in parsed.questions],
    }
    quiz = await services().pool.run(quizzes.create, who.user_id, draft, quiz_id=quiz_id)
    await _hand_over_pictures(who, quiz, parsed)
    rejected = tuple(RejectedBlock(block.line, block.reason) for block in parsed.rejected)
    imported = Imported(quiz_id, len(parsed.questions), rejected)
    return reply(imported, 201, {"Location": f"/quizzes/{quiz_id}"})


async def _hand_over_pictures(who: Caller, quiz: dict[str, Any], parsed: Parsed) -> None:
    """Give the pictures to the background workers, like uploads. If that fails, so does the whole import."""
    found = services()
    try:
        for question, made in zip(parsed.questions, quiz["questions"], strict=True):
            if question.picture is not None and made["image_url"] is None:
                place = (quiz["id"], made["id"])
                await submit(found, who.user_id, place, parsed.pictures[question.picture])
    except Exception:
        await found.pool.run(quizzes.delete, quiz["id"])
        await tidy(found, who.user_id)
        raise


def _write_zip(quiz: dict[str, Any], store: Blobs, file: IO[bytes]) -> None:
    write_zip(quiz, lambda url: store.get(blobs.media(PurePosixPath(url).name)), file)


_TYPES = {"json": "application/json", "zip": "application/zip", "xlsx": XLSX}
_EXPORTS: dict[str, Callable[[dict[str, Any], Blobs, IO[bytes]], object]] = {
    "json": lambda quiz, _, file: file.write(as_json(quiz)),
    "zip": _write_zip,
    "xlsx": lambda quiz, _, file: write_kahoot(quiz, file),
}


def _parsed(data: bytes, name: str, wanted: Any) -> tuple[Format, Parsed]:
    """The format and everything in the file. Raises Problem 413 `payload_too_large`, 422 `unreadable_file`."""
    try:
        found: Format = wanted or detect(data, name)
        return found, parse(data, found)
    except TooLarge as reason:
        raise _too_large(str(reason)) from None
    except Unreadable as reason:
        raise Problem(422, "unreadable_file", str(reason)) from None


def _tags(written: tuple[str, ...]) -> list[str]:
    """Clean, each once; those that cannot be tags are left out."""
    cleaned = dict.fromkeys(map(tags.clean, written))
    return [tag for tag in cleaned if 1 <= len(tag) <= tags.MAX_LENGTH and is_storable(tag)][: tags.MAX_TAGS]


def _stem(file_name: str) -> str:
    """The file's name without its ending."""
    # Some browsers send a whole path, with the separators of their system.
    return PurePath(file_name.replace("\\", "/")).stem.strip()[:MAX_TITLE_CHARS] or "Imported quiz"


def _as_draft(question: ImportedQuestion) -> dict[str, Any]:
    return {
        "title": question.title,
        "explanation": question.explanation,
        "time_limit_s": question.time_limit_s,
        "weight": question.weight,
        "options": [{"text": option.text, "is_correct": option.is_correct} for option in question.options],
    }


def _too_large(detail: str) -> Problem:
    return Problem(413, "payload_too_large", detail)


def _nothing(found: Format, rejected: list[Rejected]) -> Problem:
    first = [{"line": block.line, "reason": block.reason} for block in rejected[:100]]
    detail = f"There is no question in this file that could be imported as {found}: see `rejected`."
    if found == "opentrivia":
        detail = (
            "There is no quiz in this file: send a text of OpenTriviaQA (`#Q question`, `^ answer`, `A option`, "
            "`B option`, …), Moodle GIFT or Aiken, our own JSON or zip, or Kahoot's XLSX."
        )
    return Problem(422, "nothing_to_import", detail, more={"rejected": first})
