"""Users are found by the beginning of their address or name, by an index."""

from typing import Any

from playhouse.migrate import SchemaMigrator

LISTS = """
CREATE INDEX users_email_begins ON users (email text_pattern_ops);
CREATE INDEX users_display_name_begins ON users (lower(display_name) text_pattern_ops);
"""


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(LISTS)


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("DROP INDEX users_email_begins, users_display_name_begins")
