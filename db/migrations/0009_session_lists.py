"""Sessions of a host and participants of a session are listed page by page, by an index."""

from typing import Any

from playhouse.migrate import SchemaMigrator

LISTS = """
CREATE INDEX IF NOT EXISTS sessions_host_id_id ON sessions (host_id, id);
CREATE INDEX IF NOT EXISTS sessions_host_id_id_live ON sessions (host_id, id) WHERE ended_at IS NULL;
DROP INDEX IF EXISTS sessions_host_id;
CREATE INDEX IF NOT EXISTS participants_session_id_id ON participants (session_id, id);
"""


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(LISTS)


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql("CREATE INDEX sessions_host_id ON sessions (host_id)")
    db.execute_sql("DROP INDEX sessions_host_id_id, sessions_host_id_id_live, participants_session_id_id")
