"""Accounts. A user is a dict: id, email, display_name, role, avatar_url, created_at, updated_at.

Accounts that were deleted are not found here.
"""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from peewee import SQL, IntegrityError

from db import logins
from db.errors import Conflict, NotFound
from db.ids import is_id, new_id
from db.models import User, database
from db.text import is_storable, require_storable

__all__ = [
    "Changes",
    "ban",
    "by_email",
    "change_password",
    "create",
    "get",
    "grant",
    "normal_email",
    "page",
    "password_hash",
    "rehash",
    "update",
]

_PUBLIC = (
    User.id,
    User.email,
    User.display_name,
    User.role,
    User.avatar_url,
    User.created_at,
    User.updated_at,
)


class Changes(TypedDict, total=False):
    """What `update` can change."""

    email: str
    display_name: str
    avatar_url: str | None


def normal_email(email: str) -> str:
    """The form an address is stored and looked up in: trimmed, lower case."""
    return email.strip().lower()


def create(email: str, password_hash: str, display_name: str, role: str = "host") -> dict[str, Any]:
    """A new user. Raises Conflict `email_taken`, InvalidText."""
    require_storable(email=email, display_name=display_name)
    user_id = new_id()
    try:
        with database.atomic():
            User.insert(
                id=user_id,
                email=normal_email(email),
                password_hash=password_hash,
                display_name=display_name,
                role=role,
            ).execute()
    except IntegrityError as error:
        raise _conflict(error) from None
    user = get(user_id)
    if user is None:
        raise NotFound("user", user_id)
    return user


def by_email(email: str) -> dict[str, Any] | None:
    """The user with this address, including `password_hash` and `banned`, or None."""
    if not is_storable(email):
        return None
    banned = User.banned_at.is_null(False).alias("banned")
    query = User.select(*_PUBLIC, User.password_hash, banned).where(User.email == normal_email(email))
    return query.dicts().first()  # type: ignore[no-any-return]


def get(user_id: str) -> dict[str, Any] | None:
    """The user, or None."""
    if not is_id(user_id):
        return None
    query = User.select(*_PUBLIC).where(User.id == user_id, User.deleted_at.is_null())
    return query.dicts().first()  # type: ignore[no-any-return]


def update(user_id: str, **changes: Unpack[Changes]) -> dict[str, Any]:
    """Change what is given; returns the user. Raises NotFound, Conflict `email_taken`, InvalidText."""
    if not is_id(user_id):
        raise NotFound("user", user_id)
    require_storable(
        email=changes.get("email"),
        display_name=changes.get("display_name"),
        avatar_url=changes.get("avatar_url"),
    )
    values: dict[str, Any] = dict(changes)
    if unknown := values.keys() - Changes.__annotations__.keys():
        raise TypeError(f"users.update cannot change {', '.join(sorted(unknown))}")
    if "email" in values:
        values["email"] = normal_email(values["email"])
    try:
        with database.atomic():
            User.update(**values, updated_at=SQL("now()")).where(
                User.id == user_id, User.deleted_at.is_null()
            ).execute()
    except IntegrityError as error:
        raise _conflict(error) from None
    user = get(user_id)
    if user is None:
        raise NotFound("user", user_id)
    return user


def password_hash(user_id: str) -> str | None:
    """The hash of the user's password, or None without such a user."""
    if not is_id(user_id):
        return None
    query = "SELECT password_hash FROM users WHERE id = %s AND deleted_at IS NULL"
    row = database.execute_sql(query, (user_id,)).fetchone()
    return None if row is None else row[0]


def rehash(user_id: str, old_hash: str, new_hash: str) -> bool:
    """Another hash of the same password; False when the password was changed meanwhile."""
    query = "UPDATE users SET password_hash = %s WHERE id = %s AND password_hash = %s"
    return bool(database.execute_sql(query, (new_hash, user_id, old_hash)).rowcount)


def change_password(user_id: str, old_hash: str, new_hash: str, *, keep_login: str) -> list[str] | None:
    """A new password, which ends all logins but one: their ids. None when somebody else changed it meanwhile."""
    query = "UPDATE users SET password_hash = %s, updated_at = now() WHERE id = %s AND password_hash = %s"
    with database.atomic():
        # Before the logins: it waits for those that are starting with the old password.
        if not database.execute_sql(query, (new_hash, user_id, old_hash)).rowcount:
            return None
        return logins.end_all(user_id, but=keep_login)


def grant(user_id: str, role: str) -> dict[str, Any]:
    """Give the user a role; it counts from their next request on. Raises NotFound."""
    query = "UPDATE users SET role = %s, updated_at = now() WHERE id = %s AND deleted_at IS NULL"
    return _changed(query, user_id, role)


def ban(user_id: str, banned: bool = True) -> list[str]:
    """Keep a user out, or let them in again; returns the ids of the logins that this ended. Raises NotFound."""
    query = (
        "UPDATE users SET banned_at = CASE WHEN %s THEN coalesce(banned_at, now()) END "
        "WHERE id = %s AND deleted_at IS NULL"
    )
    with database.atomic():
        _changed(query, user_id, banned)
        return logins.end_all(user_id) if banned else []


def page(role: str | None = None, limit: int = 100, after: str | None = None) -> list[dict[str, Any]]:
    """Users with `banned`, in the order they registered; of one role, or all; from behind the id `after`."""
    query = User.select(*_PUBLIC, User.banned_at.is_null(False).alias("banned")).where(
        User.deleted_at.is_null()
    )
    if role is not None:
        query = query.where(User.role == role)
    if after is not None and is_id(after):
        query = query.where(User.id > after)
    return [*query.order_by(User.id).limit(limit).dicts()]


def _changed(query: str, user_id: str, value: object) -> dict[str, Any]:
    if is_id(user_id):
        database.execute_sql(query, (value, user_id))
    user = get(user_id)
    if user is None:
        raise NotFound("user", user_id)
    return user


def _conflict(error: IntegrityError) -> Exception:
    if "users_email" in str(error):
        return Conflict("email_taken", "there is an account with this e-mail address already: log in")
    return error
