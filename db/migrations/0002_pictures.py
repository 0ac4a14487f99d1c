"""Uploaded pictures, from the upload to the two files made of it."""

from typing import Any

from playhouse.migrate import SchemaMigrator

PICTURES = """
CREATE TABLE pictures (
    id uuid NOT NULL PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id),
    quiz_id uuid REFERENCES quizzes (id) ON DELETE CASCADE,
    question_id uuid,
    status text NOT NULL DEFAULT 'pending',
    code text,
    message text,
    name text,
    bytes integer NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    played boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    unused_at timestamptz,
    CONSTRAINT pictures_status CHECK (status IN ('pending', 'ready', 'failed')),
    CONSTRAINT pictures_name CHECK ((status = 'ready') = (name IS NOT NULL)),
    CONSTRAINT pictures_code CHECK ((status = 'failed') = (code IS NOT NULL)),
    CONSTRAINT pictures_question CHECK ((quiz_id IS NULL) = (question_id IS NULL)),
    CONSTRAINT pictures_bytes CHECK (bytes >= 0)
);
CREATE INDEX pictures_owner_id ON pictures (owner_id);
CREATE INDEX pictures_quiz_id ON pictures (quiz_id);
CREATE INDEX pictures_name_ready ON pictures (name) WHERE name IS NOT NULL;
CREATE INDEX users_avatar_url_set ON users (avatar_url) WHERE avatar_url IS NOT NULL;
CREATE INDEX questions_image_url_set ON questions (image_url) WHERE image_url IS NOT NULL;
"""


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(PICTURES)


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("DROP TABLE pictures; DROP INDEX users_avatar_url_set; DROP INDEX questions_image_url_set")
