"""Signed, short-lived tokens: JWT, HS256, one key per purpose, so that none can pass for another.

The header names the secret (`kid`), so that a new one can be brought in while tokens of the old one are still about.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from functools import lru_cache
from typing import Any

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet, OctKey

__all__ = ["Secrets", "TokenExpired", "TokenInvalid", "read", "sign"]

Secrets = str | tuple[str, ...]
"""The secret that signs, or several that are accepted."""

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
    key = _key(secret, purpose)
    header = {"alg": "HS256", "typ": purpose, "kid": key.kid}
    everything = {**claims, "iss": ISSUER, "aud": purpose, "iat": now, "exp": now + ttl_s}
    return jwt.encode(header, everything, key, algorithms=_ALGORITHMS)


def read(secrets: Secrets, purpose: str, token: str, essential: tuple[str, ...] = ()) -> dict[str, Any]:
    """The claims of a token made by `sign` for the same purpose with any of `secrets`, all `essential` ones among them.

    Raises TokenExpired, TokenInvalid.
    """
    try:
        decoded = jwt.decode(token, _keys(secrets, purpose), algorithms=_ALGORITHMS)
        if decoded.header.get("typ") != purpose or "kid" not in decoded.header:
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
def _keys(secrets: Secrets, purpose: str) -> KeySet:
    accepted = (secrets,) if isinstance(secrets, str) else secrets
    return KeySet([_key(secret, purpose) for secret in accepted])


@lru_cache(maxsize=16)
def _key(secret: str, purpose: str) -> OctKey:
    # The id tells secrets apart and nothing about them.
    return OctKey.import_key(_derived(secret, purpose), {"kid": _derived(secret, "key id").hex()[:16]})


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"quizwire {purpose}".encode(), hashlib.sha256)
