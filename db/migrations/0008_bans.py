"""Participants keep what a ban recognises them by, and whether there is one."""

from typing import Any

from playhouse.migrate import SchemaMigrator

BANS = """
ALTER TABLE participants
    ADD COLUMN device_hash bytea,
    ADD COLUMN network_hash bytea,
    ADD COLUMN banned_at timestamptz,
    ADD COLUMN network_banned boolean NOT NULL DEFAULT false;
CREATE INDEX participants_session_id_banned ON participants (session_id) WHERE banned_at IS NOT NULL;
"""


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(BANS)


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(
        "ALTER TABLE participants DROP COLUMN device_hash, DROP COLUMN network_hash, DROP COLUMN banned_at, "
        "DROP COLUMN network_banned"
    )
