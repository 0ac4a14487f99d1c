"""A host: their account, their quizzes, and what they do to a session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import uuid4

from client.api import Api, ApiError
from client.bodies import (
    Imported,
    Leaderboard,
    Pacing,
    Page,
    ParticipantPage,
    Profile,
    Quiz,
    QuizDraft,
    Results,
    Scoring,
    Session,
    SessionPage,
    Standing,
    State,
    Ticket,
    Tokens,
)

__all__ = ["Host"]


class Host:
    """A host's account and what it does to a session."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def sign_in(self, email: str | None, password: str | None) -> None:
        """Log in; without an email register a fresh account first."""
        if email is None:
            email, password = f"host-{uuid4().hex[:12]}@example.com", uuid4().hex
            body = {"email": email, "password": password, "display_name": "Simulated host"}
            await self.api.call("POST", "/users/register", body=body, safe=False)
        credentials = {"email": email, "password": password}

        async def log_in() -> None:
            self.api.token = None
            tokens: Tokens = await self.api.call("POST", "/users/login", body=credentials)
            self.api.token = tokens["access_token"]

        await log_in()
        self.api.renew = log_in

    async def create_quiz(self, draft: QuizDraft) -> str:
        """Id of a new quiz."""
        quiz: Quiz = await self.api.call("POST", "/quizzes", body=draft, safe=False)
        return quiz["id"]

    async def profile(self) -> Profile:
        """Who is signed in."""
        profile: Profile = await self.api.call("GET", "/users/profile")
        return profile

    async def quiz(self, quiz_id: str) -> Quiz:
        """A quiz with all its questions."""
        quiz: Quiz = await self.api.call("GET", f"/quizzes/{quiz_id}")
        return quiz

    async def quizzes(self, cursor: str | None = None) -> Page:
        """One's own quizzes, the newest first, from a cursor on."""
        page: Page = await self.api.call("GET", f"/quizzes{_query(cursor=cursor)}")
        return page

    async def delete_quiz(self, quiz_id: str) -> None:
        """Delete a quiz; the results of its sessions stay."""
        await self.api.call("DELETE", f"/quizzes/{quiz_id}", safe=False)

    async def import_quiz(self, file: Path) -> Imported:
        """A quiz made of a file."""
        upload = (file.name, await asyncio.to_thread(file.read_bytes))
        imported: Imported = await self.api.call("POST", "/quizzes/import", file=upload, safe=False)
        return imported

    async def start(
        self, quiz_id: str, pacing: Pacing, scoring: Scoring = "flat", **settings: Any
    ) -> Session:
        """Start a session of a quiz; `settings` are other fields of the request, by name."""
        path = f"/quizzes/{quiz_id}/start"
        wanted = settings | {"pacing": pacing, "scoring": scoring}
        session: Session = await self.api.call("POST", path, body=wanted, safe=False)
        return session

    async def session(self, session_id: str) -> Session:
        """The session as it is now."""
        session: Session = await self.api.call("GET", f"/sessions/{session_id}")
        return session

    async def sessions(self, state: State | None = None, cursor: str | None = None) -> SessionPage:
        """One's own sessions, in this state if one is given, the newest first, from a cursor on."""
        page: SessionPage = await self.api.call("GET", f"/sessions{_query(state=state, cursor=cursor)}")
        return page

    async def participants(self, session_id: str, cursor: str | None = None) -> ParticipantPage:
        """Everybody who has joined, in the order they came, from a cursor on."""
        path = f"/sessions/{session_id}/participants{_query(cursor=cursor)}"
        page: ParticipantPage = await self.api.call("GET", path)
        return page

    async def next(self, session: Session) -> Session:
        """Open the question after `session`'s; done when that one is open, whoever heard of it."""
        session_id, index = session["id"], _index(session) + 1
        while True:
            try:
                body = {"expected_version": session["version"]}
                moved: Session = await self.api.call("POST", f"/sessions/{session_id}/next", body=body)
                return moved
            except ApiError as error:
                if error.code not in ("version_conflict", "session_busy"):
                    raise
            session = await self.session(session_id)
            if _index(session) >= index or session["state"] == "ended":
                return session
            await asyncio.sleep(0.2)

    async def close(self, session: Session) -> Session:
        """Close the open question; done when it is closed, be it by its deadline."""
        session_id = session["id"]
        while True:
            try:
                closed: Session = await self.api.call("POST", f"/sessions/{session_id}/close")
                return closed
            except ApiError as error:
                if error.code not in ("no_open_question", "session_busy", "session_ended"):
                    raise
            session = await self.session(session_id)
            if session["state"] != "closing":
                return session
            await asyncio.sleep(0.2)

    async def end(self, session: Session) -> Session:
        """End the session, whatever state it is in."""
        session_id = session["id"]
        while True:
            try:
                ended: Session = await self.api.call("POST", f"/sessions/{session_id}/end")
                return ended
            except ApiError as error:
                if error.code not in ("session_busy", "session_ended"):
                    raise
            session = await self.session(session_id)
            if session["state"] == "ended":
                return session
            await asyncio.sleep(0.2)

    async def pause(self, session_id: str) -> Session:
        """Take no answers, and keep what is left of the time; done when it is paused already."""
        return await self._command(session_id, "pause")

    async def resume(self, session_id: str) -> Session:
        """Go on after a pause."""
        return await self._command(session_id, "resume")

    async def extend(self, session: Session, seconds: int) -> Session:
        """Give the open question more time, once: unless something has happened since `session` was read."""
        body = {"seconds": seconds, "expected_version": session["version"]}
        extended: Session = await self.api.call("POST", f"/sessions/{session['id']}/extend", body=body)
        return extended

    async def lock(self, session_id: str) -> Session:
        """Let nobody new in."""
        return await self._command(session_id, "lock")

    async def unlock(self, session_id: str) -> Session:
        """Let newcomers in again."""
        return await self._command(session_id, "unlock")

    async def _command(self, session_id: str, name: str) -> Session:
        session: Session = await self.api.call("POST", f"/sessions/{session_id}/{name}")
        return session

    async def leaderboard(self, session_id: str) -> list[Standing]:
        """Everybody, best first."""
        board: Leaderboard = await self.api.call("GET", f"/sessions/{session_id}/leaderboard")
        return board["entries"]

    async def results(self, session_id: str) -> Results:
        """Statistics per question and everybody's answers."""
        results: Results = await self.api.call("GET", f"/sessions/{session_id}/results")
        return results

    async def kick(self, session_id: str, participant_id: str) -> Session:
        """Throw a participant out, for good."""
        path = f"/sessions/{session_id}/participants/{participant_id}/kick"
        session: Session = await self.api.call("POST", path)
        return session

    async def rename(self, session_id: str, participant_id: str, nickname: str) -> Session:
        """Give a participant another name, on every board."""
        path = f"/sessions/{session_id}/participants/{participant_id}/rename"
        session: Session = await self.api.call("POST", path, body={"nickname": nickname})
        return session

    async def ban(self, session_id: str, participant_id: str, *, address: bool = False) -> Session:
        """Throw a participant out, and keep their device out; with `address` whoever is new from their network as well."""
        path = f"/sessions/{session_id}/participants/{participant_id}/ban"
        session: Session = await self.api.call("POST", path, body={"address": address})
        return session

    async def ticket(self, session_id: str, role: Literal["host", "screen"] = "host") -> Ticket:
        """What lets a host or a screen open a WebSocket."""
        path = f"/sessions/{session_id}/tickets"
        ticket: Ticket = await self.api.call("POST", path, body={"role": role})
        return ticket


def _query(**wanted: str | None) -> str:
    given = {name: value for name, value in wanted.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def _index(session: Session) -> int:
    """Index of the current question, -1 in the lobby."""
    index = session["question_index"]
    return -1 if index is None else int(index)
