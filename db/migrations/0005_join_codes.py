"""Join codes may be longer than six digits."""

from typing import Any

from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_join_code_digits, "
        "ADD CONSTRAINT sessions_join_code_digits CHECK (join_code ~ '^[0-9]{6,9}$')"
    )


def down(migrator: SchemaMigrator, db: Any) -> None:
    # NOT VALID: longer codes that are there already stay what they are.
    db.execute_sql(
        "ALTER TABLE sessions DROP CONSTRAINT sessions_join_code_digits, "
        "ADD CONSTRAINT sessions_join_code_digits CHECK (join_code ~ '^[0-9]{6}$') NOT VALID"
    )
