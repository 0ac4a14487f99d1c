"""Commands that change how a session goes on, but not where it is: pause, resume, extend, lock, unlock, kick.

Each is one step, between the steps of whatever other command is under way; it stores its id among those that are done
and as `aside_id`, so that it is neither carried out nor forgotten to be announced when it is delivered again.
"""

from __future__ import annotations

import msgspec

from bus.messages import Command, SessionState
from workers.rules.steps import Done, Refused, Step

__all__ = ["ASIDES", "PAUSES_KEPT", "REMEMBERED", "aside"]

ASIDES = frozenset({"pause", "resume", "extend", "lock", "unlock", "kick"})

REMEMBERED = 32
"""Commands whose redelivery is recognised after others have come; far more than one host sends in a redelivery."""

PAUSES_KEPT = 32
"""Of more pauses of one question the oldest are kept as one, of their length."""


def aside(state: SessionState, command: Command, now_ms: int) -> Step | Done | Refused:
    """Carry out one of ASIDES, which is not refused for other reasons; Done where there is nothing to change."""
    match command.kind:
        case "kick":
            return Step(_kicked(state, command), last=True)
        case "pause" if state.paused_at_ms is None:
            return _step(state, command, paused_at_ms=now_ms)
        case "resume" if state.paused_at_ms is not None:
            return _step(state, command, **_resumed(state, state.paused_at_ms, now_ms))
        case "extend":
            return _extended(state, command, now_ms)
        case "lock" | "unlock" if state.locked != (command.kind == "lock"):
            return _step(state, command, locked=command.kind == "lock")
    return Done()


def _step(state: SessionState, command: Command, **changes: object) -> Step:
    changed = msgspec.structs.replace(
        state,
        version=state.version + 1,
        seq=state.seq + 1,
        event="state",
        aside_id=command.id,
        done=(*state.done, command.id)[-REMEMBERED:],
        **changes,
    )
    return Step(changed, last=True)


def _kicked(state: SessionState, command: Command) -> SessionState:
    """A kick is no new version: a host's `expected_version` stays good."""
    return msgspec.structs.replace(
        state,
        seq=state.seq + 1,
        event="kicked",
        participant_id=command.participant_id,
        aside_id=command.id,
        done=(*state.done, command.id)[-REMEMBERED:],
    )


def _resumed(state: SessionState, paused_at_ms: int, now_ms: int) -> dict[str, object]:
    """What runs out is put off by as long as the pause took: what was left then is left now, whatever clocks did."""
    took_ms = now_ms - paused_at_ms
    pauses = (*state.pauses, (paused_at_ms, now_ms))
    if len(pauses) > PAUSES_KEPT:
        (start, end), (next_start, next_end), *later = pauses
        pauses = ((start, end + next_end - next_start), *later)
    changes: dict[str, object] = {"paused_at_ms": None, "pauses": pauses}
    if state.state == "open" and state.closes_at_ms is not None:
        changes["closes_at_ms"] = state.closes_at_ms + took_ms
    if state.next_at_ms is not None:
        changes["next_at_ms"] = state.next_at_ms + took_ms
    return changes


def _extended(state: SessionState, command: Command, now_ms: int) -> Step | Refused:
    """More time for the open question, or for the phase of timed pacing; also while it is paused."""
    more_ms = (command.seconds or 0) * 1000
    now_ms = now_ms if state.paused_at_ms is None else state.paused_at_ms
    if state.state == "open" and state.closes_at_ms is not None:
        return _step(state, command, closes_at_ms=max(state.closes_at_ms, now_ms) + more_ms)
    if state.state in ("lobby", "closed") and state.next_at_ms is not None:
        return _step(state, command, next_at_ms=max(state.next_at_ms, now_ms) + more_ms)
    return Refused("nothing_to_extend", "Nothing runs out: there is no time limit at the moment.")
