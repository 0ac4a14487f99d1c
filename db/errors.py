"""Errors of the store.

DbError                   every one has a stable snake_case `code`
├── NotFound              `not_found`; knows the noun and the id
├── Conflict              the code says which: `email_taken`, `nickname_taken`, `join_code_exhausted`, …
├── RefreshInvalid        `refresh_invalid`: unknown, expired or revoked refresh token
│   └── RefreshReuse      `refresh_reused`: a used one came back; its whole family is revoked
├── InvalidText           `invalid_text`: text that PostgreSQL cannot store (NUL, lone surrogates)
├── InvalidNickname       `nickname_invalid`
├── InvalidCursor         `invalid_cursor`
├── InvalidOrder          `invalid_order`: not the questions of the quiz, each once
├── Stale                 `precondition_failed`: it was changed by somebody else meanwhile
├── KeyReused             `idempotency_key_reused`: an idempotency key came back with another request
├── KeyInUse              `idempotency_key_in_use`: the request with this key is still being carried out
├── InvalidAnswer         `invalid_answer`: an answer that must not be scored or stored
├── Busy                  `session_busy`: somebody else is rebuilding the session; try again
├── Unavailable           `unavailable`: the server does not answer; try again
└── ServerUnsuitable      `server_unsuitable`: too old or set up wrongly; says what to do
"""

from __future__ import annotations

__all__ = [
    "Busy",
    "Conflict",
    "DbError",
    "InvalidAnswer",
    "InvalidCursor",
    "InvalidNickname",
    "InvalidOrder",
    "InvalidText",
    "KeyInUse",
    "KeyReused",
    "NotFound",
    "RefreshInvalid",
    "RefreshReuse",
    "ServerUnsuitable",
    "Stale",
    "Unavailable",
]


class DbError(Exception):
    """Root of what this folder raises."""

    code = "db_error"


class NotFound(DbError):
    """There is no such thing, or its id is malformed."""

    code = "not_found"

    def __init__(self, noun: str, id: str) -> None:
        super().__init__(f"there is no {noun} {id!r}")
        self.noun = noun
        self.id = id


class Conflict(DbError):
    """What was asked for contradicts what is stored; `code` says how."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RefreshInvalid(DbError):
    """The refresh token is unknown, expired or revoked: log in again."""

    code = "refresh_invalid"

    def __init__(self, message: str = "this refresh token is not valid; log in again") -> None:
        super().__init__(message)


class RefreshReuse(RefreshInvalid):
    """A refresh token was used twice, so one of the users is a thief: every token of the login is revoked."""

    code = "refresh_reused"

    def __init__(self, user_id: str, login_id: str) -> None:
        super().__init__("this refresh token was used before; the login is revoked, log in again")
        self.user_id = user_id
        self.login_id = login_id


class InvalidText(DbError, ValueError):
    """Text with a NUL character or a lone surrogate; the text itself is never part of the message."""

    code = "invalid_text"

    def __init__(self, field: str) -> None:
        super().__init__(
            f"{field} holds a character that cannot be stored (NUL or half a surrogate pair): remove it"
        )
        self.field = field


class InvalidNickname(DbError, ValueError):
    """The nickname is empty or too long after cleaning."""

    code = "nickname_invalid"


class InvalidCursor(DbError, ValueError):
    """The cursor did not come from us."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__("this cursor is not valid: leave it out to start at the first page")


class InvalidOrder(DbError, ValueError):
    """The ids are not those of the quiz's questions, each exactly once."""

    code = "invalid_order"

    def __init__(self) -> None:
        super().__init__("name every question of the quiz exactly once: load it again, then order it")


class Stale(DbError):
    """The quiz is at another revision than the caller has seen; nothing was changed."""

    code = "precondition_failed"

    def __init__(self) -> None:
        super().__init__("this quiz has changed since you loaded it: load it again, then repeat your change")


class KeyReused(DbError):
    """This idempotency key belongs to another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request: make a new one for each")


class KeyInUse(DbError):
    """The first request with this idempotency key has not ended."""

    code = "idempotency_key_in_use"

    def __init__(self) -> None:
        super().__init__(
            "the request with this Idempotency-Key is still being carried out: repeat it in a second"
        )


class InvalidAnswer(DbError, ValueError):
    """An answer with impossible values; nothing of the call was written."""

    code = "invalid_answer"

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"answer {index}: {reason}")
        self.index = index
        self.reason = reason


class Busy(DbError):
    """The session is being rebuilt by another process and that takes too long: try again."""

    code = "session_busy"


class Unavailable(DbError):
    """No connection to the server, also not after another try; the call may or may not have been done."""

    code = "unavailable"


class ServerUnsuitable(DbError):
    """The server answers but cannot carry Quizwire; the text says what to change."""

    code = "server_unsuitable"
