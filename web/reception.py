"""Where participants come in: a hall at once through one call, and whoever does not simply get in by themselves.

A group goes through with a few statements for all of it. Who is refused there is asked again alone, and only alone anybody is
told why: each refusal is made in one place, and nobody's trouble is another's.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import structlog
from nats.aio.client import Client
from redis import Redis

from bus.messages import SessionState, decode
from db import guesses, joining, live, quizzes, sessions
from db.errors import Conflict, InvalidNickname
from db.joining import Newcomer
from db.pool import Pool
from web.board import Place, take_place, tell_boards
from web.giving_way import giving_way
from web.nickname_rules import is_allowed, require_allowed
from web.problems import Problem
from web.session_settings import settings_of
from web.together import Together
from web.tokens import Caller

__all__ = ["Reception", "Visitor"]

REMEMBERED_S = 1.0
"""How long a join code is known to lead to its session. That it still runs is asked again when somebody enters."""

_CODE_FILLERS = re.compile(r"[\s-]")

log = structlog.get_logger(__name__)


class Visitor(NamedTuple):
    """Somebody who wants to join."""

    quiz_id: str  # or a join code
    who: Caller | None  # None: a guest
    network: str
    nickname: str | None
    device_token: str | None

    @property
    def code(self) -> str | None:
        """The join code they gave, if it is one."""
        code = _CODE_FILLERS.sub("", self.quiz_id)
        return code if code.isascii() and code.isdigit() else None

    def at_the_door(self, session: dict[str, Any]) -> Newcomer:
        """They, before a session. Raises InvalidNickname."""
        return joining.newcomer(
            session["id"],
            None if self.who is None else self.who.user_id,
            self.nickname,
            login_id=None if self.who is None else self.who.login_id,
            device_token=self.device_token,
            network=self.network,
        )


class _Unsure(NamedTuple):
    """Did not simply get in; if they got to the door, then as this newcomer."""

    newcomer: Newcomer | None = None


class Reception:
    """The reception of one node."""

    def __init__(self, pool: Pool, redis: Redis, nc: Client) -> None:
        self._pool = pool
        self._redis = redis
        self._nc = nc
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}  # until when (monotonic) a code leads where
        self._together: Together[Visitor, dict[str, Any] | _Unsure] = Together(self._enter_together)

    async def join(self, visitor: Visitor) -> dict[str, Any]:
        """The participant they are now, stored and on the board. Raises DbError, Problem."""
        entered = await self._together(visitor)
        if not isinstance(entered, _Unsure):
            return entered
        participant, totals = await self._pool.run(self._enter_alone, visitor, entered.newcomer)
        place = participant["id"], participant["nickname"], totals
        await self._tell(participant["session_id"], [place])
        return participant

    async def _enter_together(self, group: list[Visitor]) -> Sequence[dict[str, Any] | _Unsure]:
        results, groups = await self._pool.run(self._enter_all, group)
        for session_id, places in groups.items():
            await self._tell(session_id, places)
        return results

    async def _tell(self, session_id: str, places: Sequence[Place]) -> None:
        """Show newcomers on the boards. Raises nothing: they are in, and rooms that were not told ask for what they miss."""
        try:
            await tell_boards(self._nc, session_id, places)
        except Exception as error:
            log.warning(
                "boards_not_told", session_id=session_id, people=len(places), error=type(error).__name__
            )

    def _enter_all(
        self, group: list[Visitor]
    ) -> tuple[list[dict[str, Any] | _Unsure], dict[str, list[Place]]]:
        """What has become of each, and by session who has got which place on the board. Raises nothing."""
        results: list[dict[str, Any] | _Unsure] = [_Unsure()] * len(group)
        groups: dict[str, list[Place]] = {}
        try:
            newcomers = self._at_the_doors(group)
            for number, newcomer in newcomers.items():
                results[number] = _Unsure(newcomer)
            admitted = joining.admit_all(list(newcomers.values()))
            inside = {number: one for number, one in zip(newcomers, admitted, strict=True) if one is not None}
            by_session = defaultdict(list)
            for number, one in inside.items():
                by_session[one["session_id"]].append(number)
            entered = live.enter_all(
                self._redis,
                {
                    session_id: [(inside[number]["id"], inside[number]["nickname"]) for number in numbers]
                    for session_id, numbers in by_session.items()
                },
            )
            for session_id, numbers in by_session.items():
                all_totals = entered[session_id]
                if all_totals is None:  # the session has to be rebuilt first, which may take long
                    continue
                places: list[Place] = []
                for number, totals in zip(numbers, all_totals, strict=True):
                    if totals is not None:  # not thrown out since they were stored
                        results[number] = one = inside[number]
                        places.append((one["id"], one["nickname"], totals))
                if places:
                    groups[session_id] = places
        except Exception as error:
            log.warning("group_not_let_in", people=len(group), error=type(error).__name__)
        return results, groups

    def _at_the_doors(self, group: list[Visitor]) -> dict[int, Newcomer]:
        """Those of the group, by their number in it, whom nothing but their name or a ban may keep out."""
        found = self._behind_codes(
            {(visitor.network, code) for visitor in group if (code := visitor.code) is not None}
        )
        running = {session["id"]: session for session in found.values()}
        states = dict(zip(running, live.states(self._redis, list(running)), strict=True))
        shut = {session_id for session_id, one in running.items() if _shut(states[session_id], one)}
        newcomers = {}
        for number, visitor in giving_way(enumerate(group)):
            session = found.get((visitor.network, visitor.code or ""))
            if session is None or session["id"] in shut:
                continue
            if visitor.nickname is not None and not is_allowed(
                visitor.nickname, settings_of(session).nickname_filter
            ):
                continue
            with suppress(InvalidNickname):
                newcomers[number] = visitor.at_the_door(session)
        return newcomers

    def _behind_codes(self, tried: set[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
        """The running sessions by network and join code, where the network may try this code."""
        pairs = list(tried)
        found = {}
        right = []
        for pair, (wait_s, known) in zip(pairs, guesses.look_all(self._redis, pairs), strict=True):
            session = None if wait_s else self._behind(pair[1])
            if session is not None:
                found[pair] = session
                if not known:
                    right.append(pair)
        guesses.hit_all(self._redis, right)
        return found

    def _behind(self, code: str) -> dict[str, Any] | None:
        """The session that was running a moment ago behind this code."""
        now = time.monotonic()
        until, session = self._known.get(code, (0.0, None))
        if until < now:
            session = sessions.live_by_join_code(code)
            self._known = {known: one for known, one in self._known.items() if one[0] > now}
            if session is not None:
                self._known[code] = now + REMEMBERED_S, session
        return session

    def _enter_alone(
        self, visitor: Visitor, newcomer: Newcomer | None
    ) -> tuple[dict[str, Any], live.Entered]:
        """The participant, and their place on the board."""
        code = visitor.code
        if code is not None:
            session = _behind_code(self._redis, visitor.network, code)
        else:
            session = _running(visitor.quiz_id, visitor.who)
        if visitor.nickname is not None:
            require_allowed(visitor.nickname, settings_of(session).nickname_filter)
        if newcomer is None or newcomer.session_id != session["id"]:
            newcomer = visitor.at_the_door(session)
        participant = joining.admit(newcomer, _shut(live.states(self._redis, [session["id"]])[0], session))
        return participant, take_place(self._redis, session["id"], participant["id"], participant["nickname"])


def _shut(known: bytes | None, session: dict[str, Any]) -> Conflict | None:
    """Why nobody new gets into a session as it is just now; `known` is what Redis has of it."""
    stored = session["live"] if known is None else known
    if stored is None:
        return None
    state = decode(bytes(stored), SessionState)
    if state.locked:
        return Conflict("session_locked", "the host lets nobody new in: ask them to unlock the session")
    until = state.settings.late_join_until
    closed = state.question_index + (state.state not in ("open", "closing"))
    if until is not None and state.question_index >= 0 and closed >= until:
        return Conflict("late_join_denied", "the session has gone on too far for somebody new")
    return None


def _behind_code(redis: Redis, address: str, code: str) -> dict[str, Any]:
    """The running session with this join code. Raises Problem 404, or 429 for an address with too many wrong ones."""
    wait_s, known = guesses.look(redis, address, code)
    if wait_s:
        raise Problem(
            429,
            "rate_limited",
            "Too many wrong join codes came from your network: wait, and check the code with the host.",
            retryable=True,
            headers={"Retry-After": str(wait_s)},
        )
    session = sessions.live_by_join_code(code)
    if session is None:
        guesses.miss(redis, address)
        raise Problem(404, "not_found", "No running session has this join code: check it with the host.")
    if not known:
        guesses.hit(redis, address, code)
    return session


def _running(quiz_id: str, who: Caller | None) -> dict[str, Any]:
    """The newest running session of a quiz.

    Raises Problem 404, 409 `session_ended` when its last one is over, or 403 `join_code_needed` when the id is no secret.
    """
    session = sessions.live_by_quiz(quiz_id)
    if session is None:
        if quizzes.status(quiz_id) == "ENDED":
            raise Problem(409, "session_ended", "The session of this quiz is over.")
        # A quiz that was never started is its author's alone.
        raise Problem(
            404, "not_found", "No session of this quiz is running: check the id, or wait for the host."
        )
    if quizzes.is_public(quiz_id) and not (who is not None and who.may_act_for(session["host_id"])):
        raise Problem(403, "join_code_needed", "This quiz is public: ask the host for the join code.")
    return session
