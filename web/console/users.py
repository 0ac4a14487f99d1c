"""`quizwire user`: accounts and their logins.

Passwords are typed at a prompt or piped in, never arguments: those show in `ps` and stay in the shell's history.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from nats.aio.client import Client

from bus import subjects
from bus.messages import Revoked, encode
from db import logins, users
from db.ids import is_id
from web.api.account_bodies import valid_email
from web.console.site import Impossible, Site
from web.console.verbs import Commands, noun
from web.console.verbs import verb as declare
from web.passwords import MAX_LENGTH, MIN_LENGTH, hash_here
from web.problems import Problem

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declare it."""
    verbs = noun(commands, "user", "accounts and their logins")

    def verb(name: str, run: Any, text: str, *, on_user: bool = True) -> argparse.ArgumentParser:
        command = declare(verbs, name, run, text)
        if on_user:
            command.add_argument("user", metavar="USER", help="e-mail address or id")
        return command

    create = verb(
        "create-admin", _create_admin, "Make an admin; asks for the password, or reads a line.", on_user=False
    )
    create.add_argument("email", metavar="EMAIL")
    create.add_argument("--name", default="Admin", help="display name")
    grant = verb("grant", _grant, "Give a user a role, from their next request on.")
    grant.add_argument("role", choices=("participant", "host", "admin"))
    listing = verb("list", _list, "List users in the order they registered.", on_user=False)
    listing.add_argument("--role", choices=("participant", "host", "admin"))
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--after", metavar="ID", help="go on behind this user")
    verb("logins", _logins, "List a user's logins, the newest first.")
    revoke = verb("revoke", _revoke, "End a user's logins, or one of them; their WebSockets close.")
    revoke.add_argument("login", nargs="?", metavar="LOGIN", help="id of the login (default: all)")
    ban = verb("ban", _ban, "Keep a user out; their WebSockets close.")
    ban.add_argument("--lift", action="store_true", help="let them in again")


def _create_admin(parsed: argparse.Namespace, site: Site) -> Any:
    try:
        email = valid_email(parsed.email)
    except Problem as problem:
        raise Impossible(problem.detail) from None
    password_hash = hash_here(_password())
    return site.pool.call(users.create, email, password_hash, parsed.name, "admin")


def _grant(parsed: argparse.Namespace, site: Site) -> Any:
    return site.pool.call(users.grant, _user(site, parsed.user)["id"], parsed.role)


def _list(parsed: argparse.Namespace, site: Site) -> Any:
    return site.pool.call(users.page, parsed.role, parsed.limit, parsed.after)


def _logins(parsed: argparse.Namespace, site: Site) -> Any:
    return site.pool.call(logins.of_user, _user(site, parsed.user)["id"])


def _revoke(parsed: argparse.Namespace, site: Site) -> Any:
    user_id = _user(site, parsed.user)["id"]
    if parsed.login is None:
        ended = site.pool.call(logins.end_all, user_id)
    else:
        if parsed.login not in (login["id"] for login in site.pool.call(logins.of_user, user_id)):
            raise Impossible(f"this user has no login {parsed.login}")
        ended = [parsed.login] if site.pool.call(logins.end, parsed.login) else []
    _tell(site, Revoked(user_id, tuple(ended)))
    return {"user_id": user_id, "ended": ended}


def _ban(parsed: argparse.Namespace, site: Site) -> Any:
    user_id = _user(site, parsed.user)["id"]
    ended = site.pool.call(users.ban, user_id, not parsed.lift)
    if not parsed.lift:
        _tell(site, Revoked(user_id))
    return {"user_id": user_id, "banned": not parsed.lift, "ended": ended}


def _user(site: Site, given: str) -> dict[str, Any]:
    user = site.pool.call(users.get, given) if is_id(given) else site.pool.call(users.by_email, given)
    if user is None:
        raise Impossible(f"there is no user {given}")
    return user


def _password() -> str:
    """Typed twice at a terminal, else the first line of stdin."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise Impossible("these were two different passwords")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Impossible(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    return password


def _tell(site: Site, revoked: Revoked) -> None:
    """Have the gateways close the sockets; they find out by themselves, later, when nobody can tell them."""

    async def publish(nc: Client) -> None:
        await nc.publish(subjects.revocations(), encode(revoked))
        await nc.flush()

    try:
        site.on_nats(publish)
    except Exception as error:
        print(
            f"quizwire: done, but {error}; open WebSockets close within a minute",
            file=sys.stderr,
        )
