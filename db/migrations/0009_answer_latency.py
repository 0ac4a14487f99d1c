"""Answers keep what was allowed for the network."""

from typing import Any

from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(
        "ALTER TABLE answers ADD COLUMN latency_ms integer NOT NULL DEFAULT 0 "
        "CONSTRAINT answers_latency_ms CHECK (latency_ms >= 0)"
    )


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("ALTER TABLE answers DROP COLUMN latency_ms")
