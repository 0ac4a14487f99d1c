"""What a command may lead to next."""

from __future__ import annotations

from dataclasses import dataclass

from bus.messages import SessionState

__all__ = ["Done", "Refused", "Settle", "Settled", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """Go to this state and announce it; `last` when the command is done with it."""

    state: SessionState
    last: bool = False


@dataclass(frozen=True, slots=True)
class Settle:
    """Wait until everything accepted has been scored, then call `settle`."""


@dataclass(frozen=True, slots=True)
class Done:
    """The command has reached what it wanted; the state as it is answers it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The command cannot be carried out; `code` is stable, `message` says what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known once everything accepted has been scored."""

    counts: dict[str, int]  # answers per option key of the question that closes
    board_version: int  # leaderboard version that holds all of them
