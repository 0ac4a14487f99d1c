"""Signed, short-lived tokens: JWT (RFC 7519), HS256, one key per purpose, so that none can pass for another.

The header names the secret (`kid`), so that a new one can be brought in while tokens of the old one are still about.
Made by hand, since whoever comes in needs two of them read and one made: a library takes 200 µs for that, this 15.
"""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import Any, Literal

import msgspec

__all__ = ["Secrets", "TokenExpired", "TokenInvalid", "read", "sign"]

Secrets = str | tuple[str, ...]
"""The secret that signs, or several that are accepted."""

ISSUER = "quizwire"
LEEWAY_S = 5
"""How far the clocks of two web processes may differ; a token lives that much longer than its `ttl_s`."""


class TokenInvalid(Exception):
    """Not a token of ours, or not for this purpose; the token is never part of the text."""


class TokenExpired(TokenInvalid):
    """It was one of ours, but its time is over."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    typ: str
    alg: Literal["HS256"]
    kid: str


def sign(secret: str, purpose: str, claims: dict[str, Any], ttl_s: int) -> str:
    """A token for `purpose` that holds `claims` and lives for `ttl_s` seconds."""
    now = int(time.time())
    everything = {**claims, "iss": ISSUER, "aud": purpose, "iat": now, "exp": now + ttl_s}
    signed = _header(secret, purpose) + b"." + _encoded(msgspec.json.encode(everything))
    return (signed + b"." + _signature(_key(secret, purpose), signed)).decode()


def read(secrets: Secrets, purpose: str, token: str, essential: tuple[str, ...] = ()) -> dict[str, Any]:
    """The claims of a token made by `sign` for the same purpose with any of `secrets`, all `essential` ones among them.

    Raises TokenExpired, TokenInvalid.
    """
    try:
        signed, _, signature = token.encode("ascii").rpartition(b".")
        header, _, payload = signed.partition(b".")
        key = _key_of(secrets, purpose, header)
        if key is None or not hmac.compare_digest(signature, _signature(key, signed)):
            raise TokenInvalid("not signed by us for this purpose")
        claims: dict[str, Any] = msgspec.json.decode(_decoded(payload), type=dict[str, Any])
    except (ValueError, RecursionError) as error:
        raise TokenInvalid(type(error).__name__) from error
    _require(claims, purpose, essential)
    return claims


def _require(claims: dict[str, Any], purpose: str, essential: tuple[str, ...]) -> None:
    now = time.time()
    issued_at, expires_at = claims.get("iat"), claims.get("exp")
    if claims.get("iss") != ISSUER or claims.get("aud") != purpose:
        raise TokenInvalid("made for another purpose")
    if not isinstance(issued_at, int) or not isinstance(expires_at, int) or issued_at > now + LEEWAY_S:
        raise TokenInvalid("of no time")
    if any(not isinstance(claims.get(name), str) for name in essential):
        raise TokenInvalid("incomplete")
    if expires_at < now - LEEWAY_S:
        raise TokenExpired("expired")


@lru_cache(maxsize=64)
def _key_of(secrets: Secrets, purpose: str, header: bytes) -> bytes | None:
    """The key that a token with this header must be signed with; None for a header that is not ours."""
    try:
        known = msgspec.json.decode(_decoded(header), type=_Header)
    except (ValueError, RecursionError):
        return None
    for secret in (secrets,) if isinstance(secrets, str) else secrets:
        if known.typ == purpose and known.kid == _key_id(secret):
            return _key(secret, purpose)
    return None


@lru_cache(maxsize=16)
def _header(secret: str, purpose: str) -> bytes:
    return _encoded(msgspec.json.encode(_Header(purpose, "HS256", _key_id(secret))))


@lru_cache(maxsize=16)
def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), f"quizwire {purpose}".encode(), "sha256")


def _key_id(secret: str) -> str:
    """It tells secrets apart, and nothing about them."""
    return _key(secret, "key id").hex()[:16]


def _signature(key: bytes, signed: bytes) -> bytes:
    return _encoded(hmac.digest(key, signed, "sha256"))


def _encoded(data: bytes) -> bytes:
    """Base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    return urlsafe_b64decode(text + b"=" * (-len(text) % 4))
