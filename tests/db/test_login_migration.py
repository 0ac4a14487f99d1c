"""People who were logged in before the migration stay so."""

from __future__ import annotations

from hashlib import sha256

from db import logins, migrate, refresh_tokens
from db.ids import new_id
from db.pool import Pool


def test_refresh_tokens_of_before_still_work_and_ended_logins_stay_ended(empty_database_url: str) -> None:
    user_id, live, ended = new_id(), new_id(), new_id()
    tokens = {login_id: f"{login_id}.secret" for login_id in (live, ended)}
    with migrate._runner(empty_database_url) as (database, runner):
        runner.up("0001_initial")
        database.execute_sql(
            "INSERT INTO users (id, email, password_hash, display_name) VALUES (%s, 'a@b.test', 'hash', 'A')",
            (user_id,),
        )
        for login_id, token in tokens.items():
            database.execute_sql(
                "INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at, revoked_at) "
                "VALUES (%s, %s, %s, %s, now() + interval '30 days', CASE WHEN %s THEN now() END)",
                (new_id(), login_id, user_id, sha256(token.encode()).digest(), login_id == ended),
            )
    migrate.up(empty_database_url)
    pool = Pool(empty_database_url, 1)
    try:
        assert pool.call(logins.who, live) == (user_id, "host")
        assert pool.call(logins.who, ended) is None
        login_id, successor = pool.call(refresh_tokens.rotate, tokens[live])
        assert login_id == live
        assert pool.call(refresh_tokens.rotate, successor)[0] == live
    finally:
        pool.close()
    with migrate._runner(empty_database_url) as (database, runner):
        while runner.down() != ["0003_logins"]:
            pass
        rows = database.execute_sql(
            "SELECT family_id::text, user_id::text, revoked_at IS NOT NULL FROM refresh_tokens ORDER BY 1, 3"
        ).fetchall()
    assert {row[1] for row in rows} == {user_id}
    assert {(row[0], row[2]) for row in rows} == {(live, False), (ended, True)}
