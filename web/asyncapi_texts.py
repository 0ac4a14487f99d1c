"""What the AsyncAPI document says of the fields of messages, and an example of each. Tests hold them to the structs."""

from __future__ import annotations

from typing import Any

__all__ = ["EXAMPLES", "FIELDS"]

FIELDS = {
    "type": "Which message this is.",
    # Numbers that order things
    "seq": "Number of this event; each is one above the last.",
    "Hello.seq": "Number of the last event the client has.",
    "Welcome.seq": "Number of the last event so far. When `resumed`, what was missed is still to come.",
    "Snapshot.seq": "Number of the last event that is in here.",
    "Skip.seq": "Number of an event that is not for this role.",
    "epoch": "Name of the live state; another one means that it was rebuilt.",
    "Hello.epoch": "Name of the live state that the client knows.",
    "version": "Of the session; rises with every transition.",
    "BoardView.version": "Of the leaderboard; rises with every change.",
    "LeaderboardDelta.version": "Of the leaderboard after this change.",
    "LeaderboardFull.version": "Of the leaderboard; rises with every change.",
    "base": "Apply to a board of this version or a newer one; otherwise send `sync`.",
    "full": "The entries are all there are.",
    # Who
    "participant_id": "Of the participant.",
    "Welcome.participant_id": "Who one is; null for a host or a screen.",
    "participant_ids": "Who; for the host only.",
    "nickname": "As everybody sees it.",
    "role": "`participant`, `host` or `screen`.",
    "ticket": "From joining, or from asking for one; opens one connection.",
    "resume_token": "From joining; opens later connections.",
    # The session
    "id": "Its id.",
    "session": "The session as everybody in it may know it.",
    "quiz_id": "The quiz that is played.",
    "state": "`lobby`, `open`, `closing`, `closed` or `ended`.",
    "pacing": "`host`, `timed` or `self`.",
    "paused": "The session stands still until the host goes on.",
    "locked": "Nobody new comes in.",
    "question_index": "Of the current question, from 0; null in the lobby and in self pacing.",
    "question_count": "How many questions there are.",
    "timing": "Timed pacing: how long its phases last; null otherwise.",
    "answer_s": "Seconds to answer a question that has no limit of its own.",
    "reveal_s": "Seconds for what was right.",
    "leaderboard_s": "Seconds for the leaderboard.",
    "countdown_s": "Seconds before each question.",
    "lobby_s": "Seconds until the first question opens; null: when the host says so.",
    "next_at": "Timed pacing: when the session moves on by itself, Unix milliseconds.",
    "remaining_ms": "While paused: what is left of the open question or the phase, milliseconds; null otherwise.",
    "connected": "Participants who are connected now.",
    "joined": "Participants who have joined.",
    "podium": "Everybody on ranks 1 to 3, best first.",
    # Questions
    "question": "The question that is open; null when none is.",
    "question_id": "Which question.",
    "index": "Its place, from 0.",
    "total": "How many questions there are.",
    "title": "Its text.",
    "SessionView.title": "The quiz's title.",
    "image_url": "A picture to show with it.",
    "options": "What to choose from.",
    "key": "`A` to `D`.",
    "text": "What the option says.",
    "opens_at": "When it opened, Unix milliseconds.",
    "closes_at": "Its deadline, Unix milliseconds; null without one.",
    "correct_option": "Key of the option that was right.",
    "counts": "How often each option was chosen, by key.",
    "explanation": "Why, as the author wrote it; null without one.",
    "next": "Self pacing: the question to answer next; null when all are answered.",
    # Answers
    "Answer.id": "The client's own id of this answer, the same on every retry.",
    "AnswerView.id": "The client's id of the answer that counts.",
    "option": "Key of an option.",
    "Ack.option": "`duplicate` only: key of the option that counts.",
    "answers": "One's own answers so far.",
    "re": "The `id` of the message this is about.",
    "status": "`accepted` means stored; `duplicate` names the option that counts; the others count for nothing.",
    "correct": "Whether it was right.",
    "points": "What it earned, or below 0 cost.",
    "score": "One's total.",
    "PodiumPlace.score": "Their total.",
    "rank": "1 + the number of higher scores.",
    "latency_ms": "What was taken off the time for the network; only where the session allows for it.",
    "answered": "How many answers are recorded so far.",
    # Leaderboard
    "leaderboard": "The whole leaderboard.",
    "entries": "Rows `[participant_id, nickname, score, time_ms]`; sort by score, then by less time.",
    # The connection
    "resumed": "What was missed follows; otherwise a `snapshot`.",
    "heartbeat_ms": "How often `ping` comes.",
    "server_time": "Of the gateway, Unix milliseconds.",
    "t": "Of the `ping`.",
    "Ping.t": "To be sent back.",
    "after_ms": "How long to wait before connecting again, milliseconds.",
    "code": "Stable; what went wrong.",
    "message": "The same as a sentence.",
    "retryable": "Whether trying again may help.",
    "retry_after_ms": "How long to wait before that, milliseconds.",
}
"""By `Struct.field`, or by the field's name where it means the same everywhere."""

_ANN, _BOB = "0198f3c5-3c4d-7e6f-a071-8293a4b5c6d7", "0198f3c5-3c4d-7e6f-a071-8293a4b5c6d8"
_SESSION, _QUIZ = "0198f3c4-2b3c-7d5e-9f60-718293a4b5c6", "0198f3c3-1a2b-7c4d-8e5f-60718293a4b5"
_QUESTION = "0198f3c3-1a2b-7c4d-8e5f-60718293a4b6"
_ANSWER = "5b0c2f0e-3c57-4f2b-9a53-0f5a9f3f7f10"
_EPOCH = "9f86d081884c7d65"
_AT = 1_772_355_600_000

_ASKED = {
    "question_id": _QUESTION,
    "index": 0,
    "total": 20,
    "title": "What is the capital of Australia?",
    "image_url": None,
    "options": [{"key": "A", "text": "Canberra"}, {"key": "B", "text": "Sydney"}],
    "opens_at": _AT,
    "closes_at": _AT + 20_000,
}
_BOARD = {"epoch": _EPOCH, "version": 7, "entries": [[_ANN, "Ann", 1000, 2310], [_BOB, "Bob", 0, 0]]}
_NEXT = _ASKED | {"index": 1, "title": "And of Canada?", "closes_at": None}

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "Hello": [{"ticket": "eyJhbGciOi…"}, {"resume_token": "Jx2Zl0…", "epoch": _EPOCH, "seq": 41}],
    "Answer": [{"id": _ANSWER, "question_id": _QUESTION, "option": "A"}],
    "Sync": [{}],
    "Pong": [{"t": _AT}],
    "Leave": [{}],
    "Welcome": [
        {
            "participant_id": _ANN,
            "session": {
                "id": _SESSION,
                "quiz_id": _QUIZ,
                "title": "Capitals",
                "state": "open",
                "version": 2,
                "pacing": "host",
                "question_index": 0,
                "question_count": 20,
                "timing": None,
                "paused": False,
                "locked": False,
            },
            "role": "participant",
            "epoch": _EPOCH,
            "seq": 2,
            "heartbeat_ms": 10_000,
            "server_time": _AT,
            "resumed": False,
        }
    ],
    "Snapshot": [
        {
            "seq": 2,
            "epoch": _EPOCH,
            "state": "open",
            "version": 2,
            "question": _ASKED,
            "answers": [{"question_id": _QUESTION, "option": "A", "id": _ANSWER}],
            "score": 0,
            "rank": 1,
            "leaderboard": _BOARD | {"full": True},
            "next_at": None,
            "paused": False,
            "locked": False,
            "remaining_ms": None,
        }
    ],
    "StateChanged": [
        {
            "seq": 4,
            "state": "open",
            "version": 4,
            "paused": True,
            "locked": False,
            "closes_at": None,
            "next_at": None,
            "remaining_ms": 12_400,
        }
    ],
    "QuestionOpened": [{"seq": 2, "version": 2} | _ASKED],
    "Ack": [
        {"re": _ANSWER, "question_id": _QUESTION, "status": "accepted"},
        {"re": _ANSWER, "question_id": _QUESTION, "status": "duplicate", "option": "B"},
    ],
    "Result": [
        {"question_id": _QUESTION, "correct": True, "points": 1000, "score": 1000, "rank": 1},
        {
            "question_id": _QUESTION,
            "correct": False,
            "points": 0,
            "score": 0,
            "rank": 2,
            "correct_option": "A",
            "explanation": "Chosen in 1908, between Sydney and Melbourne.",
            "next": _NEXT,
            "latency_ms": 38,
        },
    ],
    "QuestionClosed": [
        {
            "seq": 3,
            "version": 3,
            "question_id": _QUESTION,
            "correct_option": "A",
            "counts": {"A": 1, "B": 1},
            "explanation": "Chosen in 1908, between Sydney and Melbourne.",
            "next_at": None,
        }
    ],
    "LeaderboardDelta": [{"epoch": _EPOCH, "version": 8, "base": 7, "entries": [[_BOB, "Bob", 1000, 1870]]}],
    "LeaderboardFull": [_BOARD | {"full": True}],
    "Presence": [{"connected": 2, "joined": 2}, {"connected": 1, "joined": 2, "participant_ids": [_ANN]}],
    "Progress": [
        {"question_id": _QUESTION, "answered": 1, "connected": 2},
        {
            "question_id": _QUESTION,
            "answered": 1,
            "connected": 2,
            "counts": {"A": 1, "B": 0},
            "participant_ids": [_ANN],
        },
    ],
    "Ended": [
        {
            "seq": 40,
            "podium": [
                {"participant_id": _BOB, "nickname": "Bob", "score": 14_000, "rank": 1},
                {"participant_id": _ANN, "nickname": "Ann", "score": 12_000, "rank": 2},
            ],
        }
    ],
    "Kicked": [{"seq": 5}],
    "Skip": [{"seq": 5}],
    "Ping": [{"t": _AT}],
    "Reconnect": [{"after_ms": 1240}],
    "Error": [
        {
            "code": "invalid_option",
            "message": "Choose one of this question's options: A, B.",
            "retryable": False,
            "re": _ANSWER,
        },
        {
            "code": "rate_limited",
            "message": "Send fewer messages, then connect again.",
            "retryable": True,
            "retry_after_ms": 2000,
        },
    ],
}
"""Fields of messages, by struct; a test decodes them all."""
