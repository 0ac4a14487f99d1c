"""What rooms read of their sessions: live state, leaderboard, recorded answers. Called from the pool's threads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import redis
from nats.js import JetStreamContext

from bus.leaderboard import Leaderboard
from bus.messages import Event, Question, Quiz, SessionState, decode
from bus.order import arranged
from db import claims, live, rooms, scoreboard
from db.errors import Conflict, NotFound
from db.pool import Pool
from db.scoreboard import Answer, Wanted
from web.gateway.connection import OwnAnswer
from web.gateway.past_events import past_events
from web.gateway.room import Room
from web.standings import standings
from web.together import Together

__all__ = ["Store"]

CHUNK = 100
"""Questions looked up at once; in self pacing they are answered in order, so a chunk without answers is the last."""


class Store:
    """Redis and PostgreSQL as rooms need them."""

    def __init__(self, pool: Pool, redis_client: redis.Redis, js: JetStreamContext) -> None:
        self._pool = pool
        self._redis = redis_client
        self._js = js
        # After a node has gone, everybody of it comes back at once.
        self._own: Together[Wanted, dict[str, Answer]] = Together(self._own_answers)

    async def events(self, session_id: str) -> list[Event]:
        """The session's events of the last two minutes, in order."""
        return await past_events(self._js, session_id)

    async def clock(self) -> int:
        """Microseconds by the clock of Redis, which is the same for all nodes."""
        return await self._pool.run(claims.clock, self._redis)

    async def note_here(self, session_id: str, node_id: str) -> None:
        """Have whoever closes a question know that this node has the room."""
        await self._pool.run(rooms.here, self._redis, session_id, node_id)

    async def note_gone(self, session_id: str, node_id: str) -> None:
        """This node has the room no more."""
        await self._pool.run(rooms.gone, self._redis, session_id, node_id)

    async def load(self, session_id: str) -> Room | None:
        """A room as the session stands now, rebuilt if Redis lost it; None for a session that is not running."""
        return await self._pool.run(self._load, session_id)

    async def board(self, room: Room) -> Leaderboard:
        """The leaderboard as everybody may see it at the room's state. Raises LookupError when it is gone."""
        board = await self._pool.run(standings, self._redis, room.session_id, room.state, room.quiz)
        if board is None:
            raise LookupError(f"no leaderboard of session {room.session_id}")
        return board

    async def answers_to(
        self, room: Room, question: Question, participant_ids: Sequence[str]
    ) -> dict[str, OwnAnswer]:
        """What these participants answered to one question, by participant id."""
        recorded = await self._pool.run(
            scoreboard.answers_of_question, self._redis, room.session_id, question.id, participant_ids
        )
        return {participant_id: _own(answer) for participant_id, answer in recorded.items()}

    async def own_answers(self, room: Room, participant_id: str) -> dict[str, OwnAnswer]:
        """What is recorded of one participant's answers so far, by question id."""
        asked: Sequence[Question] = room.quiz.questions
        if room.state.pacing != "self":
            asked = asked[: room.state.question_index + 1]
        else:
            asked = [asked[place] for place in room.order.questions(participant_id)]
        if not asked:  # in the lobby, where a whole hall comes in at once
            return {}
        first, *more = _chunks([question.id for question in asked])
        recorded = await self._own((room.session_id, participant_id, first))
        if more:
            recorded |= await self._pool.run(
                self._more_answers, room.session_id, participant_id, more, bool(recorded)
            )
        hidden = room.hidden_question_id()
        return {
            question_id: _own(answer, told=question_id != hidden) for question_id, answer in recorded.items()
        }

    def _load(self, session_id: str) -> Room | None:
        try:
            loaded = live.restore(self._redis, session_id)
        except (NotFound, Conflict):
            return None
        state = decode(loaded.state, SessionState)
        quiz = arranged(msgspec.json.decode(loaded.quiz, type=Quiz), state.settings)
        board = standings(self._redis, session_id, state, quiz)
        if board is None:
            raise LookupError(f"no leaderboard of session {session_id}")
        room = Room(quiz, state, board)
        asked = room.hidden_question_id()
        if asked is not None:
            room.progress.load(scoreboard.choices(self._redis, session_id, asked))
        return room

    async def _own_answers(self, wanted: list[Wanted]) -> list[dict[str, Answer]]:
        return await self._pool.run(scoreboard.answers_of_participants, self._redis, wanted)

    def _more_answers(
        self, session_id: str, participant_id: str, chunks: Sequence[Sequence[str]], begun: bool
    ) -> dict[str, Answer]:
        found: dict[str, Answer] = {}
        for chunk in chunks:
            recorded = scoreboard.answers_of_participant(self._redis, session_id, participant_id, chunk)
            if not recorded and (begun or found):
                break
            found |= recorded
        return found


def _own(answer: Answer, *, told: bool = False) -> OwnAnswer:
    return OwnAnswer(
        answer_id=answer.answer_id,
        option=answer.option,
        stored=True,
        correct=answer.correct,
        points=answer.points,
        finished_at_ms=answer.finished_at_ms,
        latency_ms=answer.latency_ms,
        told=told,
    )


def _chunks(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
