"""All tables. Written by hand: the generator of pwmigrate drops CHECK and DEFAULT."""

from typing import Any

from playhouse.migrate import SchemaMigrator

TABLES = """
CREATE TABLE users (
    id uuid NOT NULL PRIMARY KEY,
    email text NOT NULL,
    password_hash text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL DEFAULT 'host',
    avatar_url text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_role CHECK (role IN ('host', 'participant', 'admin'))
);
CREATE UNIQUE INDEX users_email ON users (email);

CREATE TABLE refresh_tokens (
    id uuid NOT NULL PRIMARY KEY,
    family_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT refresh_tokens_token_hash CHECK (octet_length(token_hash) = 32)
);
CREATE UNIQUE INDEX refresh_tokens_token_hash ON refresh_tokens (token_hash);
CREATE INDEX refresh_tokens_family_id ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_user_id ON refresh_tokens (user_id);

CREATE TABLE quizzes (
    id uuid NOT NULL PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id),
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'DRAFT',
    question_count integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CONSTRAINT quizzes_status CHECK (status IN ('DRAFT', 'STARTED', 'ENDED')),
    CONSTRAINT quizzes_question_count CHECK (question_count >= 0)
);
CREATE INDEX quizzes_owner_id_id_visible ON quizzes (owner_id, id) WHERE deleted_at IS NULL;

CREATE TABLE questions (
    id uuid NOT NULL PRIMARY KEY,
    quiz_id uuid NOT NULL REFERENCES quizzes (id) ON DELETE CASCADE,
    position integer NOT NULL,
    title text NOT NULL,
    explanation text,
    time_limit_s integer,
    weight integer NOT NULL DEFAULT 1,
    image_url text,
    CONSTRAINT questions_position CHECK (position >= 0),
    CONSTRAINT questions_time_limit_s CHECK (time_limit_s > 0),
    CONSTRAINT questions_weight CHECK (weight >= 0)
);
CREATE UNIQUE INDEX questions_quiz_id_position ON questions (quiz_id, position);

CREATE TABLE options (
    question_id uuid NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
    position smallint NOT NULL,
    text text NOT NULL,
    is_correct boolean NOT NULL DEFAULT false,
    PRIMARY KEY (question_id, position),
    CONSTRAINT options_position CHECK (position BETWEEN 0 AND 3)
);
CREATE UNIQUE INDEX options_question_id_one_correct ON options (question_id) WHERE is_correct;

CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    quiz_id uuid NOT NULL REFERENCES quizzes (id),
    host_id uuid NOT NULL REFERENCES users (id),
    join_code text NOT NULL,
    pacing text NOT NULL,
    scoring text NOT NULL,
    state text NOT NULL DEFAULT 'lobby',
    version integer NOT NULL DEFAULT 1,
    seq integer NOT NULL DEFAULT 1,
    question_index integer NOT NULL DEFAULT -1,
    question_count integer NOT NULL,
    snapshot bytea NOT NULL,
    live bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT sessions_join_code_digits CHECK (join_code ~ '^[0-9]{6}$'),
    CONSTRAINT sessions_pacing CHECK (pacing IN ('host', 'self', 'timed')),
    CONSTRAINT sessions_state CHECK (state IN ('lobby', 'open', 'closing', 'closed', 'ended')),
    CONSTRAINT sessions_ended_at CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CONSTRAINT sessions_question_index CHECK (question_index BETWEEN -1 AND question_count)
);
CREATE INDEX sessions_quiz_id ON sessions (quiz_id);
CREATE INDEX sessions_join_code ON sessions (join_code);
CREATE UNIQUE INDEX sessions_join_code_live ON sessions (join_code) WHERE ended_at IS NULL;

CREATE TABLE participants (
    id uuid NOT NULL PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    user_id uuid REFERENCES users (id),
    nickname text NOT NULL,
    nickname_key text NOT NULL,
    resume_hash bytea NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    kicked_at timestamptz,
    CONSTRAINT participants_nickname CHECK (char_length(nickname) BETWEEN 1 AND 32),
    CONSTRAINT participants_resume_hash CHECK (octet_length(resume_hash) = 32)
);
CREATE UNIQUE INDEX participants_session_id_nickname_key ON participants (session_id, nickname_key);
CREATE UNIQUE INDEX participants_session_id_user_id_known ON participants (session_id, user_id)
    WHERE user_id IS NOT NULL;

CREATE TABLE answers (
    session_id uuid NOT NULL,
    question_id uuid NOT NULL,
    participant_id uuid NOT NULL,
    answer_id text NOT NULL,
    option text NOT NULL,
    correct boolean NOT NULL,
    points integer NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    elapsed_ms bigint NOT NULL,
    rule text NOT NULL,
    PRIMARY KEY (session_id, question_id, participant_id),
    CONSTRAINT answers_option CHECK (option IN ('A', 'B', 'C', 'D')),
    CONSTRAINT answers_points CHECK (points >= 0 AND (correct OR points = 0)),
    CONSTRAINT answers_elapsed_ms CHECK (elapsed_ms >= 0)
);
CREATE INDEX answers_session_id_participant_id ON answers (session_id, participant_id);
"""


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(TABLES)


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(
        "DROP TABLE answers, participants, sessions, options, questions, quizzes, refresh_tokens, users"
    )
