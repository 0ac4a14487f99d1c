"""Quizzes get tags, visibility, a revision, and what they are searched by."""

from typing import Any

from playhouse.migrate import SchemaMigrator

AUTHORING = r"""
ALTER TABLE quizzes
    ADD COLUMN visibility text NOT NULL DEFAULT 'private',
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN origin_id uuid,
    ADD COLUMN search tsvector NOT NULL DEFAULT '',
    ADD CONSTRAINT quizzes_visibility CHECK (visibility IN ('private', 'public')),
    ADD CONSTRAINT quizzes_tags CHECK (cardinality(tags) <= 20);
CREATE INDEX quizzes_id_public ON quizzes (id) WHERE visibility = 'public' AND deleted_at IS NULL;
CREATE INDEX quizzes_search_tags_visible ON quizzes USING gin (search, tags) WHERE deleted_at IS NULL;
CREATE INDEX quizzes_origin_id_copies ON quizzes (origin_id) WHERE origin_id IS NOT NULL;
"""

# Near enough to `db.search.words` for titles that are there; each is written exactly at its next change.
BACKFILL = r"""
UPDATE quizzes SET search = to_tsvector(
    'simple', lower(regexp_replace(normalize(title || ' ' || description, NFKD), '[\u0300-\u036f]+', '', 'g'))
)
"""


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(AUTHORING)
    db.execute_sql(BACKFILL)


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(
        "ALTER TABLE quizzes DROP COLUMN visibility, DROP COLUMN tags, DROP COLUMN revision, DROP COLUMN origin_id, "
        "DROP COLUMN search"
    )
