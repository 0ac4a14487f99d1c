"""Users and their refresh tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from db import refresh_tokens, users
from db.errors import Conflict, InvalidText, NotFound, RefreshInvalid, RefreshReuse
from db.ids import new_id
from db.models import database

Call = Callable[..., Any]


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
    assert call(users.by_email, " HOST@Example.org ") == host | {"password_hash": "hash"}


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


@pytest.mark.parametrize("user_id", ["", "x", "1' OR 1=1", "\x00", new_id().upper(), new_id()])
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


def test_a_refresh_token_works_once_and_gives_the_next(call: Call, host: dict[str, Any]) -> None:
    first = call(refresh_tokens.issue, host["id"])
    user_id, second = call(refresh_tokens.rotate, first)
    assert user_id == host["id"]
    assert second != first
    assert refresh_tokens.family_of(first) == refresh_tokens.family_of(second)
    assert call(refresh_tokens.rotate, second)[0] == host["id"]


def test_a_used_refresh_token_revokes_the_whole_login_and_no_other(call: Call, host: dict[str, Any]) -> None:
    first, elsewhere = call(refresh_tokens.issue, host["id"]), call(refresh_tokens.issue, host["id"])
    _, second = call(refresh_tokens.rotate, first)
    family = refresh_tokens.family_of(first)
    assert call(refresh_tokens.family_is_live, family)
    with pytest.raises(RefreshReuse):
        call(refresh_tokens.rotate, first)
    assert not call(refresh_tokens.family_is_live, family)
    with pytest.raises(RefreshInvalid) as refused:
        call(refresh_tokens.rotate, second)
    assert refused.value.code == "refresh_invalid"
    assert call(refresh_tokens.rotate, elsewhere)[0] == host["id"]


def test_of_two_uses_at_once_one_is_a_reuse(
    call: Call, host: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = call(refresh_tokens.issue, host["id"])
    issue, in_the_middle = refresh_tokens.issue, threading.Event()
    outcomes: list[str] = []

    def slow_issue(*arguments: Any, **more: Any) -> str:
        in_the_middle.set()
        time.sleep(0.3)
        return issue(*arguments, **more)

    def use() -> None:
        try:
            call(refresh_tokens.rotate, token)
            outcomes.append("rotated")
        except RefreshReuse:
            outcomes.append("reuse")

    monkeypatch.setattr(refresh_tokens, "issue", slow_issue)
    first, second = threading.Thread(target=use), threading.Thread(target=use)
    first.start()
    assert in_the_middle.wait(10)
    second.start()
    first.join()
    second.join()
    assert sorted(outcomes) == ["reuse", "rotated"]
    assert not call(refresh_tokens.family_is_live, refresh_tokens.family_of(token))


def test_logging_out_while_a_token_is_renewed_ends_the_new_one_too(
    call: Call, host: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = call(refresh_tokens.issue, host["id"])
    issue, in_the_middle = refresh_tokens.issue, threading.Event()

    def slow_issue(*arguments: Any, **more: Any) -> str:
        renewed = issue(*arguments, **more)
        in_the_middle.set()
        time.sleep(0.3)
        return renewed

    monkeypatch.setattr(refresh_tokens, "issue", slow_issue)
    renewal = threading.Thread(target=call, args=(refresh_tokens.rotate, token))
    renewal.start()
    assert in_the_middle.wait(10)
    call(refresh_tokens.revoke_family, refresh_tokens.family_of(token))
    renewal.join()
    assert not call(refresh_tokens.family_is_live, refresh_tokens.family_of(token))


def test_logging_out_ends_the_login(call: Call, host: dict[str, Any]) -> None:
    token = call(refresh_tokens.issue, host["id"])
    call(refresh_tokens.revoke_family, refresh_tokens.family_of(token))
    assert not call(refresh_tokens.family_is_live, refresh_tokens.family_of(token))
    with pytest.raises(RefreshInvalid):
        call(refresh_tokens.rotate, token)


def test_an_expired_refresh_token_is_no_good_and_is_forgotten_in_the_end(
    call: Call, host: dict[str, Any]
) -> None:
    token = call(refresh_tokens.issue, host["id"], ttl_s=-1)
    with pytest.raises(RefreshInvalid):
        call(refresh_tokens.rotate, token)
    assert not call(refresh_tokens.family_is_live, refresh_tokens.family_of(token))
    assert call(refresh_tokens.delete_expired) == 0
    call(database.execute_sql, "UPDATE refresh_tokens SET expires_at = now() - interval '8 days'")
    assert call(refresh_tokens.delete_expired) == 1


@pytest.mark.parametrize(
    "token", ["", ".", "x.y", f"{new_id()}.", f"{new_id()}.secret", f"{new_id()}.\ud800", "\x00"]
)
def test_a_made_up_refresh_token_is_invalid(call: Call, token: str) -> None:
    with pytest.raises(RefreshInvalid):
        call(refresh_tokens.rotate, token)


def test_the_token_itself_is_not_stored(call: Call, host: dict[str, Any]) -> None:
    token = call(refresh_tokens.issue, host["id"])
    secret = token.partition(".")[2]
    dump = call(lambda: database.execute_sql("SELECT refresh_tokens::text FROM refresh_tokens").fetchall())
    assert secret not in str(dump)
