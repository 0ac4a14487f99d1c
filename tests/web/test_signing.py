"""What is accepted as a token of ours: one algorithm, one purpose, a known key, and a time that is not over."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from web import signing
from web.config import Config, ConfigInvalid

OLD, NEW = "the secret of last year, at least 32 bytes", "the secret of this year, at least 32 bytes"


def key_of(secret: str, purpose: str) -> OctKey:
    """The key as the library wants it, which checks us here."""
    return OctKey.import_key(signing._key(secret, purpose), {"kid": signing._key_id(secret)})


def made(header: dict[str, Any] | None = None, key: Any = None, **changes: Any) -> str:
    """A token as `sign` makes it, with changes; a claim that is None is left out."""
    now = int(time.time())
    claims = {"iss": signing.ISSUER, "aud": "access", "iat": now, "exp": now + 60, "sub": "u"} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    key = key or key_of(NEW, "access")
    full = {"alg": "HS256", "typ": "access", "kid": signing._key_id(NEW)} | (header or {})
    full = {name: value for name, value in full.items() if value is not None}
    return jwt.encode(full, claims, key, algorithms=[full["alg"]], default_type=None)


def test_the_token_of_these_tests_is_good() -> None:
    assert signing.read(NEW, "access", made(), ("sub",))["sub"] == "u"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"iat": None},
        {"iss": None},
        {"aud": None},
        {"iss": "somebody"},
        {"aud": "ticket"},
        {"exp": "never"},
        {"iat": 2**40},  # some day
        {"sub": None},
        {"sub": 7},
    ],
    ids=str,
)
def test_every_claim_is_needed_and_checked(changes: dict[str, Any]) -> None:
    with pytest.raises(signing.TokenInvalid):
        signing.read(NEW, "access", made(**changes), ("sub",))


@pytest.mark.parametrize(
    "header",
    [{"alg": "HS384"}, {"alg": "HS512"}, {"alg": "none"}, {"typ": "ticket"}, {"typ": None}, {"kid": None}],
    ids=str,
)
def test_another_algorithm_type_or_no_key_id_is_refused(header: dict[str, Any]) -> None:
    try:
        token = made(header)
    except Exception:  # not even the library makes it
        signature = made().rpartition(".")[2]
        token = f"eyJhbGciOiJub25lIiwidHlwIjoiYWNjZXNzIn0.{made().split('.')[1]}.{signature}"
    with pytest.raises(signing.TokenInvalid):
        signing.read(NEW, "access", token)


def test_a_key_of_another_kind_or_purpose_is_refused() -> None:
    kid = signing._key_id(NEW)
    swapped = [
        made(key=key_of(NEW, "ticket")),
        made(key=OctKey.import_key(b"k" * 32)),
        made({"alg": "RS256"}, RSAKey.generate_key(2048, {"kid": kid})),
    ]
    for token in swapped:
        with pytest.raises(signing.TokenInvalid):
            signing.read(NEW, "access", token)


def test_a_library_reads_what_we_sign() -> None:
    token = signing.sign(NEW, "access", {"sub": "Zoë"}, 60)
    read = jwt.decode(token, key_of(NEW, "access"), algorithms=["HS256"])
    assert read.header == {"typ": "access", "alg": "HS256", "kid": signing._key_id(NEW)}
    assert (read.claims["sub"], read.claims["exp"] - read.claims["iat"]) == ("Zoë", 60)


@given(st.integers(0), st.characters(codec="utf-8"))
def test_a_token_with_any_other_character_anywhere_is_refused(place: int, char: str) -> None:
    token = signing.sign(NEW, "access", {"sub": "u"}, 60)
    place %= len(token)
    changed = token[:place] + char + token[place + 1 :]
    if changed == token:
        return
    with pytest.raises(signing.TokenInvalid):
        signing.read(NEW, "access", changed)


@pytest.mark.parametrize("cut", ["", "{0}", "{0}.{1}", "{0}.{1}.", "{0}..{2}", ".{1}.{2}", "{0}.{1}.{2}.{2}"])
def test_a_token_of_other_parts_is_refused(cut: str) -> None:
    with pytest.raises(signing.TokenInvalid):
        signing.read(NEW, "access", cut.format(*made().split(".")))


def test_the_key_id_says_which_secret_and_nothing_about_it() -> None:
    kid = signing._key_id(NEW)
    assert kid != signing._key_id(OLD)
    assert kid not in NEW.encode().hex()


def test_a_token_over_its_time_is_expired() -> None:
    with pytest.raises(signing.TokenExpired):
        signing.read(NEW, "access", signing.sign(NEW, "access", {"sub": "u"}, -60))


def test_after_a_change_of_the_secret_tokens_of_the_old_one_are_read_and_none_is_signed_with_it() -> None:
    config = Config(secret=NEW, secret_previous=OLD, database_url="postgresql://")
    before = signing.sign(OLD, "access", {"sub": "u"}, 60)
    after = signing.sign(config.secret, "access", {"sub": "u"}, 60)
    for token in (before, after):
        assert signing.read(config.accepted_secrets, "access", token)["sub"] == "u"
    signing.read(NEW, "access", after)
    with pytest.raises(signing.TokenInvalid):
        signing.read(OLD, "access", after)
    with pytest.raises(signing.TokenInvalid):
        signing.read(NEW, "access", before)
    swapped = made({"kid": signing._key_id(OLD)})
    with pytest.raises(signing.TokenInvalid):
        signing.read(config.accepted_secrets, "access", swapped)


def test_a_weak_previous_secret_is_refused_too() -> None:
    with pytest.raises(ConfigInvalid, match="QUIZWIRE_SECRET_PREVIOUS"):
        Config(secret=NEW, secret_previous="short", database_url="postgresql://")
