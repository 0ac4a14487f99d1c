"""`quizwire session`: one live run of a quiz; `quizwire recompute`, for short."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from nats.aio.client import Client

from bus.messages import SessionState
from db import participants, sessions
from web.api.session_bodies import SessionReply, shown
from web.commands import Bus, run_command
from web.console.site import Impossible, Site
from web.console.verbs import Commands, noun, verb
from web.problems import Problem
from web.recomputing import recompute

__all__ = ["add"]

RECOMPUTE_S = 120.0


def add(commands: Commands) -> None:
    """Declare it."""
    session = noun(commands, "session", "one live run of a quiz")
    recomputing = "Work out a session's scores again from the stored answers, and compare. Changes nothing."
    for where, name, run, text in (
        (session, "show", _show, "Show a session as it stands."),
        (session, "end", _end, "End a session, closing an open question."),
        (session, "recompute", _recompute, recomputing),
        (commands, "recompute", _recompute, recomputing),
    ):
        verb(where, name, run, text).add_argument(
            "session", metavar="SESSION", help="id of the session, or join code while it runs"
        )


def _show(parsed: argparse.Namespace, site: Site) -> Any:
    session = _session(site, parsed.session)
    if parsed.json:
        return shown(session)
    fields = {name: getattr(shown(session), name) for name in SessionReply.__struct_fields__}
    return {**fields, "participants": len(site.pool.call(participants.all_of, session["id"]))}


def _end(parsed: argparse.Namespace, site: Site) -> Any:
    session = _session(site, parsed.session)

    async def end(nc: Client) -> SessionState:
        return await run_command(Bus(nc, nc.jetstream(timeout=5)), "end", session["id"])

    try:
        state = site.on_nats(end)
    except Problem as problem:
        raise Impossible(problem.detail) from None
    return shown(_session(site, session["id"]), state)


def _recompute(parsed: argparse.Namespace, site: Site) -> Any:
    session_id = _session(site, parsed.session)["id"]
    try:
        found = site.on_nats(lambda nc: recompute(nc, session_id, RECOMPUTE_S))
    except TimeoutError:
        raise Impossible("nobody answered: is there a worker of the background queue?") from None
    if "error" in found:
        raise Impossible(found["error"])
    if not found["equal"]:
        print("quizwire: the scores are not what the stored answers are worth", file=sys.stderr)
        site.status = 1
    return found


def _session(site: Site, given: str) -> dict[str, Any]:
    session = site.pool.call(sessions.get, given) or site.pool.call(sessions.live_by_join_code, given)
    if session is None:
        raise Impossible(f"there is no session {given}")
    return session
