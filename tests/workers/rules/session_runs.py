"""Running commands through the state machine, as the actor does, for the tests of its rules."""

from __future__ import annotations

from bus.messages import Command, Option, Question, Quiz, SessionState
from bus.pauses import due_at_ms
from workers.rules.session import advance, initial, settle
from workers.rules.steps import Done, Refused, Settle, Settled, Step

OPTIONS = (Option("A", "yes"), Option("B", "no"))
QUIZ = Quiz(
    "quiz", "Two", (Question("q1", "?", OPTIONS, "A"), Question("q2", "?", OPTIONS, "B", time_limit_s=20))
)
SETTLED = Settled(counts={"A": 3, "B": 1}, board_version=9)
_serial = iter(range(1_000_000))


def command(kind: str, **more) -> Command:
    return Command(id=f"c{next(_serial)}", kind=kind, session_id="s", issued_at_ms=0, **more)


def start(pacing: str = "host", **more) -> SessionState:
    return initial("s", "h", QUIZ, pacing, "flat/2", "start", **more)


def run(state: SessionState, todo: Command, now_ms: int = 1000, between=lambda state: None):
    """Carry a command out as the actor does; `between(state)` is called at every state on the way."""
    trail = [state]
    while True:
        action = advance(state, todo, QUIZ, now_ms)
        if isinstance(action, Done | Refused):
            return state, action, trail
        if isinstance(action, Settle):
            action = settle(state, todo, SETTLED, now_ms)
        assert isinstance(action, Step)
        state = action.state
        trail.append(state)
        if action.last:
            return state, Done(), trail
        between(state)


def overdue(state: SessionState) -> Command:
    """The deadline that was scheduled for a state."""
    return command(
        "deadline", question_index=state.question_index, phase=state.state, due_at_ms=due_at_ms(state)
    )
