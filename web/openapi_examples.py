"""An example of each body in the OpenAPI document, by the name of its struct. A test decodes them all."""

from __future__ import annotations

from typing import Any

__all__ = ["EXAMPLES"]

_USER = "0198f3c2-6f5e-7b1a-9c3d-2f4e6a8b0c1d"
_QUIZ = "0198f3c3-1a2b-7c4d-8e5f-60718293a4b5"
_QUESTION = "0198f3c3-1a2b-7c4d-8e5f-60718293a4b6"
_SESSION = "0198f3c4-2b3c-7d5e-9f60-718293a4b5c6"
_PARTICIPANT = "0198f3c5-3c4d-7e6f-a071-8293a4b5c6d7"
_PICTURE = "0198f3c6-4d5e-7f70-b182-93a4b5c6d7e8"
_LOGIN = "0198f3c7-5e6f-7081-8293-a4b5c6d7e8f9"
_FILE = "/media/3f786850e387550fdab836ed7e6dc881de23001b-1280.webp"
_CREATED, _LATER = "2026-03-01T09:00:00Z", "2026-03-01T09:30:00Z"
_PASSWORD, _EMAIL = "a password of four words", "hedy@example.com"  # of nobody
_WS = f"ws://127.0.0.1:8000/ws?s={_SESSION}"

_PROFILE = {
    "id": _USER,
    "email": _EMAIL,
    "display_name": "Hedy",
    "role": "host",
    "avatar_url": _FILE,
    "created_at": _CREATED,
}
_SUMMARY = {
    "id": _QUIZ,
    "owner_id": _USER,
    "title": "Capitals",
    "description": "From Canberra to Ottawa.",
    "tags": ["geography"],
    "visibility": "private",
    "status": "DRAFT",
    "created_at": _CREATED,
    "updated_at": _CREATED,
}
_QUESTION_TEXTS = {
    "title": "What is the capital of Australia?",
    "explanation": "Sydney and Melbourne could not agree.",
    "time_limit_s": 20,
    "weight": 1,
}
_OPTIONS = ({"text": "Sydney", "is_correct": False}, {"text": "Canberra", "is_correct": True})
_FULL_QUIZ = _SUMMARY | {
    "revision": 1,
    "questions": [
        _QUESTION_TEXTS
        | {
            "id": _QUESTION,
            "image_url": None,
            "options": [{"key": key} | option for key, option in zip(("A", "B"), _OPTIONS, strict=True)],
        }
    ],
}
_RUN = {
    "id": _SESSION,
    "quiz_id": _QUIZ,
    "host_id": _USER,
    "join_code": "483920",
    "pacing": "host",
    "scoring": "flat",
    "streak_bonus": False,
    "penalty_percent": 0,
    "state": "open",
    "version": 2,
    "seq": 2,
    "question_index": 0,
    "question_count": 1,
    "opens_at": _CREATED,
    "closes_at": "2026-03-01T09:00:20Z",
    "next_at": None,
    "paused": False,
    "remaining_ms": None,
    "locked": False,
    "late_join": "allow",
    "early_close": False,
    "timing": None,
    "nickname_filter": "normal",
    "question_order": "authored",
    "option_order": "participant",
    "latency_allowance_ms": 0,
    "created_at": _CREATED,
    "ended_at": None,
}
_STANDING = {"participant_id": _PARTICIPANT, "nickname": "Ada", "score": 1, "rank": 1, "time_ms": 1530}
_ANSWER = {"question_id": _QUESTION, "option": "B", "correct": True, "points": 1}
_UPLOAD = {"id": _PICTURE, "status": "ready", "url": _FILE, "code": None, "message": None}

_ADMIN_USER = {
    "id": _USER,
    "email": "ada@example.org",
    "display_name": "Ada",
    "role": "host",
    "avatar_url": None,
    "created_at": _CREATED,
    "banned": False,
}
_LETTER = {
    "seq": 7,
    "queue": "scoring",
    "subject": "submissions.0",
    "reason": "failed",
    "error": "ValueError: it cannot be",
    "actor": "score_answers",
    "deliveries": 1,
    "died_at": _LATER,
    "size_bytes": 412,
}
EXAMPLES: dict[str, Any] = {
    # Requests.
    "Register": {"email": _EMAIL, "password": _PASSWORD, "display_name": "Hedy"},
    "Credentials": {"email": _EMAIL, "password": _PASSWORD},
    "Refresh": {"refresh_token": f"{_LOGIN}.c2VjcmV0LW9mLW5vYm9keQ"},
    "ProfileChange": {"display_name": "Hedy Lamarr"},
    "Farewell": {"password": _PASSWORD},
    "QuizDraft": {
        "title": "Capitals",
        "description": "From Canberra to Ottawa.",
        "tags": ["geography"],
        "visibility": "private",
        "questions": [_QUESTION_TEXTS | {"options": list(_OPTIONS)}],
    },
    "Order": {"question_ids": [_QUESTION]},
    "Copy": {"title": "Capitals, for beginners"},
    "Start": {"pacing": "host", "scoring": "speed", "streak_bonus": True},
    "ExpectedVersion": {"expected_version": 1},
    "Extend": {"seconds": 30, "expected_version": 2},
    "Join": {"nickname": "Ada"},
    "Rename": {"nickname": "Ada L."},
    "Ban": {"address": False},
    "TicketWanted": {"role": "screen"},
    # Replies.
    "Profile": _PROFILE,
    "Tokens": {
        "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.signature",
        "refresh_token": f"{_LOGIN}.c2VjcmV0LW9mLW5vYm9keQ",
        "expires_in": 900,
        "token_type": "Bearer",
    },
    "Export": {
        "profile": _PROFILE,
        "logins": [
            {
                "id": _LOGIN,
                "created_at": _CREATED,
                "used_at": _LATER,
                "expires_at": "2026-05-30T09:00:00Z",
                "revoked_at": None,
            }
        ],
        "sessions": [
            {
                "id": _SESSION,
                "quiz_id": _QUIZ,
                "join_code": "483920",
                "pacing": "host",
                "scoring": "flat",
                "created_at": _CREATED,
                "ended_at": _LATER,
            }
        ],
        "participations": [
            {
                "session_id": _SESSION,
                "participant_id": _PARTICIPANT,
                "nickname": "Ada",
                "joined_at": _CREATED,
                "kicked_at": None,
                "answers": [_ANSWER | {"started_at": _CREATED, "finished_at": "2026-03-01T09:00:01.530Z"}],
            }
        ],
        "quizzes": [_FULL_QUIZ],
    },
    "Page": {"items": [_SUMMARY | {"question_count": 1}], "next_cursor": None},
    "QuizReply": _FULL_QUIZ,
    "Imported": {
        "quiz_id": _QUIZ,
        "imported": 41,
        "rejected": [{"line": 17, "reason": "no option is the answer"}],
    },
    "SessionReply": _RUN,
    "SessionPage": {"items": [_RUN], "next_cursor": None},
    "ParticipantPage": {
        "items": [
            {
                "participant_id": _PARTICIPANT,
                "nickname": "Ada",
                "joined_at": _CREATED,
                "kicked": False,
                "banned": False,
            }
        ],
        "next_cursor": None,
    },
    "TicketReply": {"ticket": "eyJhbGciOiJIUzI1NiJ9.e30.signature", "ws_url": _WS, "expires_in": 30},
    "Joined": {
        "session_id": _SESSION,
        "participant_id": _PARTICIPANT,
        "nickname": "Ada",
        "ticket": "eyJhbGciOiJIUzI1NiJ9.e30.signature",
        "resume_token": f"{_PARTICIPANT}.c2VjcmV0LW9mLW5vYm9keQ",
        "ws_url": _WS,
        "device_token": "bm90LWEtcmVhbC1kZXZpY2UtYXQtYWxs",
    },
    "LeaderboardReply": {"epoch": "b5f1c2", "version": 7, "entries": [_STANDING]},
    "ResultsReply": {
        "session": _RUN | {"state": "ended", "version": 4, "seq": 4, "ended_at": _LATER},
        "questions": [
            {
                "question_id": _QUESTION,
                "title": "What is the capital of Australia?",
                "counts": {"A": 0, "B": 1},
                "correct_option": "B",
                "answers": 1,
                "correct_rate": 1.0,
                "median_time_ms": 1530.0,
            }
        ],
        "participants": [_STANDING | {"answers": [_ANSWER | {"elapsed_ms": 1530, "latency_ms": 0}]}],
    },
    "AvatarReply": {"avatar_url": _FILE, "picture": _UPLOAD},
    "QuestionImageReply": {"image_url": _FILE, "picture": _UPLOAD},
    "PictureState": _UPLOAD,
    "UserChange": {"role": "admin"},
    "AdminUser": _ADMIN_USER,
    "AdminUserPage": {"items": [_ADMIN_USER], "next_cursor": None},
    "SessionsEverywhere": {"items": [_RUN], "next_cursor": None},
    "QueueList": {
        "items": [
            {
                "name": "scoring",
                "depth": 3,
                "in_flight": 3,
                "redelivered": 0,
                "suspects": 0,
                "dead_letters": 1,
                "oldest_age_s": 0.012,
                "paused": False,
                "paused_until": None,
            }
        ]
    },
    "Retry": {},
    "DeadLetterSummary": _LETTER,
    "DeadLetterPage": {"items": [_LETTER], "next_cursor": None},
    "DeadLetterReply": _LETTER | {"headers": {}, "content": [["0190"]]},
    "Alive": {"status": "ok"},
    "Readiness": {"postgres": "ok", "redis": "ok", "nats": "ok", "draining": False},
}
