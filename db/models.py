"""Tables of PostgreSQL. The schema is made by `db/migrations`; a test compares the two catalogs.

Foreign keys are plain columns with REFERENCES: no lazy loading, every query is visible where it runs.
`answers` has none on purpose: one row of a deleted session must not refuse a batch of 1,000, and the
table is the one to be sharded by session.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    SQL,
    BigIntegerField,
    BlobField,
    BooleanField,
    Check,
    CompositeKey,
    DatabaseProxy,
    DateTimeField,
    Field,
    IntegerField,
    Model,
    Node,
    SmallIntegerField,
    TextField,
)

__all__ = [
    "TABLES",
    "Answer",
    "Login",
    "Option",
    "Participant",
    "Picture",
    "Question",
    "Quiz",
    "RefreshToken",
    "Session",
    "User",
    "database",
]

database = DatabaseProxy()
"""Bound to a real database by `db.pool.Pool`."""


class Uuid(Field):
    """Native uuid column, lower-case text in Python."""

    field_type = "UUID"

    def python_value(self, value: Any) -> Any:
        return None if value is None else str(value)


class Timestamp(DateTimeField):
    """Timestamp with time zone; an aware datetime in UTC in Python."""

    field_type = "TIMESTAMPTZ"


class Texts(Field):
    """Array of text; a list of str in Python."""

    field_type = "TEXT[]"
    unpack = False  # one value, not several


class Lexemes(Field):
    """What is searched, as `db.search` writes it."""

    field_type = "TSVECTOR"


def _default(sql: str) -> list[Node]:
    return [SQL(f"DEFAULT {sql}")]


def _references(table: str, *, cascade: bool = False) -> list[Node]:
    return [SQL(f"REFERENCES {table} (id)" + (" ON DELETE CASCADE" if cascade else ""))]


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


class User(Table):
    """Somebody with an account. Deleting it leaves an empty row: results of sessions refer to it."""

    id = Uuid(primary_key=True)
    email = TextField(unique=True, null=True)  # lower case; null once deleted
    password_hash = TextField()
    display_name = TextField()
    role = TextField(constraints=_default("'host'"))
    avatar_url = TextField(null=True)
    created_at = Timestamp(constraints=_default("now()"))
    updated_at = Timestamp(constraints=_default("now()"))
    banned_at = Timestamp(null=True)
    deleted_at = Timestamp(null=True)

    class Meta:
        table_name = "users"
        constraints = [
            Check("role IN ('host', 'participant', 'admin')", name="users_role"),
            Check("(email IS NULL) = (deleted_at IS NOT NULL)", name="users_email_until_deleted"),
        ]


User.add_index(User.index(User.avatar_url, where=SQL("avatar_url IS NOT NULL"), name="users_avatar_url_set"))


class Login(Table):
    """One login of a user, from the password to the logout: a chain of refresh tokens, the family."""

    id = Uuid(primary_key=True)
    user_id = Uuid(index=True, constraints=_references("users", cascade=True))
    created_at = Timestamp(constraints=_default("now()"))
    used_at = Timestamp(constraints=_default("now()"))  # when tokens were last issued
    expires_at = Timestamp(index=True)  # however often it is renewed
    revoked_at = Timestamp(null=True)

    class Meta:
        table_name = "logins"


class RefreshToken(Table):
    """One refresh token of a login; each replaces the one before it."""

    id = Uuid(primary_key=True)
    login_id = Uuid(index=True, constraints=_references("logins", cascade=True))
    token_hash = BlobField(unique=True)  # sha256 of the token
    seed = BlobField()  # random; with the token itself it makes the next one
    created_at = Timestamp(constraints=_default("now()"))
    expires_at = Timestamp()
    used_at = Timestamp(null=True)

    class Meta:
        table_name = "refresh_tokens"
        constraints = [Check("octet_length(token_hash) = 32", name="refresh_tokens_token_hash")]


class Quiz(Table):
    """Authored content; deleting only hides it."""

    id = Uuid(primary_key=True)
    owner_id = Uuid(constraints=_references("users"))
    title = TextField()
    description = TextField(constraints=_default("''"))
    status = TextField(constraints=_default("'DRAFT'"))
    visibility = TextField(constraints=_default("'private'"))
    tags = Texts(constraints=_default("'{}'"))
    revision = IntegerField(constraints=_default("1"))  # rises when an author changes the content
    origin_id = Uuid(null=True)  # the first quiz this is a copy of a copy of; it may be gone
    search = Lexemes(constraints=_default("''"))
    question_count = IntegerField(constraints=_default("0"))
    created_at = Timestamp(constraints=_default("now()"))
    updated_at = Timestamp(constraints=_default("now()"))
    deleted_at = Timestamp(null=True)

    class Meta:
        table_name = "quizzes"
        constraints = [
            Check("status IN ('DRAFT', 'STARTED', 'ENDED')", name="quizzes_status"),
            Check("question_count >= 0", name="quizzes_question_count"),
            Check("visibility IN ('private', 'public')", name="quizzes_visibility"),
            Check("cardinality(tags) <= 20", name="quizzes_tags"),
        ]


Quiz.add_index(
    Quiz.index(Quiz.owner_id, Quiz.id, where=SQL("deleted_at IS NULL"), name="quizzes_owner_id_id_visible")
)
Quiz.add_index(
    Quiz.index(Quiz.id, where=SQL("visibility = 'public' AND deleted_at IS NULL"), name="quizzes_id_public")
)
Quiz.add_index(
    Quiz.index(
        Quiz.search,
        Quiz.tags,
        using="GIN",
        where=SQL("deleted_at IS NULL"),
        name="quizzes_search_tags_visible",
    )
)
Quiz.add_index(
    Quiz.index(Quiz.origin_id, where=SQL("origin_id IS NOT NULL"), name="quizzes_origin_id_copies")
)


class Question(Table):
    """One question of a quiz."""

    id = Uuid(primary_key=True)
    quiz_id = Uuid(constraints=_references("quizzes", cascade=True))
    position = IntegerField()  # from 0
    title = TextField()
    explanation = TextField(null=True)
    time_limit_s = IntegerField(null=True)
    weight = IntegerField(constraints=_default("1"))
    image_url = TextField(null=True)

    class Meta:
        table_name = "questions"
        indexes = ((("quiz_id", "position"), True),)
        constraints = [
            Check('"position" >= 0', name="questions_position"),
            Check("time_limit_s > 0", name="questions_time_limit_s"),
            Check("weight >= 0", name="questions_weight"),
        ]


Question.add_index(
    Question.index(Question.image_url, where=SQL("image_url IS NOT NULL"), name="questions_image_url_set")
)


class Picture(Table):
    """One upload: an avatar, or with `question_id` the picture of a question.

    `question_id` references nothing: replacing a quiz deletes and inserts the questions that stay.
    """

    id = Uuid(primary_key=True)
    owner_id = Uuid(index=True, constraints=_references("users"))
    quiz_id = Uuid(null=True, index=True, constraints=_references("quizzes", cascade=True))
    question_id = Uuid(null=True)
    status = TextField(constraints=_default("'pending'"))
    code = TextField(null=True)  # why it failed
    message = TextField(null=True)
    name = TextField(null=True)  # of its files in the blob store, by content
    bytes = IntegerField()  # what it takes up in the blob store: the upload, later the files made of it
    attempts = IntegerField(constraints=_default("0"))  # to decode it, since it last went well
    played = BooleanField(constraints=_default("false"))  # the snapshot of a session shows it
    created_at = Timestamp(constraints=_default("now()"))
    unused_at = Timestamp(null=True)  # since when nothing has been seen to show it

    class Meta:
        table_name = "pictures"
        constraints = [
            Check("status IN ('pending', 'ready', 'failed')", name="pictures_status"),
            Check("(status = 'ready') = (name IS NOT NULL)", name="pictures_name"),
            Check("(status = 'failed') = (code IS NOT NULL)", name="pictures_code"),
            Check("(quiz_id IS NULL) = (question_id IS NULL)", name="pictures_question"),
            Check("bytes >= 0", name="pictures_bytes"),
        ]


Picture.add_index(Picture.index(Picture.name, where=SQL("name IS NOT NULL"), name="pictures_name_ready"))


class Option(Table):
    """One choice of a question. Its key is its position: 0 is A, 3 is D. Correctness is stored here only."""

    question_id = Uuid(constraints=_references("questions", cascade=True))
    position = SmallIntegerField()
    text = TextField()
    is_correct = BooleanField(constraints=_default("false"))

    class Meta:
        table_name = "options"
        primary_key = CompositeKey("question_id", "position")
        constraints = [Check('"position" BETWEEN 0 AND 3', name="options_position")]


Option.add_index(
    Option.index(
        Option.question_id, unique=True, where=SQL("is_correct"), name="options_question_id_one_correct"
    )
)


class Session(Table):
    """One live run of a quiz, played from an immutable snapshot of it."""

    id = Uuid(primary_key=True)
    quiz_id = Uuid(index=True, constraints=_references("quizzes"))
    host_id = Uuid(constraints=_references("users"))
    join_code = TextField(index=True)
    pacing = TextField()
    scoring = TextField()
    state = TextField(constraints=_default("'lobby'"))
    version = IntegerField(constraints=_default("1"))
    seq = IntegerField(constraints=_default("1"))
    question_index = IntegerField(constraints=_default("-1"))
    question_count = IntegerField()
    snapshot = BlobField()  # JSON of bus.messages.Quiz
    live = BlobField(null=True)  # the last live state that was saved; opaque here
    created_at = Timestamp(constraints=_default("now()"))
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
    session_id = Uuid(constraints=_references("sessions", cascade=True))
    user_id = Uuid(null=True, constraints=_references("users"))
    nickname = TextField()
    nickname_key = TextField()  # what must be unique in the session
    resume_hash = BlobField()  # sha256 of the secret part of the resume token
    joined_at = Timestamp(constraints=_default("now()"))
    kicked_at = Timestamp(null=True)
    login_id = Uuid(null=True)  # the login they joined with; ending it ends their connection
    device_hash = BlobField(null=True)  # of what their browser keeps; until the session ends
    network_hash = BlobField(null=True)  # of where they joined from; until the session ends
    banned_at = Timestamp(null=True)  # since when nobody comes in with this device …
    network_banned = BooleanField(constraints=_default("false"))  # … or from this network

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
    points = IntegerField()
    started_at = Timestamp()
    finished_at = Timestamp()
    elapsed_ms = BigIntegerField()
    rule = TextField()  # scoring rule and its version
    latency_ms = IntegerField(constraints=_default("0"))  # allowed for the network, taken off elapsed_ms

    class Meta:
        table_name = "answers"
        primary_key = CompositeKey("session_id", "question_id", "participant_id")
        indexes = ((("session_id", "participant_id"), False),)
        constraints = [
            Check("option IN ('A', 'B', 'C', 'D')", name="answers_option"),
            Check("points >= 0 AND (correct OR points = 0)", name="answers_points"),
            Check("elapsed_ms >= 0", name="answers_elapsed_ms"),
            Check("latency_ms >= 0", name="answers_latency_ms"),
        ]


TABLES: tuple[type[Table], ...] = (
    User,
    Login,
    RefreshToken,
    Quiz,
    Question,
    Picture,
    Option,
    Session,
    Participant,
    Answer,
)
"""Every table, referenced ones first."""
