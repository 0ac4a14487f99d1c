"""Sessions keep how they are run."""

from typing import Any

from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("ALTER TABLE sessions ADD COLUMN settings bytea")


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("ALTER TABLE sessions DROP COLUMN settings")
