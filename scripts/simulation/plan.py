"""What every participant will do, decided by the seed alone: the same seed plays the same answers again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from client import QuizDraft
from client.bodies import QuestionDraft

__all__ = ["Plan", "demo_quiz"]

DEMO = Path(__file__).parents[1] / "demo" / "quiz.json"

_ADJECTIVES = (
    "Brave",
    "Calm",
    "Dapper",
    "Eager",
    "Fair",
    "Gentle",
    "Happy",
    "Idle",
    "Jolly",
    "Keen",
    "Lucky",
    "Merry",
)
_ANIMALS = (
    "Auk",
    "Bear",
    "Crane",
    "Dingo",
    "Egret",
    "Finch",
    "Gecko",
    "Heron",
    "Ibis",
    "Jay",
    "Koala",
    "Lynx",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Answers, thinking times and nicknames of all participants, each a pure function of its arguments."""

    seed: int
    pace: Literal["full", "realistic"] = "full"
    thinking_s: tuple[float, float] = (0.5, 6.0)

    def nickname(self, participant: int) -> str:
        """A name that no other participant number of this plan has."""
        random = Random(f"{self.seed}/name/{participant}")
        return f"{random.choice(_ADJECTIVES)} {random.choice(_ANIMALS)} {participant}"

    def option(self, participant: int, question_index: int, keys: Sequence[str]) -> str:
        """The option key this participant answers with; uniform over `keys`."""
        return Random(f"{self.seed}/option/{participant}/{question_index}").choice(keys)

    def thinking(self, participant: int, question_index: int, limit_s: float | None = None) -> float:
        """Seconds before the answer is sent; most are short, some long. Never over four fifths of `limit_s`."""
        if self.pace == "full":
            return 0.0
        low, high = self.thinking_s
        random = Random(f"{self.seed}/thinking/{participant}/{question_index}")
        seconds = random.triangular(low, high, low + (high - low) / 4)
        return seconds if limit_s is None else min(seconds, limit_s * 0.8)


def demo_quiz(seed: int, questions: int | None) -> QuizDraft:
    """A quiz draft for POST /quizzes: the demo's, or sums where that has fewer questions than wanted."""
    demo: QuizDraft = json.loads(DEMO.read_text())
    if questions is None or questions <= len(demo["questions"]):
        return demo
    return _sums(Random(f"{seed}/quiz"), questions)


def _sums(random: Random, questions: int) -> QuizDraft:
    """Sums of two numbers, four options each."""
    drafts: list[QuestionDraft] = []
    for number in range(1, questions + 1):
        left, right = random.randint(10, 99), random.randint(10, 99)
        near = [n for n in range(left + right - 9, left + right + 10) if n != left + right]
        answers = [left + right, *random.sample(near, 3)]
        random.shuffle(answers)
        drafts.append(
            {
                "title": f"{number}: what is {left} + {right}?",
                "explanation": f"{left} + {right} = {left + right}",
                "options": [{"text": str(n), "is_correct": n == left + right} for n in answers],
            }
        )
    return {"title": "Simulated sums", "description": "Made by scripts/simulate", "questions": drafts}
