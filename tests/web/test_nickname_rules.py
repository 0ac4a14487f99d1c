"""Nicknames that a session takes, and those it does not."""

from __future__ import annotations

import pytest

from db import nicknames
from web.nickname_rules import is_allowed, require_allowed
from web.problems import Problem

FOUL = (
    "fuck", "FuckYou", "fuck_you", "fuck123", "xXfuckXx", "f u c k", "f.u.c.k", "fuuuuck", "fvck", "f*ck", "f4ggot",
    "\uff26\uff35\uff23\uff2b", "fu\u0441k", "f\u200buck", "\U0001d4ef\U0001d4fe\U0001d4ec\U0001d4f4", "sh1t", "$hit",
    "b-i-t-c-h", "n1gger", "n i g g e r", "c u n t", "Hitler",
    "địt mẹ", "ĐỊT", "đ1t mẹ", "đ.m", "ditme", "dit me", "lồn", "l ồ n", "lồnnn", "đéo", "đụ má", "vcl", "con cặc",
    "c\u0323a\u0306c con cặc",
)  # fmt: skip
HONEST = (
    "Ann", "Scunthorpe", "Dickens", "Cockburn", "Hancock", "Essex", "Nigel", "Niger", "Assassin", "Slutsky", "Siriporn",
    "Butt", "Document", "Shiitake", "therapist", "O'Neill", "Jean-Luc", "Mr. Smith", "Müller", "李雷", "Иван",
    "Phúc", "Phuc", "Dũng", "Dung", "Bích", "Long", "Lon", "Lộc", "Cúc", "Đại", "Đạt", "Đình", "Buổi Sáng", "Lợn",
    "Player 455", "Team-717", "Ann 455",
)  # fmt: skip


@pytest.mark.parametrize("nickname", FOUL)
def test_a_foul_nickname_is_seen_through_every_disguise(nickname: str) -> None:
    assert not is_allowed(nickname, "normal")
    assert not is_allowed(nickname, "strict")
    assert is_allowed(nickname, "off")


@pytest.mark.parametrize("nickname", HONEST)
def test_an_honest_name_is_taken(nickname: str) -> None:
    assert is_allowed(nickname, "normal")
    assert is_allowed(nickname, "strict")


@pytest.mark.parametrize("nickname", ["\U0001f98a Fox", "Bob 0901234567", "<b>Bob</b>", "@bob", "as sho le"])
def test_strict_takes_letters_and_few_digits_and_looks_across_words(nickname: str) -> None:
    assert is_allowed(nickname, "normal")
    assert not is_allowed(nickname, "strict")


def test_every_nickname_that_we_make_up_is_allowed() -> None:
    made = [f"{one} {other} 4269" for one in nicknames._ADJECTIVES for other in nicknames._ANIMALS]
    assert [nickname for nickname in made if not is_allowed(nickname, "strict")] == []


def test_the_refusal_does_not_repeat_the_nickname() -> None:
    with pytest.raises(Problem) as refused:
        require_allowed("fuckwit", "strict")
    assert (refused.value.status, refused.value.code) == (422, "nickname_not_allowed")
    assert "fuckwit" not in refused.value.detail
