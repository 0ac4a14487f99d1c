-- After the first migration, as quizwire_migrate: what workers have nothing to do with. Stays through later migrations.
REVOKE ALL ON refresh_tokens, logins FROM quizwire_workers;
REVOKE ALL ON users FROM quizwire_workers;
-- Everything but the hash of the password; all they change is the picture.
GRANT SELECT (id, email, display_name, role, avatar_url, created_at, updated_at, banned_at, deleted_at),
    UPDATE (avatar_url, updated_at) ON users TO quizwire_workers;
REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM quizwire_web, quizwire_workers;
