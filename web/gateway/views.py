"""From what a room knows to what its members may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from bus.leaderboard import Entry, Leaderboard
from bus.messages import Question, Quiz, SessionState
from bus.order import shown_key
from bus.pauses import remaining_ms
from web.gateway import outgoing
from web.gateway.connection import OwnAnswer

__all__ = [
    "answers",
    "board",
    "event",
    "options_of",
    "podium",
    "question",
    "question_closed",
    "question_opened",
    "reordered",
    "row",
    "rows",
    "runs_out_at",
    "session",
    "state_changed",
]

PODIUM_RANKS = 3


def session(state: SessionState, quiz: Quiz) -> outgoing.SessionView:
    """The session for `welcome`."""
    return outgoing.SessionView(
        id=state.session_id,
        quiz_id=quiz.quiz_id,
        title=quiz.title,
        state=state.state,
        version=state.version,
        pacing=state.pacing,
        question_index=None if state.question_index < 0 else state.question_index,
        question_count=state.question_count,
        timing=state.timing,
        paused=state.paused_at_ms is not None,
        locked=state.locked,
    )


def runs_out_at(state: SessionState, at_ms: int | None) -> int | None:
    """A deadline as clients see it: none while the session is paused, for nobody knows when it will be."""
    return at_ms if state.paused_at_ms is None else None


def question(
    asked: Question, index: int, total: int, opens_at: int | None, closes_at: int | None, order: str = ""
) -> outgoing.QuestionView:
    """An open question, its options in `order`; neither its answer nor its explanation is part of it."""
    view = outgoing.QuestionView(
        question_id=asked.id,
        index=index,
        total=total,
        title=asked.title,
        image_url=asked.image_url,
        options=[outgoing.OptionView(option.key, option.text) for option in asked.options],
        opens_at=opens_at,
        closes_at=closes_at,
    )
    return replace(view, options=_options(view.options, order)) if order else view


def question_opened(state: SessionState, quiz: Quiz) -> outgoing.QuestionOpened:
    """The message that opens the current question."""
    view = question(
        quiz.questions[state.question_index],
        state.question_index,
        state.question_count,
        state.opens_at_ms,
        state.closes_at_ms,
    )
    return outgoing.QuestionOpened(seq=state.seq, version=state.version, **msgspec.structs.asdict(view))


def question_closed(state: SessionState, quiz: Quiz) -> outgoing.QuestionClosed:
    """The message that closes and reveals the current question."""
    asked = quiz.questions[state.question_index]
    return outgoing.QuestionClosed(
        seq=state.seq,
        version=state.version,
        question_id=asked.id,
        correct_option=asked.correct,
        counts=state.counts,
        explanation=asked.explanation,
        next_at=runs_out_at(state, state.next_at_ms),
    )


def event(state: SessionState, quiz: Quiz, leaderboard: Leaderboard) -> object:
    """The message that announces `state` to everybody; a kick is nothing to the others."""
    if state.event == "question":
        return question_opened(state, quiz)
    if state.event == "question_closed":
        return question_closed(state, quiz)
    if state.event == "ended":
        return outgoing.Ended(seq=state.seq, podium=podium(leaderboard))
    if state.event == "kicked":
        return outgoing.Skip(seq=state.seq)
    return state_changed(state)


def state_changed(state: SessionState) -> outgoing.StateChanged:
    """The message that the session moved on, or how it goes on, where that is all to be told."""
    return outgoing.StateChanged(
        seq=state.seq,
        state=state.state,
        version=state.version,
        paused=state.paused_at_ms is not None,
        locked=state.locked,
        closes_at=runs_out_at(state, state.closes_at_ms) if state.state == "open" else None,
        next_at=runs_out_at(state, state.next_at_ms),
        remaining_ms=remaining_ms(state),
    )


def options_of(message: object) -> str | None:
    """The question of whose options a message speaks, or None."""
    if isinstance(message, outgoing.QuestionOpened | outgoing.QuestionClosed):
        return message.question_id
    return None


def reordered(message: object, order: str) -> object:
    """The message as somebody gets it who sees the question's options in `order`."""
    if order and isinstance(message, outgoing.QuestionOpened):
        return replace(message, options=_options(message.options, order))
    if order and isinstance(message, outgoing.QuestionClosed):
        counts = {shown_key(order, key): count for key, count in message.counts.items()}
        return replace(
            message,
            correct_option=shown_key(order, message.correct_option),
            counts=dict(sorted(counts.items())),
        )
    return message


def _options(options: list[outgoing.OptionView], order: str) -> list[outgoing.OptionView]:
    """The options as they are shown: the first is A, whichever that is to the author."""
    texts = {option.key: option.text for option in options}
    return [outgoing.OptionView(option.key, texts[key]) for option, key in zip(options, order, strict=True)]


def row(entry: Entry) -> outgoing.Row:
    """One participant."""
    return entry.participant_id, entry.nickname, entry.score, entry.time_ms


def rows(leaderboard: Leaderboard) -> list[outgoing.Row]:
    """All rows, best first."""
    return [row(entry) for entry in leaderboard.ordered()]


def board(leaderboard: Leaderboard, encoded: bytes | bytearray) -> msgspec.Raw:
    """The whole leaderboard for inside a snapshot, with its rows as they are encoded already, without brackets."""
    empty = outgoing.encode(outgoing.BoardView(leaderboard.epoch, leaderboard.version, []))
    before, _, after = empty.partition(b"[]")
    return msgspec.Raw(b"".join((before, b"[", encoded, b"]", after)))


def podium(leaderboard: Leaderboard) -> list[outgoing.PodiumPlace]:
    """Everybody on ranks 1 to 3, best first."""
    return [
        outgoing.PodiumPlace(entry.participant_id, entry.nickname, entry.score, rank)
        for rank, entry in leaderboard.ranked()
        if rank <= PODIUM_RANKS
    ]


def answers(
    own: Mapping[str, OwnAnswer], hidden_question_id: str | None, order_of: Callable[[str], str]
) -> list[outgoing.AnswerView]:
    """A participant's own answers that are stored; of `hidden_question_id` (still open) not whether it was right.

    `order_of` is the order in which the participant sees a question's options.
    """
    return [
        outgoing.AnswerView(
            question_id=question_id,
            option=shown_key(order_of(question_id), answer.option),
            id=answer.answer_id,
        )
        if question_id == hidden_question_id or not answer.recorded
        else outgoing.AnswerView(
            question_id=question_id,
            option=shown_key(order_of(question_id), answer.option),
            id=answer.answer_id,
            correct=answer.correct,
            points=answer.points,
        )
        for question_id, answer in own.items()
        if answer.stored
    ]
