"""Nicknames: cleaned so that what looks the same is the same, unique per session by `key`."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache

from confusable_homoglyphs.confusables import confusables_data

from db.errors import InvalidNickname

__all__ = ["MAX_LENGTH", "clean", "generate", "is_blank", "key", "visible"]

MAX_LENGTH = 32

_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co"})
# Drawn as nothing whatever their category says: fillers, blank Braille, variation selectors, tags.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0").union(
    map(
        chr,
        (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)),
    )
)

_ADJECTIVES = (
    "Able", "Agile", "Amber", "Bold", "Brave", "Bright", "Brisk", "Calm", "Clever", "Cosmic", "Crisp",
    "Daring", "Eager", "Fancy", "Fleet", "Gentle", "Glad", "Golden", "Happy", "Jolly", "Keen", "Kind",
    "Lively", "Lucky", "Merry", "Mighty", "Neat", "Nimble", "Noble", "Patient", "Proud", "Quick", "Quiet",
    "Rapid", "Sharp", "Shiny", "Silver", "Smart", "Snappy", "Sunny", "Swift", "Tidy", "Vivid", "Witty",
    "Zesty",
)  # fmt: skip
_ANIMALS = (
    "Badger", "Bear", "Beaver", "Bison", "Camel", "Cat", "Cheetah", "Crane", "Deer", "Dolphin", "Eagle",
    "Falcon", "Ferret", "Finch", "Fox", "Gecko", "Hare", "Hawk", "Heron", "Horse", "Ibex", "Jaguar", "Koala",
    "Lark", "Lemur", "Lion", "Llama", "Lynx", "Moose", "Otter", "Owl", "Panda", "Parrot", "Pelican",
    "Penguin", "Puffin", "Raven", "Robin", "Seal", "Swan", "Tiger", "Turtle", "Walrus", "Whale", "Wolf",
    "Wombat", "Yak", "Zebra",
)  # fmt: skip


def clean(nickname: str) -> str:
    """NFKC, without control, zero-width and direction characters, single spaces, 1 to 32 characters.

    Raises InvalidNickname.
    """
    text = visible(nickname)
    if is_blank(text):
        raise InvalidNickname("this nickname is empty: use at least one visible character")
    if len(text) > MAX_LENGTH:
        raise InvalidNickname(f"this nickname is {len(text)} characters long: use at most {MAX_LENGTH}")
    return text


def is_blank(text: str) -> bool:
    """Whether nothing of it is to be seen: only spaces, control and zero-width characters, marks without a letter."""
    if any(char.isalnum() and char not in _BLANKS for char in text):
        return False
    return all(unicodedata.category(char).startswith(("M", "Z")) for char in visible(text))


def visible(text: str) -> str:
    """NFKC, without control, zero-width and direction characters, single spaces."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(" " if char.isspace() else char for char in text if _is_kept(char))
    # Again: what was dropped may have kept two characters from composing.
    return unicodedata.normalize("NFKC", " ".join(text.split()))


def key(nickname: str) -> str:
    """What must be unique in a session: the cleaned nickname without regard to case, look-alikes taken for each other.

    The look-alikes are those of Unicode's security data (UTS #39), letter by letter: Cyrillic `\u0430` is `a`, `1` is
    `l`; and `0` is `o`, which that data only has for the capital. `I` and `l` stay apart: their small letters differ.
    """
    folded = unicodedata.normalize("NFKC", nickname.casefold())
    return "".join(map(_looks_like, folded))


def generate(digits: int = 2) -> str:
    """A friendly nickname like "Quick Otter 42", with a number of `digits` digits."""
    number = secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1)
    return f"{secrets.choice(_ADJECTIVES)} {secrets.choice(_ANIMALS)} {number}"


@lru_cache(maxsize=4096)
def _looks_like(char: str) -> str:
    """The one character that stands for all that look like this one: the first in ASCII if there is one."""
    alike: list[str] = [
        char,
        *(other["c"] for other in confusables_data.get(char, ()) if len(other["c"]) == 1),
    ]
    first = min(alike, key=lambda one: (not one.isascii(), one)).casefold().replace("0", "o")
    return first if first == char else "".join(map(_looks_like, first))


def _is_kept(char: str) -> bool:
    return char.isspace() or (unicodedata.category(char) not in _DROPPED and char not in _BLANKS)
