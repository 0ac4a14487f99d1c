"""A session's connections on this node, with all that is needed to serve them.

A room applies what the bus tells it (events, leaderboard deltas, outcomes) and writes frames. It never waits and does
no I/O but writing to transports; `rooms.py` feeds it and loads it.
"""

from __future__ import annotations

import asyncio
import time

from bus import pauses
from bus.leaderboard import Leaderboard
from bus.messages import BoardDelta, Event, Question, Quiz, SessionState
from bus.order import Order, shown_key
from web.gateway import outgoing, views
from web.gateway.audience import Audience
from web.gateway.boards import Boards
from web.gateway.connection import Connection
from web.gateway.errors import Close
from web.gateway.frames import Frames
from web.gateway.history import Happened, History
from web.gateway.progress import Progress
from web.gateway.results import Results
from web.gateway.shown import Shown
from web.gateway.stopwatch import Stopwatch
from web.standings import withheld_question

__all__ = ["Room"]

HELD_S = 0.05
"""`closing` is told with the reveal, which nearly always comes sooner than this; and that with results and board."""


class Room:
    """One session on one gateway node."""

    def __init__(self, quiz: Quiz, state: SessionState, board: Leaderboard) -> None:
        self.quiz = quiz
        self.state = state
        self.board = board
        self.connections: dict[str, Connection] = {}  # by connection id
        self.audience = Audience(self.connections)
        self.participants: dict[str, Connection] = {}  # by participant id
        self.watchers: dict[str, Connection] = {}  # hosts and screens, by connection id
        self.history = History()
        self.order = Order(quiz, state.settings)
        self.question_by_id = {question.id: question for question in quiz.questions}
        now, now_ms = time.monotonic(), time.time_ns() // 1_000_000
        self.stopwatch = Stopwatch(state, now, now_ms)
        opens_at_ms = now_ms if state.opens_at_ms is None else state.opens_at_ms
        # When the open question was written here, by the stopwatch.
        self.shown_at = self.stopwatch.read(now) - pauses.running_ms(state, opens_at_ms, now_ms) / 1000
        self.shown = Shown()  # … and to each participant who was here
        self.partial = self.withholding  # loaded without the points of the open question
        self._held: dict[str, tuple[int, int, int]] = {}  # totals nobody may see yet: score, time_ms, version
        self._release_at: asyncio.TimerHandle | None = None
        self.boards = Boards(self)
        self.progress = Progress(self)
        self.results = Results(self)

    @property
    def session_id(self) -> str:
        """The session this room is of."""
        return self.state.session_id

    @property
    def current_question(self) -> Question | None:
        """The question everybody is at, in host pacing; None when none has been opened yet, or in self pacing."""
        if self.state.pacing == "self" or self.state.question_index < 0:
            return None
        return self.quiz.questions[self.state.question_index]

    @property
    def withholding(self) -> bool:
        """True while a score that moves would tell what is right: host pacing, a question open."""
        return self.hidden_question_id() is not None

    def is_late(self, now: float) -> bool:
        """Whether the open question's time is over at `now`, monotonic: counted from its writing, whatever clocks say."""
        allowed_ms = pauses.allowed_ms(self.state)
        return allowed_ms is not None and self.stopwatch.read(now) - self.shown_at > allowed_ms / 1000

    def shown_to(self, participant_id: str, question_id: str) -> float:
        """When a participant was shown the question they are at, by the stopwatch; when it opened, if that was not here."""
        at = self.shown.at(participant_id, question_id)
        return self.shown_at if at is None else at

    def question_of(self, connection: Connection) -> tuple[int, Question] | None:
        """Index and question that a participant is to answer next in self pacing; None when all are answered."""
        if connection.path is None:
            connection.path = self.order.questions(connection.participant_id)
        for index, place in enumerate(connection.path):
            question = self.quiz.questions[place]
            answer = connection.answers.get(question.id)
            if answer is None or not answer.recorded:
                return index, question
        return None

    def order_for(self, connection: Connection, question_id: str) -> str:
        """The order in which a connection sees a question's options; see bus/order.py."""
        return self.order.options(question_id, connection.participant_id)

    def shown_key(self, connection: Connection, question_id: str, key: str) -> str:
        """The key under which a connection sees the author's option `key`."""
        return shown_key(self.order_for(connection, question_id), key)

    # Members

    def join(self, connection: Connection) -> Connection | None:
        """Take a connection in; returns the one of the same participant that has to go, if any."""
        self.connections[connection.id] = connection
        self.audience.enter(connection)
        if connection.participant_id is None:
            self.watchers[connection.id] = connection
            return None
        known = self.participants.get(connection.participant_id)
        if known is not None and (known.admitted, known.id) > (connection.admitted, connection.id):
            return connection
        self.participants[connection.participant_id] = connection
        if known is not None:
            self._forget(known)
        return known

    def leave(self, connection: Connection) -> None:
        """Forget a connection; twice is harmless."""
        self._forget(connection)
        self.watchers.pop(connection.id, None)
        participant_id = connection.participant_id
        if participant_id is not None and self.participants.get(participant_id) is connection:
            del self.participants[participant_id]

    def _forget(self, connection: Connection) -> None:
        self.connections.pop(connection.id, None)
        self.audience.leave(connection)

    def replace(self, participant_id: str, connection_id: str, admitted: int) -> None:
        """Somebody has a connection, admitted at that time: close the one here if it is older."""
        here = self.participants.get(participant_id)
        if here is not None and (here.admitted, here.id) < (admitted, connection_id):
            here.end(Close.REPLACED, "a newer connection of this participant took over")

    # Writing

    def write(self, frames: Frames, *, shows: bool = False) -> None:
        """The same to all. Whoever cannot take it is closed as slow and will resume.

        `shows` when a question's time begins with it: for each socket as it is written to.
        """
        if frames.question_id is None:
            self.audience.write(frames.shown(""))
            return
        for connection in self.connections.values():
            connection.write(self.frame_for(connection, frames))
            if shows:
                self.note_shown(connection, frames.question_id)

    def _hold(self, frames: Frames) -> None:
        """The same to all, together with what follows; by itself when nothing does."""
        for connection in self.connections.values():
            connection.hold(self.frame_for(connection, frames))
        self.audience.holding = True
        if self._release_at is None:
            self._release_at = asyncio.get_running_loop().call_later(HELD_S, self.release)

    def release(self) -> None:
        """Write what is held for anybody."""
        if self._release_at is not None:
            self._release_at.cancel()
            self._release_at = None
        for connection in self.connections.values():
            connection.release()
        self.audience.holding = False

    def note_shown(self, connection: Connection, question_id: str) -> None:
        """A question's time begins for this participant now."""
        if connection.participant_id is not None:
            self.shown.note(connection.participant_id, question_id, self.stopwatch.read(time.monotonic()))

    def frame_for(self, connection: Connection, frames: Frames) -> bytes:
        """What this connection is written of them."""
        about = frames.question_id
        return frames.shown("" if about is None else self.order_for(connection, about))

    def hidden_question_id(self) -> str | None:
        """The question whose outcome nobody may know yet; None when there is none."""
        return withheld_question(self.state, self.quiz)

    # Events

    def move(self, state: SessionState) -> None:
        """The session is at `state` now; from here on answers are judged by it."""
        now = time.monotonic()
        self.stopwatch.follow(self.state, state, now, time.time_ns() // 1_000_000)
        if state.question_index != self.state.question_index:
            self.shown_at = self.stopwatch.read(now)
        self.state = state
        if not self.withholding:
            held, self._held = self._held, {}
            for participant_id, totals in held.items():
                self.put(participant_id, None, *totals)

    def announce(self) -> None:
        """Write the event of the current state to everybody, and remember it for those who are away."""
        state = self.state
        if state.event == "kicked":
            self._announce_kick(state)
        happened = self._happened(state, time.monotonic())
        self.history.add(happened)
        if state.state == "closing" or state.event == "question_closed":
            self._hold(happened.frames)
        else:
            self.write(happened.frames, shows=state.event == "question")
        self.progress.begin()
        if (
            state.event == "kicked"
            and state.participant_id is not None
            and self.board.remove(state.participant_id)
        ):
            self.boards.send_whole()

    def _announce_kick(self, state: SessionState) -> None:
        kicked = None if state.participant_id is None else self.participants.get(state.participant_id)
        if kicked is not None:
            kicked.send(outgoing.Kicked(seq=state.seq))
            self.leave(kicked)
            kicked.end(Close.KICKED, "removed by the host")
        if state.participant_id is not None:
            self.progress.forget(state.participant_id)

    def _happened(self, state: SessionState, at: float) -> Happened:
        frames = Frames(views.event(state, self.quiz, self.board))
        closed = self.quiz.questions[state.question_index].id if state.event == "question_closed" else None
        return Happened(state.seq, at, frames, closed)

    # Coming back

    def recall(self, events: list[Event]) -> None:
        """Remember events that happened before this node had the room."""
        now, now_ms = time.monotonic(), time.time_ns() // 1_000_000
        self.history.fill(
            [
                self._happened(event.state, now - max(0, now_ms - event.at_ms) / 1000)
                for event in events
                if event.epoch == self.board.epoch and event.state.seq <= self.state.seq
            ]
        )

    # Leaderboard

    def apply(self, delta: BoardDelta) -> bool:
        """Merge a delta; False when it is of another epoch and the board must be loaded afresh."""
        if delta.epoch != self.board.epoch:
            return False
        for entry in delta.entries:
            self.put(entry.participant_id, entry.nickname, entry.score, entry.time_ms, delta.version)
        self.board.saw(delta.version)
        self.progress.note(delta.answered)
        return True

    def put(self, participant_id: str, nickname: str | None, score: int, time_ms: int, version: int) -> None:
        """One absolute total onto the board, and soon to everybody; a score nobody may see yet is held back."""
        if self.withholding and participant_id in self.board.entries:
            if version >= self._held.get(participant_id, (0, 0, 0))[2]:
                self._held[participant_id] = (score, time_ms, version)
            if nickname is None or not self.board.rename(participant_id, nickname, version):
                return
        else:
            known = participant_id in self.board.entries
            self.board.put(participant_id, nickname, score, time_ms, version)
            if not known:
                if participant_id in self.board.entries:
                    self.boards.came(self.board.entries[participant_id])
                return
        if self.board.has_changes:
            self.boards.changed()

    def load_board(self, board: Leaderboard) -> None:
        """Replace the board, after a gap or a rebuild, without writing it; what came meanwhile is kept."""
        if board.epoch == self.board.epoch:
            board.absorb(self.board)
            board.take_changes()
        else:
            self._held.clear()
        self.board = board
        self.partial = self.withholding
        self.boards.replaced()
