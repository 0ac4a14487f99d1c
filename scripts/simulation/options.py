"""What a simulation is asked to do; plain values, so that they travel to child processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """One simulated session."""

    urls: tuple[str, ...] = ("http://127.0.0.1:8000",)  # gateways; participants are spread over them in turn
    participants: int = 100
    questions: int | None = None  # play this many, then end; None plays them all
    pacing: Literal["host", "self"] = "host"
    scoring: Literal["flat", "speed", "linear"] = "flat"
    streak_bonus: bool = False
    penalty_percent: int = 0
    pace: Literal["full", "realistic"] = "full"
    thinking_s: tuple[float, float] = (0.5, 6.0)  # realistic pace: shortest and longest time before an answer
    reveal_s: float = 1.5  # realistic pace: how long people look at an answer before the host goes on
    seed: int = 1
    processes: int = 1
    email: str | None = None  # the host's account; None registers a fresh one
    password: str | None = None
    join_code: str | None = None  # of a session that somebody else runs; None runs one of our own
    quiz_id: str | None = None  # an existing quiz of this host
    import_file: Path | None = None  # an OpenTriviaQA file; neither of the two plays the demo quiz
    joining: int = 32  # joins and handshakes under way at once
    question_timeout_s: float = 60.0  # the host closes a question after this, answered or not
    patience_s: float = 30.0  # for the crowd to hear of the end, and then for the last rows to be stored
