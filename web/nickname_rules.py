"""Which nicknames a session takes: by its `nickname_filter`, `off`, `normal` or `strict`.

English is glin-profanity's: it sees through look-alikes, leetspeak, spelling apart and stretched letters. Vietnamese,
and what hides inside a longer word, are ours. No list is complete, and every list meets an honest name: a host can
switch it off, rename and ban.
"""

from __future__ import annotations

import re
from functools import cache

from glin_profanity import Filter, normalize_leetspeak, normalize_unicode

from bus.messages import NicknameFilter
from db import nicknames
from web.problems import FieldError, Problem
from web.swearwords import ENGLISH, HARMLESS, STEMS, VIETNAMESE

__all__ = ["is_allowed", "require_allowed"]

STRICT_DIGITS = 4
"""More of them may be a telephone number."""

_PLAIN = re.compile(r"[^\W_](?:[\w '’.-])*")
_HUMPS = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|[\d_]+")  # fuckYou, fuck_you, fuck2
_GAPS = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"(?<!\w)\d+(?!\w)")  # by itself it is no leetspeak: `Player 455`
_LEET = str.maketrans("013457@$", "oieastas")


def require_allowed(nickname: str, level: NicknameFilter) -> None:
    """Raises Problem 422 `nickname_not_allowed`; the nickname is no part of it."""
    if is_allowed(nickname, level):
        return
    detail = "This nickname is not allowed in this session: choose another one"
    if level == "strict":
        detail += f", of letters and at most {STRICT_DIGITS} digits"
    detail += ", or none and get one made up."
    raise Problem(422, "nickname_not_allowed", detail, errors=(FieldError("nickname", detail),))


def is_allowed(nickname: str, level: NicknameFilter) -> bool:
    """Whether a session with this filter takes the nickname; whether it is free, and one at all, is not asked here."""
    text = nicknames.visible(nickname)
    if level == "off" or not text:
        return True
    if _is_foul_english(text) or _is_foul_vietnamese(text):
        return False
    if level == "normal":
        return True
    digits = sum(char.isdigit() for char in text)
    return _PLAIN.fullmatch(text) is not None and digits <= STRICT_DIGITS and not _hides_a_stem(text)


def _is_foul_english(text: str) -> bool:
    text = _NUMBER.sub(" ", text)
    apart = _HUMPS.sub(" ", text)
    return any(map(_english().is_profane, {text, apart})) or any(map(_hides_a_stem, text.split()))


def _hides_a_stem(text: str) -> bool:
    """Whether one of STEMS is anywhere in it, across the borders of words."""
    plain = _GAPS.sub("", normalize_leetspeak(normalize_unicode(text)).casefold())
    return any(stem in reading for stem in STEMS for reading in (plain, _unstretched(plain, 2)))


def _is_foul_vietnamese(text: str) -> bool:
    for reading in (text, text.casefold().translate(_LEET)):
        spelled = _together(_GAPS.sub(" ", reading).split())
        for words in (spelled, [_unstretched(word, 1) for word in spelled]):
            line = f" {nicknames.key(' '.join(words))} "
            if any(f" {foul} " in line for foul in _vietnamese()):
                return True
    return False


def _together(words: list[str]) -> list[str]:
    """Single letters in a row as one word: `l ồ n`."""
    joined: list[str] = []
    letters = ""
    for word in [*words, ""]:
        if len(word) == 1:
            letters += word
            continue
        joined += [letters] if letters else []
        letters = ""
        joined += [word] if word else []
    return joined


def _unstretched(word: str, most: int) -> str:
    """No letter more than `most` times in a row."""
    return re.sub(rf"(.)\1{{{most},}}", r"\1" * most, word)


@cache
def _english() -> Filter:
    return Filter(
        {
            "languages": ["english"],
            "detect_leetspeak": True,
            "custom_words": list(ENGLISH),
            "ignore_words": list(HARMLESS),
        }
    )


@cache
def _vietnamese() -> frozenset[str]:
    """As `nicknames.key` has them, phrases also in one word."""
    return frozenset(
        nicknames.key(form) for phrase in VIETNAMESE for form in (phrase, phrase.replace(" ", ""))
    )
