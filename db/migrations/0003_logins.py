"""Logins as rows of their own; bans; accounts that were deleted but whose results stay."""

from typing import Any

from playhouse.migrate import SchemaMigrator

UP = """
ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
ALTER TABLE users ADD COLUMN banned_at timestamptz;
ALTER TABLE users ADD COLUMN deleted_at timestamptz;
ALTER TABLE users ADD CONSTRAINT users_email_until_deleted CHECK ((email IS NULL) = (deleted_at IS NOT NULL));

CREATE TABLE logins (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX logins_user_id ON logins (user_id);
INSERT INTO logins (id, user_id, created_at, used_at, expires_at, revoked_at)
SELECT family_id, user_id, min(created_at), max(created_at), min(created_at) + interval '90 days', max(revoked_at)
FROM refresh_tokens GROUP BY family_id, user_id;

ALTER TABLE refresh_tokens RENAME COLUMN family_id TO login_id;
ALTER INDEX refresh_tokens_family_id RENAME TO refresh_tokens_login_id;
ALTER TABLE refresh_tokens ADD CONSTRAINT refresh_tokens_login_id_fkey
    FOREIGN KEY (login_id) REFERENCES logins (id) ON DELETE CASCADE;
ALTER TABLE refresh_tokens DROP COLUMN user_id;
ALTER TABLE refresh_tokens DROP COLUMN revoked_at;
ALTER TABLE refresh_tokens ADD COLUMN seed bytea NOT NULL
    DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
ALTER TABLE refresh_tokens ALTER COLUMN seed DROP DEFAULT;

ALTER TABLE participants ADD COLUMN login_id uuid;
CREATE INDEX participants_user_id_known ON participants (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_host_id ON sessions (host_id);
"""

# An account that was deleted has no address; the old schema needs one.
DOWN = """
DROP INDEX sessions_host_id;
DROP INDEX participants_user_id_known;
ALTER TABLE participants DROP COLUMN login_id;

ALTER TABLE refresh_tokens DROP COLUMN seed;
ALTER TABLE refresh_tokens ADD COLUMN revoked_at timestamptz;
ALTER TABLE refresh_tokens ADD COLUMN user_id uuid REFERENCES users (id) ON DELETE CASCADE;
UPDATE refresh_tokens SET user_id = logins.user_id, revoked_at = logins.revoked_at
FROM logins WHERE logins.id = login_id;
ALTER TABLE refresh_tokens ALTER COLUMN user_id SET NOT NULL;
CREATE INDEX refresh_tokens_user_id ON refresh_tokens (user_id);
ALTER TABLE refresh_tokens DROP CONSTRAINT refresh_tokens_login_id_fkey;
ALTER INDEX refresh_tokens_login_id RENAME TO refresh_tokens_family_id;
ALTER TABLE refresh_tokens RENAME COLUMN login_id TO family_id;
DROP TABLE logins;

ALTER TABLE users DROP CONSTRAINT users_email_until_deleted;
UPDATE users SET email = 'deleted-' || id WHERE email IS NULL;
ALTER TABLE users DROP COLUMN deleted_at;
ALTER TABLE users DROP COLUMN banned_at;
ALTER TABLE users ALTER COLUMN email SET NOT NULL;
"""


def up(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(UP)


def down(migrator: SchemaMigrator, db: Any) -> None:
    db.execute_sql(DOWN)
