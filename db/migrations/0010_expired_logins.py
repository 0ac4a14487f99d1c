"""Logins whose time is over are found by an index, and deleted by whoever logs in next."""

from typing import Any

from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("CREATE INDEX logins_expires_at ON logins (expires_at)")


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("DROP INDEX logins_expires_at")
