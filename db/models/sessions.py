"""Tables of what is played: sessions, who takes part, and their answers."""

from __future__ import annotations

from peewee import SQL, BigIntegerField, BlobField, BooleanField, Check, CompositeKey, IntegerField, TextField

from db.models.base import Table, Timestamp, Uuid, default, references

__all__ = ["Answer", "Participant", "Session"]


class Session(Table):
    """One live run of a quiz, played from an immutable snapshot of it."""

    id = Uuid(primary_key=True)
    quiz_id = Uuid(index=True, constraints=references("quizzes"))
    host_id = Uuid(constraints=references("users"))
    join_code = TextField(index=True)
    pacing = TextField()
    scoring = TextField()
    state = TextField(constraints=default("'lobby'"))
    version = IntegerField(constraints=default("1"))
    seq = IntegerField(constraints=default("1"))
    question_index = IntegerField(constraints=default("-1"))
    question_count = IntegerField()
    snapshot = BlobField()  # JSON of bus.messages.Quiz
    live = BlobField(null=True)  # the last live state that was saved; opaque here
    created_at = Timestamp(constraints=default("now()"))
    ended_at = Timestamp(null=True)
    timing = BlobField(null=True)  # how long phases last, opaque here; timed pacing only
    settings = BlobField(null=True)  # how the session is run, opaque here; None: as before there were any

    class Meta:
        table_name = "sessions"
        constraints = [
            Check("join_code ~ '^[0-9]{6,9}$'", name="sessions_join_code_digits"),
            Check("pacing IN ('host', 'self', 'timed')", name="sessions_pacing"),
            Check("state IN ('lobby', 'open', 'closing', 'closed', 'ended')", name="sessions_state"),
            Check("(state = 'ended') = (ended_at IS NOT NULL)", name="sessions_ended_at"),
            Check("question_index BETWEEN -1 AND question_count", name="sessions_question_index"),
        ]


Session.add_index(
    Session.index(
        Session.join_code, unique=True, where=SQL("ended_at IS NULL"), name="sessions_join_code_live"
    )
)
Session.add_index(Session.index(Session.host_id, Session.id, name="sessions_host_id_id"))
Session.add_index(
    Session.index(Session.host_id, Session.id, where=SQL("ended_at IS NULL"), name="sessions_host_id_id_live")
)


class Participant(Table):
    """Somebody, user or guest, in one session."""

    id = Uuid(primary_key=True)
    session_id = Uuid(constraints=references("sessions", cascade=True))
    user_id = Uuid(null=True, constraints=references("users"))
    nickname = TextField()
    nickname_key = TextField()  # what must be unique in the session
    resume_hash = BlobField()  # sha256 of the secret part of the resume token
    joined_at = Timestamp(constraints=default("now()"))
    kicked_at = Timestamp(null=True)
    login_id = Uuid(null=True)  # the login they joined with; ending it ends their connection
    device_hash = BlobField(null=True)  # of what their browser keeps; until the session ends
    network_hash = BlobField(null=True)  # of where they joined from; until the session ends
    banned_at = Timestamp(null=True)  # since when nobody comes in with this device …
    network_banned = BooleanField(constraints=default("false"))  # … or from this network

    class Meta:
        table_name = "participants"
        indexes = ((("session_id", "nickname_key"), True), (("session_id", "id"), False))
        constraints = [
            Check("char_length(nickname) BETWEEN 1 AND 32", name="participants_nickname"),
            Check("octet_length(resume_hash) = 32", name="participants_resume_hash"),
        ]


Participant.add_index(
    Participant.index(
        Participant.session_id,
        Participant.user_id,
        unique=True,
        where=SQL("user_id IS NOT NULL"),
        name="participants_session_id_user_id_known",
    )
)

Participant.add_index(
    Participant.index(
        Participant.user_id, where=SQL("user_id IS NOT NULL"), name="participants_user_id_known"
    )
)

Participant.add_index(
    Participant.index(
        Participant.session_id,
        where=SQL("banned_at IS NOT NULL"),
        name="participants_session_id_banned",
    )
)


class Answer(Table):
    """One recorded answer: the truth the scoreboard is rebuilt from."""

    session_id = Uuid()
    question_id = Uuid()
    participant_id = Uuid()
    answer_id = TextField()  # the participant's own id of it
    option = TextField()
    correct = BooleanField()
    points = IntegerField()  # below 0: what a wrong answer costs
    started_at = Timestamp()
    finished_at = Timestamp()
    elapsed_ms = BigIntegerField()
    rule = TextField()  # scoring rule and its version
    latency_ms = IntegerField(constraints=default("0"))  # allowed for the network, taken off elapsed_ms

    class Meta:
        table_name = "answers"
        primary_key = CompositeKey("session_id", "question_id", "participant_id")
        indexes = ((("session_id", "participant_id"), False),)
        constraints = [
            Check("option IN ('A', 'B', 'C', 'D')", name="answers_option"),
            Check("points = 0 OR correct = (points > 0)", name="answers_points"),
            Check("elapsed_ms >= 0", name="answers_elapsed_ms"),
            Check("latency_ms >= 0", name="answers_latency_ms"),
        ]
