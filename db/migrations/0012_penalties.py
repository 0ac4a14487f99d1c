"""A wrong answer may cost points."""

from typing import Any

from playhouse.migrate import SchemaMigrator

REPLACE = """
ALTER TABLE answers
    DROP CONSTRAINT answers_points,
    ADD CONSTRAINT answers_points CHECK ({})
"""


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(REPLACE.format("points = 0 OR correct = (points > 0)"))


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(REPLACE.format("points >= 0 AND (correct OR points = 0)"))
