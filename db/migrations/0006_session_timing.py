"""Sessions in timed pacing keep how long their phases last."""

from typing import Any

from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("ALTER TABLE sessions ADD COLUMN timing bytea")


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("ALTER TABLE sessions DROP COLUMN timing")
