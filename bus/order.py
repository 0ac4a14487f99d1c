"""In which order a session's questions are asked and their options shown: by its seed, the same on every node for ever.

`shuffled` is the whole algorithm: the numbers 0 to n − 1, sorted by the 16-byte BLAKE2b digests of
`seed|what|whose|number` in UTF-8. `what` is `questions` or `options/<question id>`, `whose` the participant's id, or
nothing for an order that all share. It must never change: sessions go on over an upgrade.

Options are named by keys, "A" to "D". An order of options is text: the author's keys as they are shown, so that
"CAB" shows the author's C first, under the key A. The empty text stands for the author's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, get_args

from msgspec.structs import replace

from bus.messages import Quiz, Settings

__all__ = ["ORDERS", "Order", "OrderOf", "arranged", "authored_key", "shown_key", "shuffled"]

OrderOf = Literal["authored", "session", "participant"]
ORDERS: tuple[OrderOf, ...] = get_args(OrderOf)
"""As the author has it, one for the whole session, or one for each participant."""

KEYS = "ABCD"


def shuffled(count: int, seed: str, what: str, whose: str = "") -> tuple[int, ...]:
    """The numbers below `count`, in an order of their own for each seed, purpose and person."""

    def digest(number: int) -> bytes:
        return blake2b(f"{seed}|{what}|{whose}|{number}".encode(), digest_size=16).digest()

    return tuple(sorted(range(count), key=digest))


def arranged(quiz: Quiz, settings: Settings) -> Quiz:
    """The quiz with its questions in the order in which the session asks them; the options stay the author's."""
    if settings.question_order != "session":
        return quiz
    order = shuffled(len(quiz.questions), settings.order_seed, "questions")
    return replace(quiz, questions=tuple(quiz.questions[place] for place in order))


class Order:
    """The orders of one session, whose `quiz` is arranged."""

    def __init__(self, quiz: Quiz, settings: Settings) -> None:
        self._count = len(quiz.questions)
        self._options = {question.id: len(question.options) for question in quiz.questions}
        self._settings = settings
        self._shared: dict[str, str] = {}  # orders of options, by question

    def questions(self, participant_id: str | None) -> Sequence[int]:
        """The places in the quiz of the questions that a participant is asked, first to last."""
        if self._settings.question_order != "participant" or participant_id is None:
            return range(self._count)
        return shuffled(self._count, self._settings.order_seed, "questions", participant_id)

    def options(self, question_id: str, participant_id: str | None) -> str:
        """The order in which a participant sees a question's options; None is for hosts and screens."""
        if self._settings.option_order == "authored":
            return ""
        if self._settings.option_order == "participant":
            return "" if participant_id is None else self._order_of_options(question_id, participant_id)
        order = self._shared.get(question_id)
        if order is None:
            order = self._shared[question_id] = self._order_of_options(question_id, "")
        return order

    def _order_of_options(self, question_id: str, whose: str) -> str:
        count, seed = self._options[question_id], self._settings.order_seed
        return "".join(KEYS[place] for place in shuffled(count, seed, f"options/{question_id}", whose))


def shown_key(order: str, key: str) -> str:
    """The key under which the author's option `key` is shown."""
    return KEYS[order.index(key)] if order else key


def authored_key(order: str, key: str) -> str:
    """The author's key of the option that is shown under `key`, which must be one of the question's."""
    return order[KEYS.index(key)] if order else key
