"""Tables of users and how they log in."""

from __future__ import annotations

from peewee import SQL, BlobField, Check, TextField

from db.models.base import Table, Timestamp, Uuid, default, references

__all__ = ["Login", "RefreshToken", "User"]


class User(Table):
    """Somebody with an account. Deleting it leaves an empty row: results of sessions refer to it."""

    id = Uuid(primary_key=True)
    email = TextField(unique=True, null=True)  # lower case; null once deleted
    password_hash = TextField()
    display_name = TextField()
    role = TextField(constraints=default("'host'"))
    avatar_url = TextField(null=True)
    created_at = Timestamp(constraints=default("now()"))
    updated_at = Timestamp(constraints=default("now()"))
    banned_at = Timestamp(null=True)
    deleted_at = Timestamp(null=True)

    class Meta:
        table_name = "users"
        constraints = [
            Check("role IN ('host', 'participant', 'admin')", name="users_role"),
            Check("(email IS NULL) = (deleted_at IS NOT NULL)", name="users_email_until_deleted"),
        ]


User.add_index(User.index(User.avatar_url, where=SQL("avatar_url IS NOT NULL"), name="users_avatar_url_set"))
User.add_index(User.index(SQL("email text_pattern_ops"), name="users_email_begins"))
User.add_index(User.index(SQL("lower(display_name) text_pattern_ops"), name="users_display_name_begins"))


class Login(Table):
    """One login of a user, from the password to the logout: a chain of refresh tokens, the family."""

    id = Uuid(primary_key=True)
    user_id = Uuid(index=True, constraints=references("users", cascade=True))
    created_at = Timestamp(constraints=default("now()"))
    used_at = Timestamp(constraints=default("now()"))  # when tokens were last issued
    expires_at = Timestamp(index=True)  # however often it is renewed
    revoked_at = Timestamp(null=True)

    class Meta:
        table_name = "logins"


class RefreshToken(Table):
    """One refresh token of a login; each replaces the one before it."""

    id = Uuid(primary_key=True)
    login_id = Uuid(index=True, constraints=references("logins", cascade=True))
    token_hash = BlobField(unique=True)  # sha256 of the token
    seed = BlobField()  # random; with the token itself it makes the next one
    created_at = Timestamp(constraints=default("now()"))
    expires_at = Timestamp()
    used_at = Timestamp(null=True)

    class Meta:
        table_name = "refresh_tokens"
        constraints = [Check("octet_length(token_hash) = 32", name="refresh_tokens_token_hash")]
