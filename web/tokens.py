"""Access tokens: who is calling, for 15 minutes.

They carry the id of the login, so that logging out ends them. The role is not in them: it is looked up with the login,
so that a grant, or the end of one, counts at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from web import signing

__all__ = ["ACCESS_TTL_S", "Bearer", "Caller", "issue_access_token", "read_access_token"]

ACCESS_TTL_S = 15 * 60
_PURPOSE = "access"


@dataclass(frozen=True, slots=True)
class Caller:
    """The user behind a request."""

    user_id: str
    role: str  # host, participant or admin
    login_id: str

    @property
    def may_author(self) -> bool:
        """True for hosts and admins: they write and run quizzes."""
        return self.role in ("host", "admin")

    def may_act_for(self, user_id: str) -> bool:
        """True for the user themselves and for admins."""
        return self.user_id == user_id or self.role == "admin"


@dataclass(frozen=True, slots=True)
class Bearer:
    """What an access token says."""

    user_id: str
    login_id: str


def issue_access_token(secret: str, user_id: str, login_id: str) -> str:
    """A token for `Authorization: Bearer`."""
    return signing.sign(secret, _PURPOSE, {"sub": user_id, "sid": login_id}, ACCESS_TTL_S)


def read_access_token(secrets: signing.Secrets, token: str) -> Bearer:
    """Raises signing.TokenExpired, signing.TokenInvalid. Whether the login still lives is for the caller to check."""
    claims = signing.read(secrets, _PURPOSE, token, essential=("sub", "sid"))
    return Bearer(claims["sub"], claims["sid"])
