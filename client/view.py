"""What a client knows of a session: every message of the WebSocket contract, folded into one value.

Pure: give it decoded messages in the order they came, and look at it. It says by `wants_sync` when something is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Message", "View"]

Message = dict[str, Any]
Entry = tuple[str, int, int]
"""nickname, score, time_ms"""


@dataclass
class View:
    """A session as one participant, host or screen sees it. Questions, answers and results are as they came."""

    role: str | None = None
    participant_id: str | None = None
    epoch: str | None = None
    seq: int = 0  # number of the last event
    state: str | None = None
    question: Message | None = None  # that is open
    answers: dict[str, Message] = field(default_factory=dict)  # own, by question id: option, correct, points
    closed: dict[str, Message] = field(default_factory=dict)  # question_closed, by question id
    score: int | None = None
    rank: int | None = None
    board: dict[str, Entry] = field(default_factory=dict)  # by participant id
    board_epoch: str | None = None
    board_version: int = 0
    podium: list[Message] | None = None
    kicked: bool = False
    wants_sync: bool = False  # send `sync`: something was missed
    resumed: bool = False  # the last welcome went on where the connection before was cut

    def take(self, message: Message) -> None:
        """Fold one message in. Unknown types are ignored, and so are events that were there before."""
        kind = message["type"]
        if "seq" in message and kind not in ("welcome", "snapshot") and not self._advance(message["seq"]):
            return
        handler = getattr(self, f"_on_{kind}", None)
        if handler is not None:
            handler(message)

    def ranked(self) -> list[tuple[int, str, Entry]]:
        """`(rank, participant_id, entry)`, best first; equal scores share a rank: 1-2-2-4."""
        ordered = sorted(self.board.items(), key=lambda item: (-item[1][1], item[1][2], item[0]))
        scores = [entry[1] for _, entry in ordered]
        return [(1 + scores.index(entry[1]), participant_id, entry) for participant_id, entry in ordered]

    def _advance(self, seq: int) -> bool:
        if seq <= self.seq:
            return False
        if seq > self.seq + 1:
            self.wants_sync = True
        self.seq = seq
        return True

    def _on_welcome(self, message: Message) -> None:
        self.role, self.participant_id = message["role"], message["participant_id"]
        self.resumed = message["resumed"]

    def _on_snapshot(self, message: Message) -> None:
        self.epoch, self.seq, self.state = message["epoch"], message["seq"], message["state"]
        self.question = message["question"]
        self.score, self.rank = message["score"], message["rank"]
        for answer in message["answers"]:
            known = {name: answer[name] for name in ("option", "correct", "points") if name in answer}
            self.answers.setdefault(answer["question_id"], {}).update(known)
        self._on_leaderboard(message["leaderboard"])
        self.wants_sync = False

    def _on_state(self, message: Message) -> None:
        self.state = message["state"]

    def _on_question(self, message: Message) -> None:
        self.state = "open"
        self.question = {name: message[name] for name in message if name not in ("type", "seq", "version")}

    def _on_question_closed(self, message: Message) -> None:
        self.state, self.question = "closed", None
        self.closed[message["question_id"]] = {
            name: message[name] for name in ("correct_option", "counts", "explanation")
        }

    def _on_ack(self, message: Message) -> None:
        if message["status"] == "duplicate":
            self.answers.setdefault(message["question_id"], {})["option"] = message["option"]

    def _on_result(self, message: Message) -> None:
        self.score, self.rank = message["score"], message["rank"]
        self.answers.setdefault(message["question_id"], {}).update(
            correct=message["correct"], points=message["points"]
        )
        if "next" in message:
            self.question = message["next"]

    def _on_leaderboard(self, message: Message) -> None:
        entries = {row[0]: (row[1], row[2], row[3]) for row in message["entries"]}
        if message.get("full"):
            if message["epoch"] != self.board_epoch or message["version"] >= self.board_version:
                self.board = entries
            self.board_epoch, self.board_version = message["epoch"], message["version"]
        elif message["epoch"] != self.board_epoch or message["base"] > self.board_version:
            self.wants_sync = True
        elif message["version"] > self.board_version:
            self.board |= entries
            self.board_version = message["version"]

    def _on_ended(self, message: Message) -> None:
        self.state, self.question = "ended", None
        self.podium = message["podium"]

    def _on_kicked(self, _: Message) -> None:
        self.kicked = True
