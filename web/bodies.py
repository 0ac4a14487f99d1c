"""Request bodies: strict JSON into a struct, with a limit, or one uploaded file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from typing import TypeVar, cast

import msgspec
from quart import request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from web.incoming_bodies import CountedBody
from web.problems import FieldError, Problem

__all__ = [
    "ARCHIVE_LIMIT_BYTES",
    "FILE_LIMIT_BYTES",
    "JSON_LIMIT_BYTES",
    "QUIZ_LIMIT_BYTES",
    "read_file",
    "read_json",
    "read_query",
]

JSON_LIMIT_BYTES = 64 * 1024
QUIZ_LIMIT_BYTES = 16 * 1024 * 1024
"""10,000 questions of ordinary length are 3 to 6 MB."""

FILE_LIMIT_BYTES = 8 * 1024 * 1024
ARCHIVE_LIMIT_BYTES = 15 * 1024 * 1024
"""A quiz with its pictures. With the form around it, it must stay below what the app takes of any body."""

BODY_TIMEOUT_S = 60
_FORM_OVERHEAD_BYTES = 64 * 1024

_T = TypeVar("_T")
_decoders: dict[type, msgspec.json.Decoder[object]] = {}

_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `\$?\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_FIELD = re.compile(r"(?:unknown field|missing required field) `(?P<name>[^`]*)`")


async def read_json(kind: type[_T], *, limit: int = JSON_LIMIT_BYTES, optional: bool = False) -> _T:
    """The JSON body as `kind`; with `optional`, no body at all is the empty object.

    Raises Problem: 413 `payload_too_large` over `limit` bytes, 415 `unsupported_media_type`, 400 `malformed_json`,
    422 `validation_failed` with the path of the wrong field.
    """
    body = await _read_body(limit)
    if not body and optional:
        body = b"{}"
    elif request.mimetype not in ("", "application/json") and not request.mimetype.endswith("+json"):
        raise Problem(415, "unsupported_media_type", "Send JSON, with Content-Type: application/json.")
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        try:
            return decoder.decode(body)  # type: ignore[return-value]
        except msgspec.ValidationError as error:
            msgspec.json.decode(body)  # what is wrong with a field counts only in a whole document
            raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(
            400, "malformed_json", "The body is not JSON: check quotes, commas and encoding."
        ) from None


def read_query(kind: type[_T]) -> _T:
    """The query string as `kind`: numbers as text are fine, unknown or repeated names are not."""
    values: dict[str, object] = {}
    for name, texts in request.args.lists():
        values[name] = texts[0] if len(texts) == 1 else texts
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None


async def read_file(
    limit: int = FILE_LIMIT_BYTES, *, fields: Collection[str] = ("title",)
) -> tuple[str, bytes, dict[str, str]]:
    """The upload in the form field `file`: its name, its bytes, and the form's other fields, which may be `fields`.

    Raises Problem: 413 over `limit` bytes, 415 when this is no form, 422 without exactly one file.
    """
    too_large = Problem(
        413, "payload_too_large", f"The file is too large: at most {limit // 1024 // 1024} MiB."
    )
    if (request.content_length or 0) > limit + _FORM_OVERHEAD_BYTES:
        raise too_large
    if request.mimetype != "multipart/form-data":
        raise Problem(
            415, "unsupported_media_type", "Send the file as multipart/form-data, in the field `file`."
        )
    try:
        # Also for a form that is sent without its length: what is too large is not read to its end.
        cast(CountedBody, request.body).limit(limit + _FORM_OVERHEAD_BYTES)
        files = await request.files
        form = await request.form
    except RequestEntityTooLarge:
        raise too_large from None
    except (ValueError, UnicodeDecodeError):
        raise Problem(400, "bad_request", "The form could not be read: check its boundary.") from None
    unknown = sorted((set(files) | set(form)) - {"file", *fields})
    if unknown:
        raise _invalid(f"Object contains unknown field `{unknown[0]}`")
    uploads = files.getlist("file")
    if len(uploads) != 1:
        raise Problem(
            422,
            "validation_failed",
            "Send exactly one file, in the form field `file`.",
            errors=(FieldError("file", "exactly one file is needed"),),
        )
    data = uploads[0].read()
    if len(data) > limit:
        raise too_large
    return uploads[0].filename or "", data, {name: form[name] for name in form}


async def _read_body(limit: int) -> bytes:
    too_large = Problem(413, "payload_too_large", f"The body is too large: at most {limit // 1024} KiB.")
    if (request.content_length or 0) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.body:
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError:
        raise RequestTimeout from None
    return bytes(body)


def _invalid(text: str) -> Problem:
    """From msgspec's text, ``Expected `str`, got `int` - at `$.questions[0].title` ``, to a problem."""
    found = _PLACE.match(text)
    what, path = (found["what"], found["path"] or "") if found else (text, "")
    if field := _FIELD.search(what):
        path = f"{path}.{field['name']}" if path else field["name"]
    what = what.replace("Object", "the object").replace("Expected", "expected")
    return Problem(
        422,
        "validation_failed",
        f"{path}: {what}." if path else f"{what[:1].upper()}{what[1:]}.",
        errors=(FieldError(path, what),),
    )
