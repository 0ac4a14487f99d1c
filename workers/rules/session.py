"""How a session moves: a pure state machine over `SessionState`.

    lobby ──next──▶ open ──close, next, deadline, end──▶ closing ──settled──▶ closed ──next──▶ open …
                                                            │                   └──next after the last, end──▶ ended
                                                            └── self pacing ────────────────────────────────▶ ended

In timed pacing `lobby` and `closed` have a deadline too, after which the session moves on as by `next`. While a session
is paused nothing runs out; what happens beside all this is in `asides.py`.

`closing` is the moment in which gateways no longer accept and the answers accepted before are still being
scored. One command may take several steps; every step stores the command's id, so that whoever gets the
command again after a crash goes on where the first one stopped.
"""

from __future__ import annotations

import msgspec

from bus.messages import Command, Quiz, SessionState, Settings, Timing
from bus.pauses import due_at_ms
from workers.rules.asides import ASIDES, REMEMBERED, aside
from workers.rules.steps import Done, Refused, Settle, Settled, Step

__all__ = ["advance", "initial", "settle"]

TAKE_OVER_MS = 15_000
"""A `closing` older than this was abandoned; any command may finish it."""


def initial(
    session_id: str,
    host_id: str,
    quiz: Quiz,
    pacing: str,
    scoring: str,
    command_id: str | None,
    *,
    timing: Timing | None = None,
    settings: Settings | None = None,
    now_ms: int = 0,
) -> SessionState:
    """The first state of a session: the lobby, or open from its start in self pacing."""
    lobby_s = None if timing is None else timing.lobby_s
    return msgspec.convert(
        {
            "session_id": session_id,
            "host_id": host_id,
            "pacing": pacing,
            "scoring": scoring,
            "state": "open" if pacing == "self" else "lobby",
            "question_count": len(quiz.questions),
            "command_id": command_id,
            "timing": timing,
            "settings": settings or Settings(),
            "next_at_ms": None if lobby_s is None else now_ms + lobby_s * 1000,
        },
        SessionState,
    )


def advance(state: SessionState, command: Command, quiz: Quiz, now_ms: int) -> Step | Settle | Done | Refused:
    """The next step of `command` from `state` at `now_ms` (Unix milliseconds)."""
    if command.id in state.done:
        return Done()
    mine = state.command_id == command.id
    if not mine:
        refused = _refuse(state, command, now_ms)
        if refused is not None:
            return refused
    if command.kind == "start":
        return Done()
    if command.kind in ASIDES:
        return aside(state, command, now_ms)
    if state.state == "closing":
        return Settle()
    if state.state == "ended":
        return Done()
    if command.kind == "deadline" and command.phase != "open":
        return Done() if mine else _onward(state, command, quiz, now_ms)
    if command.kind in ("close", "deadline"):
        return Step(_closing(state, command, now_ms)) if state.state == "open" else Done()
    if command.kind == "next":
        if state.state == "open":
            return Done() if mine else Step(_closing(state, command, now_ms))
        # Paused between two steps of this command: what is next comes after the pause.
        return Done() if state.paused_at_ms is not None else _onward(state, command, quiz, now_ms)
    return Step(_closing(state, command, now_ms) if state.state == "open" else _ended(state, command))


def _onward(state: SessionState, command: Command, quiz: Quiz, now_ms: int) -> Step:
    """To the next question, or after the last to the end."""
    if state.question_index + 1 < state.question_count:
        return Step(_open(state, command, quiz, now_ms))
    return Step(_ended(state, command))


def settle(state: SessionState, command: Command, settled: Settled, now_ms: int) -> Step:
    """From `closing`: reveal the question, or end a self-paced session."""
    if state.pacing == "self":
        return Step(_ended(state, command, settled.board_version))
    return Step(
        _follow(
            state,
            command,
            event="question_closed",
            state="closed",
            counts=settled.counts,
            board_version=settled.board_version,
            next_at_ms=_next_at_ms(state, now_ms),
            paused_at_ms=None if state.paused_at_ms is None else now_ms,  # all of the reveal is left
        )
    )


def _next_at_ms(state: SessionState, now_ms: int) -> int | None:
    """When the question after the one just closed opens, or the session ends."""
    timing = state.timing
    if timing is None:
        return None
    wait_s = timing.reveal_s + timing.leaderboard_s
    if state.question_index + 1 < state.question_count:
        wait_s += timing.countdown_s
    return now_ms + wait_s * 1000


def _refuse(state: SessionState, command: Command, now_ms: int) -> Refused | Done | None:
    """Why a command that has not taken a step yet must not take one; Done for a deadline that no longer matters."""
    if command.kind == "deadline" and _is_void(state, command):
        return Done()
    if state.state == "ended" and command.kind != "start":
        return Refused("session_ended", "The session has ended: start a new one.")
    if command.expected_version is not None and command.expected_version != state.version:
        return Refused(
            "version_conflict",
            f"The session is at version {state.version}, not {command.expected_version}: read it again, then decide.",
        )
    if state.pacing == "self" and command.kind in ("next", "close"):
        return Refused(
            "wrong_pacing", "Participants of a self-paced session move on by themselves: only end it."
        )
    if state.state == "closing" and command.kind in ("next", "close", "end"):
        if now_ms - (state.closes_at_ms or 0) < TAKE_OVER_MS:
            return _BUSY
    elif state.state == "closing" and command.kind in ("pause", "resume", "extend"):
        return _BUSY
    elif state.paused_at_ms is not None and command.kind == "next":
        return Refused("session_paused", "The session is paused: resume it first.")
    elif command.kind == "close" and state.state != "open":
        return Refused("no_open_question", "No question is open: open one with next.")
    return None


_BUSY = Refused("session_busy", "The question is just being closed: try again in a moment.")


def _is_void(state: SessionState, deadline: Command) -> bool:
    """Whether the session has moved on since a deadline was set, was paused, or has been given another one."""
    if (state.state, state.question_index) != (deadline.phase, deadline.question_index):
        return True
    return state.paused_at_ms is not None or deadline.due_at_ms not in (None, due_at_ms(state))


def _follow(before: SessionState, command: Command, **changes: object) -> SessionState:
    """The next state: one event and one version later, on behalf of `command`."""
    done = before.done
    if before.command_id is not None and before.command_id != command.id:
        done = (*done, before.command_id)[-REMEMBERED:]
    return msgspec.structs.replace(
        before, version=before.version + 1, seq=before.seq + 1, command_id=command.id, done=done, **changes
    )


def _open(state: SessionState, command: Command, quiz: Quiz, now_ms: int) -> SessionState:
    index = state.question_index + 1
    limit_s = quiz.questions[index].time_limit_s
    if limit_s is None and state.timing is not None:
        limit_s = state.timing.answer_s
    return _follow(
        state,
        command,
        event="question",
        state="open",
        question_index=index,
        opens_at_ms=now_ms,
        closes_at_ms=None if limit_s is None else now_ms + limit_s * 1000,
        counts={},
        next_at_ms=None,
        pauses=(),
    )


def _closing(state: SessionState, command: Command, now_ms: int) -> SessionState:
    due_ms = due_at_ms(state)
    closes_at_ms = now_ms if due_ms is None else min(now_ms, due_ms)
    return _follow(state, command, event="state", state="closing", closes_at_ms=closes_at_ms)


def _ended(state: SessionState, command: Command, board_version: int | None = None) -> SessionState:
    version = state.board_version if board_version is None else board_version
    return _follow(
        state,
        command,
        event="ended",
        state="ended",
        board_version=version,
        next_at_ms=None,
        paused_at_ms=None,
    )
