"""Errors as the client sees them: RFC 9457 problem documents with a stable `code`. Mapped here, once.

A problem says what to do. It never holds a stack, SQL, a version or what a server said.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import nats.errors
import peewee
import redis
import structlog
from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from bus.errors import BusError
from bus.errors import Unavailable as BusUnavailable
from bus.telemetry.logs import places
from db import errors as db

__all__ = ["FieldError", "Problem", "ProblemDocument", "invalid", "not_found", "register", "to_problem"]

log = structlog.get_logger(__name__)


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of a request."""

    path: str  # `questions[0].title`; empty for the document as a whole
    message: str


class ProblemDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error, as RFC 9457 has it. `code` is stable; `detail` is a sentence that says what to do."""

    title: str
    status: int
    code: str
    detail: str
    type: str = "about:blank"
    retryable: bool = False  # the same request may succeed later
    errors: tuple[FieldError, ...] = ()


class Problem(Exception):
    """Raised anywhere below a route: becomes the reply."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        retryable: bool = False,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.retryable = retryable
        self.errors = errors
        self.headers = dict(headers or {})
        self.more = dict(more or {})  # further members of the document

    def response(self) -> Response:
        """The reply, as `application/problem+json`."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "retryable": self.retryable,
        }
        if self.errors:
            document["errors"] = self.errors
        headers = {"Content-Type": "application/problem+json", **self.headers}
        return Response(msgspec.json.encode(document | self.more), self.status, headers)


def invalid(path: str, message: str) -> Problem:
    """422: the field at `path` cannot be; `message` is a sentence about it."""
    return Problem(
        422,
        "validation_failed",
        f"{path}: {message}" if path else message,
        errors=(FieldError(path, message),),
    )


def not_found(noun: str) -> Problem:
    """404, also for what the caller must not know about."""
    return Problem(404, "not_found", f"There is no such {noun}: check the id.")


def unavailable() -> Problem:
    """503: a server behind us does not answer."""
    return Problem(
        503,
        "unavailable",
        "A server we need does not answer: try again in a moment.",
        retryable=True,
        headers={"Retry-After": "2"},
    )


def draining() -> Problem:
    """503: this node is on its way out."""
    return Problem(
        503,
        "draining",
        "This node is stopping: connect again, to another one.",
        retryable=True,
        headers={"Retry-After": "1"},
    )


_HTTP: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood: check its form."),
    404: ("not_found", "There is nothing at this address: check the path."),
    405: ("method_not_allowed", "This address does not know this method: see the Allow header."),
    406: ("not_acceptable", "Ask for application/json."),
    408: ("request_timeout", "The request took too long to arrive: send it again."),
    413: ("payload_too_large", "The request is too large: send less."),
    415: ("unsupported_media_type", "This media type is not understood here: send application/json."),
    429: ("rate_limited", "Too many requests: wait, then try again."),
}
"""Werkzeug's own errors, by status."""


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    if status >= 500:
        return _internal()
    code, detail = _HTTP.get(status, ("bad_request", "The request was refused: check its form."))
    kept = {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}
    return Problem(status, code, detail, headers=kept, retryable=status in (408, 429))


def _of_db(error: db.DbError) -> Problem:
    text = _sentence(str(error))
    match error:
        case db.NotFound():
            return not_found(error.noun)
        case db.Conflict():
            return Problem(409, error.code, text)
        case db.RefreshInvalid():
            return Problem(401, error.code, text)
        case db.InvalidText():
            return Problem(422, "validation_failed", text, errors=(FieldError(error.field, text),))
        case db.InvalidNickname():
            return Problem(422, error.code, text, errors=(FieldError("nickname", text),))
        case db.InvalidCursor():
            return Problem(422, error.code, text, errors=(FieldError("cursor", text),))
        case db.InvalidOrder():
            return Problem(422, error.code, text, errors=(FieldError("question_ids", text),))
        case db.Stale():
            return Problem(412, error.code, text)
        case db.KeyReused():
            return Problem(422, error.code, text, errors=(FieldError("Idempotency-Key", text),))
        case db.Busy() | db.KeyInUse():
            return Problem(409, error.code, text, retryable=True, headers={"Retry-After": "1"})
        case db.Unavailable():
            return unavailable()
        case _:
            return _internal()


def _internal() -> Problem:
    return Problem(500, "internal", "Something went wrong on our side. It has been logged: try again later.")


_OUTAGES = (
    redis.ConnectionError,
    redis.TimeoutError,
    peewee.OperationalError,
    peewee.InterfaceError,
    nats.errors.Error,
    BusUnavailable,
)


def to_problem(error: Exception) -> Problem:
    """The problem for any error; what nobody foresaw is a 500 and logged with its stack."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, db.DbError):
        problem = _of_db(error)
    elif isinstance(error, _OUTAGES):
        problem = unavailable()
    else:
        problem = _internal()
    if problem.status == 503:
        log.warning("server_unavailable", error=type(error).__name__)
    elif problem.status == 500:
        # Only the type and the place: an exception's text may quote what a user sent.
        kind = "bus_error" if isinstance(error, BusError) else "unexpected_error"
        log.error(kind, error=type(error).__name__, at=list(places(error.__traceback__)))
    return problem


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def register(app: Quart) -> None:
    """Answer every error of this app with a problem document."""

    async def answer(error: Exception) -> Response:
        return to_problem(error).response()

    app.register_error_handler(Exception, answer)
    app.register_error_handler(HTTPException, answer)
