"""What quizzes are found by: words without regard to case and accents.

Done here rather than by PostgreSQL, whose `lower` and text parser depend on the locale of the database, and whose
`unaccent` and `pg_trgm` are not everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["query", "words"]

MAX_QUERY_WORDS = 10
_MAX_WORD_CHARS = 64  # a lexeme of PostgreSQL has at most 2,046 bytes
_WORD = re.compile(r"[^\W_]+")


def words(texts: Iterable[str]) -> list[str]:
    """The distinct words of some texts, sorted: decomposed (NFKD), without marks, case folded.

    "Größe" and "GROSSE" are the same word, "naïve" and "naive" too. Scripts without spaces are one word a run.
    """
    folded = unicodedata.normalize("NFKD", "\n".join(texts)).casefold()
    plain = (char for char in unicodedata.normalize("NFKD", folded) if unicodedata.category(char) != "Mn")
    return sorted({word[:_MAX_WORD_CHARS] for word in _WORD.findall("".join(plain))})


def query(text: str) -> str | None:
    """A tsquery for texts with words that begin with each of these, or None when there is no word in it."""
    found = words([text])[:MAX_QUERY_WORDS]
    return " & ".join(f"'{word}':*" for word in found) or None
