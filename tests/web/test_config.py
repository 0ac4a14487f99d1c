"""Configuration from the environment."""

from __future__ import annotations

import pytest

from web.config import Config, ConfigInvalid

GOOD = {"DATABASE_URL": "postgresql://a:hidden@h/d", "QUIZWIRE_SECRET": "s" * 32}


def test_what_is_not_set_has_a_default() -> None:
    config = Config.from_environment(GOOD)
    assert (config.host, config.port, config.streams, config.db_pool) == ("127.0.0.1", 8000, 1, 8)
    assert config.public_url is None
    assert config.origins == frozenset()
    assert config.node != Config.from_environment(GOOD).node


def test_lists_and_urls_are_tidied() -> None:
    more = {"QUIZWIRE_ORIGINS": "https://a.test/, https://b.test,", "QUIZWIRE_PUBLIC_URL": "https://q.test/"}
    config = Config.from_environment(GOOD | more)
    assert config.origins == {"https://a.test", "https://b.test"}
    assert config.public_url == "https://q.test"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"QUIZWIRE_SECRET": ""}, "QUIZWIRE_SECRET"),
        ({"QUIZWIRE_SECRET": "s" * 31}, "QUIZWIRE_SECRET"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"QUIZWIRE_STREAMS": "0"}, "QUIZWIRE_STREAMS"),
        ({"QUIZWIRE_JOIN_CODE_DIGITS": "5"}, "QUIZWIRE_JOIN_CODE_DIGITS"),
        ({"QUIZWIRE_JOIN_CODE_DIGITS": "10"}, "QUIZWIRE_JOIN_CODE_DIGITS"),
        ({"QUIZWIRE_CORS": "*"}, "QUIZWIRE_CORS"),
        ({"QUIZWIRE_CORS": "https://*.example.org"}, "QUIZWIRE_CORS"),
        ({"QUIZWIRE_CORS": "https://a.test/path"}, "QUIZWIRE_CORS"),
        ({"QUIZWIRE_CORS": "a.test"}, "QUIZWIRE_CORS"),
        ({"QUIZWIRE_ORIGINS": "null"}, "QUIZWIRE_ORIGINS"),
        ({"QUIZWIRE_RATE_LIMITS": "maybe"}, "QUIZWIRE_RATE_LIMITS"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigInvalid, match=name):
        Config.from_environment(GOOD | change)


def test_secrets_are_not_shown() -> None:
    shown = repr(Config.from_environment(GOOD))
    assert "hidden" not in shown
    assert "sss" not in shown
