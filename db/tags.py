"""Tags of quizzes, cleaned so that what looks the same is the same."""

from __future__ import annotations

import unicodedata

from db.nicknames import visible

__all__ = ["MAX_LENGTH", "MAX_TAGS", "clean"]

MAX_TAGS = 20
MAX_LENGTH = 32


def clean(tag: str) -> str:
    """Lower case, NFKC, single spaces, without a leading # and what cannot be seen; may be empty or too long."""
    text = visible(tag).strip().lstrip("#").strip()
    return unicodedata.normalize("NFKC", text.lower())
