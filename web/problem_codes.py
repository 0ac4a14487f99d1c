"""Every code that a problem can have over REST: its HTTP status and what it means. Codes are stable, texts are not."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ANYWHERE", "CODES", "COMMANDS", "JSON_BODY", "PICTURES", "UPLOAD", "Code"]


class Code(NamedTuple):
    """What a code stands for."""

    status: int
    meaning: str


CODES = {
    "bad_request": Code(400, "The request could not be understood."),
    "malformed_json": Code(400, "The body is not JSON."),
    "invalid_credentials": Code(401, "E-mail address or password is wrong."),
    "refresh_invalid": Code(401, "The refresh token is not valid, or not any more."),
    "refresh_reused": Code(401, "The refresh token was used before: its login has been ended."),
    "token_expired": Code(401, "The access token has expired: refresh it."),
    "unauthenticated": Code(401, "There is no access token, or it is no good."),
    "account_banned": Code(403, "The account is banned."),
    "admin_role_needed": Code(403, "Only admins may do this."),
    "forbidden": Code(403, "It belongs to somebody else."),
    "host_role_needed": Code(403, "Only hosts and admins may do this."),
    "join_code_needed": Code(403, "The quiz is public: its sessions are joined with their code."),
    "wrong_password": Code(403, "The current password is wrong."),
    "not_found": Code(404, "There is no such thing, or the caller must not know about it."),
    "method_not_allowed": Code(405, "The address does not know this method."),
    "not_acceptable": Code(406, "There is no form of it that the client accepts."),
    "request_timeout": Code(408, "The body took too long to arrive."),
    "banned": Code(409, "The host has banned this device or network from the session."),
    "email_taken": Code(409, "There is an account with this e-mail address already."),
    "idempotency_key_in_use": Code(409, "The first request with this key is still being carried out."),
    "join_code_exhausted": Code(409, "No free join code was found."),
    "kicked": Code(409, "The host has removed this user from the session."),
    "late_join_denied": Code(409, "Nobody new is let in at this point of the session."),
    "nickname_taken": Code(409, "Somebody in the session has this nickname, or one that looks like it."),
    "no_open_question": Code(409, "No question is open."),
    "nothing_to_extend": Code(409, "Nothing of the session runs out at the moment."),
    "not_retryable": Code(
        409, "The dead letter does not say where it came from, or is not taken there any more."
    ),
    "own_account": Code(409, "Nobody takes the admin role from themselves."),
    "picture_quota_exceeded": Code(409, "The user's pictures take up all the room they have."),
    "picture_superseded": Code(409, "A newer picture has taken its place."),
    "quiz_empty": Code(409, "The quiz has no questions."),
    "quiz_in_session": Code(409, "The quiz is being played."),
    "session_busy": Code(409, "The session is carrying out another command, or being rebuilt."),
    "session_ended": Code(409, "The session is over."),
    "session_locked": Code(409, "The host lets nobody new in."),
    "session_not_running": Code(409, "The session was never started."),
    "session_paused": Code(409, "The session is paused."),
    "version_conflict": Code(409, "The session is at another version than expected."),
    "wrong_pacing": Code(409, "Participants set the pace of this session themselves."),
    "precondition_failed": Code(412, "Somebody has changed the quiz since it was read."),
    "payload_too_large": Code(413, "The body or file is too large."),
    "unsupported_media_type": Code(415, "The body is of another media type than documented."),
    "unsupported_picture": Code(415, "The picture is no JPEG, PNG or WebP."),
    "idempotency_key_reused": Code(422, "The key was sent with another request before."),
    "invalid_cursor": Code(422, "The cursor is not one of this list."),
    "invalid_order": Code(422, "The order does not name every question once."),
    "nickname_invalid": Code(422, "The nickname has no visible characters, or too many."),
    "nickname_not_allowed": Code(422, "The nickname is not one for this session: see its `nickname_filter`."),
    "nothing_to_import": Code(422, "The file holds no question that could be imported."),
    "picture_damaged": Code(422, "The picture could not be read."),
    "picture_too_complex": Code(422, "The picture would take too much to decode."),
    "picture_too_many_pixels": Code(422, "The picture has more than 25 megapixels."),
    "unreadable_file": Code(422, "The file could not be read in its format."),
    "validation_failed": Code(422, "A field is missing, unknown or wrong: see `errors`."),
    "rate_limited": Code(429, "Too many requests: wait for as long as Retry-After says."),
    "too_many_connections": Code(429, "Too many WebSockets are open from this network."),
    "internal": Code(500, "Something went wrong on our side."),
    "draining": Code(503, "This node is stopping: connect to another one."),
    "node_full": Code(503, "The node has as many WebSockets as it takes."),
    "picture_lost": Code(503, "The picture did not reach the workers: send it again."),
    "unavailable": Code(503, "A server behind this one does not answer."),
    "command_timeout": Code(504, "The session did not answer in time; the command may still be carried out."),
}

ANYWHERE = ("bad_request", "rate_limited", "internal", "unavailable")
"""What any route may answer."""

JSON_BODY = (
    "malformed_json",
    "request_timeout",
    "payload_too_large",
    "unsupported_media_type",
    "validation_failed",
)
UPLOAD = ("request_timeout", "payload_too_large", "unsupported_media_type", "validation_failed")

COMMANDS = (
    "no_open_question",
    "session_busy",
    "session_ended",
    "session_not_running",
    "session_paused",
    "version_conflict",
    "wrong_pacing",
    "command_timeout",
)
"""What a session may answer to a command."""

PICTURES = (
    "picture_quota_exceeded",
    "picture_superseded",
    "unsupported_picture",
    "picture_damaged",
    "picture_too_complex",
    "picture_too_many_pixels",
    "picture_lost",
)
"""What may become of an uploaded picture."""
