"""How long and how many: the limits of what authors and participants may send."""

from __future__ import annotations

__all__ = [
    "MAX_DESCRIPTION_CHARS",
    "MAX_EXPLANATION_CHARS",
    "MAX_OPTIONS",
    "MAX_OPTION_CHARS",
    "MAX_QUESTIONS",
    "MAX_QUESTION_CHARS",
    "MAX_TIME_LIMIT_S",
    "MAX_TITLE_CHARS",
    "MAX_WEIGHT",
    "MIN_OPTIONS",
    "MIN_TIME_LIMIT_S",
]

MAX_QUESTIONS = 10_000
MAX_TITLE_CHARS = 200
MAX_DESCRIPTION_CHARS = 2_000
# Real questions reach 1,129 characters and real options 257 (OpenTriviaQA).
MAX_QUESTION_CHARS = 2_000
MAX_EXPLANATION_CHARS = 2_000
MAX_OPTION_CHARS = 500
MIN_OPTIONS = 2
MAX_OPTIONS = 4
MIN_TIME_LIMIT_S = 5
MAX_TIME_LIMIT_S = 300
MAX_WEIGHT = 10
