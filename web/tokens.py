"""Access tokens: who is calling, for 15 minutes. They carry the id of the login, so that logging out ends them."""

from __future__ import annotations

from dataclasses import dataclass

from web import signing

__all__ = ["ACCESS_TTL_S", "Caller", "issue_access_token", "read_access_token"]

ACCESS_TTL_S = 15 * 60
_PURPOSE = "access"


@dataclass(frozen=True, slots=True)
class Caller:
    """The user behind a request."""

    user_id: str
    role: str  # host, participant or admin
    login_id: str  # family of the refresh tokens

    def may_act_for(self, user_id: str) -> bool:
        """True for the user themselves and for admins."""
        return self.user_id == user_id or self.role == "admin"


def issue_access_token(secret: str, caller: Caller) -> str:
    """A token for `Authorization: Bearer`."""
    claims = {"sub": caller.user_id, "role": caller.role, "sid": caller.login_id}
    return signing.sign(secret, _PURPOSE, claims, ACCESS_TTL_S)


def read_access_token(secret: str, token: str) -> Caller:
    """Raises signing.TokenExpired, signing.TokenInvalid. Whether the login still lives is for the caller to check."""
    claims = signing.read(secret, _PURPOSE, token, essential=("sub", "role", "sid"))
    return Caller(claims["sub"], claims["role"], claims["sid"])
