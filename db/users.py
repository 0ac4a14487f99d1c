"""Accounts. A user is a dict: id, email, display_name, role, avatar_url, created_at, updated_at."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from peewee import SQL, IntegrityError

from db.errors import Conflict, NotFound
from db.ids import is_id, new_id
from db.models import User, database
from db.text import is_storable, require_storable

__all__ = ["Changes", "by_email", "create", "get", "normal_email", "update"]

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
    password_hash: str
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
    """The user with this address, including `password_hash`, or None."""
    if not is_storable(email):
        return None
    query = User.select(*_PUBLIC, User.password_hash).where(User.email == normal_email(email))
    return query.dicts().first()  # type: ignore[no-any-return]


def get(user_id: str) -> dict[str, Any] | None:
    """The user, or None."""
    if not is_id(user_id):
        return None
    return User.select(*_PUBLIC).where(User.id == user_id).dicts().first()  # type: ignore[no-any-return]


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
            User.update(**values, updated_at=SQL("now()")).where(User.id == user_id).execute()
    except IntegrityError as error:
        raise _conflict(error) from None
    user = get(user_id)
    if user is None:
        raise NotFound("user", user_id)
    return user


def _conflict(error: IntegrityError) -> Exception:
    if "users_email" in str(error):
        return Conflict("email_taken", "there is an account with this e-mail address already: log in")
    return error
