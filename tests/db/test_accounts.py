"""Users and their refresh tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from db import logins, refresh_tokens, users
from db.errors import Conflict, InvalidText, NotFound, RefreshInvalid, RefreshReuse
from db.ids import new_id
from db.models import database

Call = Callable[..., Any]

NOBODY = "01a21af4-f981-7ef8-aa6b-f6d5be8b271a"  # written out: two processes must find the same tests


def test_a_user_is_found_by_id_and_by_address_in_any_case(call: Call, host: dict[str, Any]) -> None:
    assert host == {
        "id": host["id"],
        "email": "host@example.org",
        "display_name": "Hanna Host",
        "role": "host",
        "avatar_url": None,
        "created_at": host["created_at"],
        "updated_at": host["created_at"],
    }
    assert call(users.get, host["id"]) == host
    assert call(users.by_email, " HOST@Example.org ") == host | {"password_hash": "hash", "banned": False}


def test_an_address_has_one_account(call: Call, host: dict[str, Any]) -> None:
    with pytest.raises(Conflict) as refused:
        call(users.create, "Host@example.org", "hash", "Other")
    assert refused.value.code == "email_taken"
    other = call(users.create, "other@example.org", "hash", "Other")
    with pytest.raises(Conflict, match="already"):
        call(users.update, other["id"], email="HOST@example.org")


def test_update_changes_what_is_given_only(call: Call, host: dict[str, Any]) -> None:
    changed = call(users.update, host["id"], display_name="H", avatar_url="/a.png")
    assert changed == host | {
        "display_name": "H",
        "avatar_url": "/a.png",
        "updated_at": changed["updated_at"],
    }
    assert changed["updated_at"] > host["updated_at"]
    with pytest.raises(TypeError, match="role"):
        call(users.update, host["id"], role="admin")


@pytest.mark.parametrize("user_id", ["", "x", "1' OR 1=1", "\x00", NOBODY.upper(), NOBODY])
def test_unknown_and_malformed_ids_are_just_not_there(call: Call, user_id: str) -> None:
    assert call(users.get, user_id) is None
    with pytest.raises(NotFound):
        call(users.update, user_id, display_name="x")


def test_text_that_cannot_be_stored_is_refused_with_the_field_named(call: Call, host: dict[str, Any]) -> None:
    with pytest.raises(InvalidText, match="display_name"):
        call(users.create, "a@example.org", "hash", "nul \x00")
    with pytest.raises(InvalidText, match="email"):
        call(users.update, host["id"], email="half \ud800")
    assert call(users.by_email, "nul\x00@example.org") is None


@pytest.fixture
def log_in(call: Call, host: dict[str, Any]) -> Callable[[], str]:
    """`log_in()`: the first refresh token of a new login of the host."""

    def started() -> str:
        login_id = call(logins.start, host["id"], "hash")
        return str(call(refresh_tokens.issue, login_id))

    return started


def later(call: Call, seconds: int) -> None:
    """Let time pass for what was used so far."""
    query = "UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => %s)"
    call(database.execute_sql, query, (seconds,))


def is_live(call: Call, token: str) -> bool:
    return call(logins.who, refresh_tokens.login_of(token)) is not None


def test_a_refresh_token_gives_the_next_of_the_same_login(
    call: Call, host: dict[str, Any], log_in: Callable[[], str]
) -> None:
    first = log_in()
    login_id, second = call(refresh_tokens.rotate, first)
    assert second != first
    assert refresh_tokens.login_of(first) == refresh_tokens.login_of(second) == login_id
    assert call(logins.who, login_id) == (host["id"], "host")
    assert call(refresh_tokens.rotate, second)[0] == login_id


def test_a_used_refresh_token_ends_its_login_and_no_other(
    call: Call, host: dict[str, Any], log_in: Callable[[], str]
) -> None:
    first, elsewhere = log_in(), log_in()
    _, second = call(refresh_tokens.rotate, first)
    later(call, refresh_tokens.GRACE_S + 1)
    with pytest.raises(RefreshReuse) as reuse:
        call(refresh_tokens.rotate, first)
    assert (reuse.value.user_id, reuse.value.login_id) == (host["id"], refresh_tokens.login_of(first))
    assert not is_live(call, first)
    with pytest.raises(RefreshInvalid) as refused:
        call(refresh_tokens.rotate, second)
    assert refused.value.code == "refresh_invalid"
    assert is_live(call, call(refresh_tokens.rotate, elsewhere)[1])


def test_tabs_that_refresh_at_once_get_the_same_successor(
    call: Call, log_in: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = log_in()
    barrier, got = threading.Barrier(4), []
    store = refresh_tokens._store

    def slow_store(*arguments: Any) -> None:
        time.sleep(0.2)  # the others look at the token meanwhile
        store(*arguments)

    monkeypatch.setattr(refresh_tokens, "_store", slow_store)

    def tab() -> None:
        barrier.wait(10)
        got.append(call(refresh_tokens.rotate, token)[1])

    tabs = [threading.Thread(target=tab) for _ in range(4)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()
    assert len(got) == 4
    assert len(set(got)) == 1
    assert is_live(call, token)
    assert call(refresh_tokens.rotate, got[0])[1] != got[0]


def test_within_the_grace_a_used_token_is_a_theft_once_somebody_went_on(
    call: Call, log_in: Callable[[], str]
) -> None:
    first = log_in()
    _, second = call(refresh_tokens.rotate, first)
    call(refresh_tokens.rotate, second)
    with pytest.raises(RefreshReuse):
        call(refresh_tokens.rotate, first)
    assert not is_live(call, first)


def test_logging_out_while_a_token_is_renewed_ends_the_new_one_too(
    call: Call, log_in: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = log_in()
    store, in_the_middle = refresh_tokens._store, threading.Event()

    def slow_store(*arguments: Any, **more: Any) -> None:
        store(*arguments, **more)
        in_the_middle.set()
        time.sleep(0.3)

    monkeypatch.setattr(refresh_tokens, "_store", slow_store)
    got: list[str] = []
    renewal = threading.Thread(target=lambda: got.append(call(refresh_tokens.rotate, token)[1]))
    renewal.start()
    assert in_the_middle.wait(10)
    assert call(logins.end, refresh_tokens.login_of(token))
    renewal.join()
    assert not is_live(call, token)
    with pytest.raises(RefreshInvalid):
        call(refresh_tokens.rotate, got[0])


def test_logging_out_ends_the_login(call: Call, log_in: Callable[[], str]) -> None:
    token = log_in()
    assert call(logins.end, refresh_tokens.login_of(token))
    assert not call(logins.end, refresh_tokens.login_of(token))
    assert not is_live(call, token)
    with pytest.raises(RefreshInvalid):
        call(refresh_tokens.rotate, token)


def test_an_expired_refresh_token_is_no_good(call: Call, host: dict[str, Any]) -> None:
    token = call(refresh_tokens.issue, call(logins.start, host["id"], "hash"), ttl_s=-1)
    with pytest.raises(RefreshInvalid):
        call(refresh_tokens.rotate, token)


def test_a_login_is_over_one_day_however_often_it_is_renewed(call: Call, host: dict[str, Any]) -> None:
    login_id = call(logins.start, host["id"], "hash", lifetime_s=60)
    _, token = call(refresh_tokens.rotate, call(refresh_tokens.issue, login_id))
    query = "SELECT max(refresh_tokens.expires_at) <= max(logins.expires_at) FROM refresh_tokens, logins"
    assert call(lambda: database.execute_sql(query).fetchone()[0]), "a token that outlives its login"
    call(database.execute_sql, "UPDATE logins SET expires_at = now() - interval '1 second'")
    assert call(logins.who, login_id) is None
    with pytest.raises(RefreshInvalid):
        call(refresh_tokens.rotate, token)


def test_logins_that_ended_are_forgotten_after_a_week(call: Call, host: dict[str, Any], log_in: Any) -> None:
    old, kept = log_in(), log_in()
    call(logins.end, refresh_tokens.login_of(old))
    query = "UPDATE logins SET revoked_at = now() - interval '8 days' WHERE revoked_at IS NOT NULL"
    call(database.execute_sql, query)
    newest = log_in()
    known = [login["id"] for login in call(logins.of_user, host["id"])]
    assert known == [refresh_tokens.login_of(newest), refresh_tokens.login_of(kept)]


def test_logins_of_people_who_never_come_back_are_forgotten_as_others_log_in(
    call: Call, host: dict[str, Any], log_in: Any
) -> None:
    young, *abandoned = (refresh_tokens.login_of(log_in()) for _ in range(6))
    over = "UPDATE logins SET expires_at = now() - make_interval(days => %s) WHERE id = %s"
    call(database.execute_sql, over, (6, young))
    for login_id in abandoned:
        call(database.execute_sql, over, (8, login_id))
    other = call(users.create, "other@example.org", "hash", "Other")
    left = []
    for _ in range(3):
        assert call(logins.start, other["id"], "hash") is not None
        left.append(len(call(logins.of_user, host["id"])))
    assert left == [4, 2, 1]
    tokens = call(lambda: database.execute_sql("SELECT login_id FROM refresh_tokens").fetchall())
    assert [row[0] for row in tokens] == [young]


def test_a_new_password_ends_the_other_logins(call: Call, host: dict[str, Any], log_in: Any) -> None:
    mine, other = (refresh_tokens.login_of(log_in()) for _ in range(2))
    assert call(users.change_password, host["id"], "not the hash", "x", keep_login=mine) is None
    assert call(users.change_password, host["id"], "hash", "new", keep_login=mine) == [other]
    assert call(logins.who, mine) is not None
    assert call(logins.who, other) is None
    assert call(logins.start, host["id"], "hash") is None, "a login with the password of before"
    assert not call(users.rehash, host["id"], "hash", "same password, hashed anew")


def test_a_login_that_starts_while_the_password_changes_does_not_survive(
    call: Call, host: dict[str, Any], log_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = refresh_tokens.login_of(log_in())
    forget, in_the_middle = logins._forget_old, threading.Event()

    def slow(user_id: str) -> None:
        in_the_middle.set()
        time.sleep(0.3)
        forget(user_id)

    monkeypatch.setattr(logins, "_forget_old", slow)
    got: list[str] = []
    starting = threading.Thread(target=lambda: got.append(call(logins.start, host["id"], "hash")))
    starting.start()
    assert in_the_middle.wait(10)
    ended = call(users.change_password, host["id"], "hash", "new", keep_login=mine)
    starting.join()
    assert ended == got
    assert call(logins.who, got[0]) is None


def test_a_banned_user_has_no_login(call: Call, host: dict[str, Any], log_in: Any) -> None:
    login_id = refresh_tokens.login_of(log_in())
    assert call(logins.is_good, host["id"], login_id)
    assert call(logins.is_good, host["id"], None)
    assert call(users.ban, host["id"]) == [login_id]
    assert call(logins.who, login_id) is None
    assert not call(logins.is_good, host["id"], None)
    assert call(logins.start, host["id"], "hash") is None
    assert call(users.by_email, host["email"])["banned"]
    assert call(users.ban, host["id"], False) == []
    assert call(logins.is_good, host["id"], None)
    assert not call(logins.is_good, host["id"], login_id)
    with pytest.raises(NotFound):
        call(users.ban, new_id())


def test_a_role_counts_at_once(call: Call, host: dict[str, Any], log_in: Any) -> None:
    login_id = refresh_tokens.login_of(log_in())
    assert call(users.grant, host["id"], "participant")["role"] == "participant"
    assert call(logins.who, login_id) == (host["id"], "participant")
    with pytest.raises(NotFound):
        call(users.grant, new_id(), "admin")
    assert [user["id"] for user in call(users.page, "participant")] == [host["id"]]
    assert call(users.page, "admin") == []


@pytest.mark.parametrize(
    "token", ["", ".", "x.y", f"{NOBODY}.", f"{NOBODY}.secret", f"{NOBODY}.\ud800", "\x00"]
)
def test_a_made_up_refresh_token_is_invalid(call: Call, token: str) -> None:
    with pytest.raises(RefreshInvalid):
        call(refresh_tokens.rotate, token)


def test_the_token_itself_is_not_stored(call: Call, log_in: Callable[[], str]) -> None:
    token = log_in()
    _, following = call(refresh_tokens.rotate, token)
    dump = call(lambda: database.execute_sql("SELECT refresh_tokens::text FROM refresh_tokens").fetchall())
    assert len(dump) == 2
    for each in (token, following):
        assert each.partition(".")[2] not in str(dump)
