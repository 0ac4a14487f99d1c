"""Signed, short-lived tokens: JWT, HS256, one key per purpose, so that none can pass for another."""

from __future__ import annotations

import hashlib
import hmac
import time
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

__all__ = ["TokenExpired", "TokenInvalid", "read", "sign"]

ISSUER = "quizwire"
LEEWAY_S = 5
"""How far the clocks of two web processes may differ; a token lives that much longer than its `ttl_s`."""

_ALGORITHMS = ["HS256"]


class TokenInvalid(Exception):
    """Not a token of ours, or not for this purpose; the token is never part of the text."""


class TokenExpired(TokenInvalid):
    """It was one of ours, but its time is over."""


def sign(secret: str, purpose: str, claims: dict[str, Any], ttl_s: int) -> str:
    """A token for `purpose` that holds `claims` and lives for `ttl_s` seconds."""
    now = int(time.time())
    header = {"alg": "HS256", "typ": purpose}
    everything = {**claims, "iss": ISSUER, "aud": purpose, "iat": now, "exp": now + ttl_s}
    return jwt.encode(header, everything, _key(secret, purpose), algorithms=_ALGORITHMS)


def read(secret: str, purpose: str, token: str, essential: tuple[str, ...] = ()) -> dict[str, Any]:
    """The claims of a token made by `sign` for the same purpose, all `essential` ones among them.

    Raises TokenExpired, TokenInvalid.
    """
    try:
        decoded = jwt.decode(token, _key(secret, purpose), algorithms=_ALGORITHMS)
        if decoded.header.get("typ") != purpose:
            raise TokenInvalid("made for another purpose")
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": purpose},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry.validate(decoded.claims)
    except ExpiredTokenError as error:
        raise TokenExpired("expired") from error
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenInvalid(type(error).__name__) from error
    claims: dict[str, Any] = decoded.claims
    if any(not isinstance(claims.get(name), str) for name in essential):
        raise TokenInvalid("incomplete")
    return claims


@lru_cache(maxsize=16)
def _key(secret: str, purpose: str) -> OctKey:
    return OctKey.import_key(hmac.digest(secret.encode(), f"quizwire {purpose}".encode(), hashlib.sha256))
