"""Carry out one command of a session: compare-and-set the live state, keep it, announce it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from bus import pauses, subjects
from bus.flushing import Flushed
from bus.messages import (
    BoardDelta,
    Command,
    CommandReply,
    Event,
    Quiz,
    SessionState,
    Settings,
    Timing,
    decode,
    encode,
)
from bus.order import arranged
from db import live, participants, rooms, scoreboard, sessions
from workers.deps import Deps
from workers.rules import session as rules
from workers.rules.steps import Done, Refused, Settle, Settled

__all__ = ["run_session"]

GATEWAY_GRACE_S = 0.1
"""Time for the gateways to hear that a question closes and to store what they had accepted. They say when they have: it
is waited for in full only when one does not."""

DRAIN_TIMEOUT_S = 15.0
"""Longest wait for accepted answers to be scored; longer than one redelivery after a scorer's death."""


def run_session(deps: Deps, command: dict[str, Any]) -> None:
    """Carry out `command` (a `Command` as builtins) and send its CommandReply to `reply_to`.

    May run twice, or go on where another process died: each step is a compare-and-set, and each state knows the event
    that announces it.
    """
    todo = msgspec.convert(command, Command)
    reply = _carry_out(deps, todo)
    if todo.reply_to is not None:
        deps.connection.publish_many([(todo.reply_to, encode(reply))])


def _carry_out(deps: Deps, command: Command) -> CommandReply:
    session_id = command.session_id
    loaded = live.load(deps.redis, session_id) or _start(deps, command)
    if loaded is None:
        return CommandReply(ok=False, code="not_found", message="There is no such session.")
    stored = loaded.state
    state = decode(stored, SessionState)
    quiz = arranged(msgspec.json.decode(loaded.quiz, type=Quiz), state.settings)
    if command.id == state.aside_id or (command.id == state.command_id and state.state != "closing"):
        _announce(deps, loaded.epoch, state)
    while True:
        action = rules.advance(state, command, quiz, _now_ms())
        if isinstance(action, Done):
            return CommandReply(ok=True, session=state)
        if isinstance(action, Refused):
            return CommandReply(ok=False, code=action.code, message=action.message)
        if (
            command.kind == "kick" and command.participant_id is not None
        ):  # again after a lost race: no matter
            _remove(deps, command, command.participant_id)
        if isinstance(action, Settle):
            action = rules.settle(state, command, _settled(deps, loaded.epoch, state, quiz), _now_ms())
        if not live.swap_state(deps.redis, session_id, stored, encode(action.state)):
            current = live.load(deps.redis, session_id)
            if current is None:
                raise RuntimeError(f"live state of session {session_id} vanished while a command ran")
            stored = current.state
            state = decode(stored, SessionState)
            continue
        state, stored = action.state, encode(action.state)
        if action.last or state.state != "closing":  # or else: `_settled` does
            _announce(deps, loaded.epoch, state)
        if action.last:
            return CommandReply(ok=True, session=state)


def _remove(deps: Deps, command: Command, participant_id: str) -> None:
    """Kick or ban somebody for good, also when the live state is being rebuilt with them in it."""
    session_id = command.session_id
    if command.ban:
        deps.pool.call(participants.ban, participant_id, network=command.ban_network)
    else:
        deps.pool.call(participants.kick, participant_id)
    left = live.leave(deps.redis, session_id, participant_id)
    if left is None:
        deps.pool.call(live.restore, deps.redis, session_id)
        left = live.leave(deps.redis, session_id, participant_id)
    if left is not None:  # a version without entries: or the gateways would take it for a lost delta
        delta = BoardDelta(session_id, *left, ())
        deps.connection.publish_many([(subjects.leaderboard(session_id), encode(delta))])


def _start(deps: Deps, command: Command) -> live.Live | None:
    """Build the live state: afresh for a session just created, else from what PostgreSQL kept."""
    session = deps.pool.call(sessions.get, command.session_id)
    if session is None:
        return None
    state = session["live"]
    if state is None:
        quiz = msgspec.json.decode(deps.pool.call(sessions.snapshot, command.session_id), type=Quiz)
        first = rules.initial(
            session["id"],
            session["host_id"],
            quiz,
            session["pacing"],
            session["scoring"],
            command.id,
            timing=None if session["timing"] is None else decode(session["timing"], Timing),
            settings=None if session["settings"] is None else decode(session["settings"], Settings),
            now_ms=_now_ms(),
        )
        state = encode(first)
    return deps.pool.call(live.restore, deps.redis, command.session_id, state=state)


def _settled(deps: Deps, epoch: str, state: SessionState, quiz: Quiz) -> Settled:
    """Announce the close, wait until every answer accepted before it is on the board, then read what the reveal tells."""
    deps.broker.hurry("scoring")  # most is scored while the gateways store the rest
    with Flushed(deps.connection) as flushed:
        _announce(deps, epoch, state, flushed.headers)
        flushed.wait(rooms.nodes(deps.redis, state.session_id), GATEWAY_GRACE_S)
    deps.broker.drained("scoring", DRAIN_TIMEOUT_S)
    question = quiz.questions[state.question_index] if state.question_index >= 0 else None
    version, recorded = scoreboard.counts(
        deps.redis, state.session_id, "" if question is None else question.id
    )
    options = () if question is None else question.options
    return Settled(
        counts={option.key: recorded.get(option.key, 0) for option in options}, board_version=version
    )


def _announce(deps: Deps, epoch: str, state: SessionState, headers: Mapping[str, str] | None = None) -> None:
    """Publish the event of a state, and keep the state in PostgreSQL meanwhile. All of it may happen twice.

    Whoever hears that a session has ended finds it so in PostgreSQL.
    """
    keep = partial(_keep, deps, state)
    if state.state == "ended":
        keep()
    event = Event(epoch=epoch, state=state, at_ms=_now_ms())
    deps.connection.publish_stored(
        subjects.events(state.session_id),
        encode(event),
        message_id=f"{state.session_id}.{epoch}.{state.seq}",
        headers=headers,
        meanwhile=None if state.state == "ended" else keep,
    )


def _keep(deps: Deps, state: SessionState) -> None:
    """Keep the state in PostgreSQL, and schedule its deadline."""
    deps.pool.call(
        sessions.save_state,
        state.session_id,
        state=state.state,
        version=state.version,
        seq=state.seq,
        question_index=state.question_index,
        live=encode(state),
    )
    due_at_ms = pauses.due_at_ms(state)
    if due_at_ms is not None:
        _schedule_deadline(deps, state, due_at_ms)


def _schedule_deadline(deps: Deps, state: SessionState, due_at_ms: int) -> None:
    deadline = Command(
        id=f"{state.session_id}.deadline.{state.state}.{state.question_index}.{due_at_ms}",
        kind="deadline",
        session_id=state.session_id,
        issued_at_ms=_now_ms(),
        question_index=state.question_index,
        phase=state.state,
        due_at_ms=due_at_ms,
    )
    message = deps.broker.get_actor("run_session").message(msgspec.to_builtins(deadline))
    deps.broker.enqueue(message, delay=max(0, due_at_ms - _now_ms()))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
