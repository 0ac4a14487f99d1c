"""`quizwire`: what the people who run a site do to accounts, from a shell on a machine that reaches the servers.

Reads DATABASE_URL and NATS_URL. Passwords are typed at a prompt or piped in, never arguments: those show in `ps` and
stay in the shell's history.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from nats.aio.client import Client

from bus import subjects
from bus.messages import Revoked, encode
from db import logins, users
from db.errors import DbError
from db.ids import is_id
from db.pool import Pool
from web import doctor
from web.api.account_bodies import valid_email
from web.config import ConfigInvalid, Servers
from web.passwords import MAX_LENGTH, MIN_LENGTH, hash_here
from web.problems import Problem
from web.recomputing import recompute

__all__ = ["main"]

CONNECT_S = 3.0
RECOMPUTE_S = 120.0


class Impossible(Exception):
    """What was asked for cannot be done; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it was done, 1 with a sentence when not, 2 for a command that cannot be understood."""
    parsed = _parser().parse_args(arguments)
    if "alone" in parsed:  # works without servers, to say why
        return int(parsed.alone(parsed))
    try:
        servers = Servers.from_environment()
        pool = Pool(servers.database_url, 1)
        try:
            result = parsed.run(parsed, pool, servers)
        finally:
            pool.close()
    except (Impossible, ConfigInvalid, DbError) as error:
        print(f"quizwire: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    status = 0 if not isinstance(result, dict) or result.get("equal", True) else 1
    if parsed.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    else:
        _show(result)
    return status


def _create_admin(parsed: argparse.Namespace, pool: Pool, servers: Servers) -> Any:
    try:
        email = valid_email(parsed.email)
    except Problem as problem:
        raise Impossible(problem.detail) from None
    password_hash = hash_here(_password())
    return pool.call(users.create, email, password_hash, parsed.name, "admin")


def _grant(parsed: argparse.Namespace, pool: Pool, servers: Servers) -> Any:
    return pool.call(users.grant, _user(pool, parsed.user)["id"], parsed.role)


def _list(parsed: argparse.Namespace, pool: Pool, servers: Servers) -> Any:
    return pool.call(users.page, parsed.role, parsed.limit, parsed.after)


def _logins(parsed: argparse.Namespace, pool: Pool, servers: Servers) -> Any:
    return pool.call(logins.of_user, _user(pool, parsed.user)["id"])


def _revoke(parsed: argparse.Namespace, pool: Pool, servers: Servers) -> Any:
    user_id = _user(pool, parsed.user)["id"]
    if parsed.login is None:
        ended = pool.call(logins.end_all, user_id)
    else:
        if parsed.login not in (login["id"] for login in pool.call(logins.of_user, user_id)):
            raise Impossible(f"this user has no login {parsed.login}")
        ended = [parsed.login] if pool.call(logins.end, parsed.login) else []
    _tell(servers, Revoked(user_id, tuple(ended)))
    return {"user_id": user_id, "ended": ended}


def _ban(parsed: argparse.Namespace, pool: Pool, servers: Servers) -> Any:
    user_id = _user(pool, parsed.user)["id"]
    ended = pool.call(users.ban, user_id, not parsed.lift)
    if not parsed.lift:
        _tell(servers, Revoked(user_id))
    return {"user_id": user_id, "banned": not parsed.lift, "ended": ended}


def _recompute(parsed: argparse.Namespace, pool: Pool, servers: Servers) -> Any:
    try:
        found = asyncio.run(recompute(servers.nats_url, parsed.session, RECOMPUTE_S))
    except Exception as error:  # nats-py raises many kinds
        raise Impossible(
            f"nobody answered ({type(error).__name__}): is NATS there, and a worker of the background queue?"
        ) from None
    if "error" in found:
        raise Impossible(found["error"])
    if not found["equal"]:
        print("quizwire: the scores are not what the stored answers are worth", file=sys.stderr)
    return found


def _user(pool: Pool, given: str) -> dict[str, Any]:
    user = pool.call(users.get, given) if is_id(given) else pool.call(users.by_email, given)
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


def _tell(servers: Servers, revoked: Revoked) -> None:
    """Have the gateways close the sockets; they find out by themselves, later, when nobody can tell them."""

    async def publish() -> None:
        client = Client()
        async with asyncio.timeout(CONNECT_S):
            await client.connect(
                servers.nats_url.split(","), allow_reconnect=False, connect_timeout=2, error_cb=_quiet
            )
            await client.publish(subjects.revocations(), encode(revoked))
            await client.flush()
            await client.close()

    try:
        asyncio.run(publish())
    except Exception as error:
        print(
            f"quizwire: done, but NATS does not answer ({type(error).__name__}): open WebSockets close within a minute",
            file=sys.stderr,
        )


async def _quiet(error: Exception) -> None:
    """The exception that follows says it."""


def _show(result: Any) -> None:
    rows = result if isinstance(result, list) else [result]
    if not rows:
        print("none")
        return
    table = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "-"
    text = "-" if value is None else str(value)
    return "".join(char if char.isprintable() else "?" for char in text)  # a name may hold escape sequences


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quizwire", description="Look after a Quizwire site. Reads DATABASE_URL and NATS_URL."
    )
    nouns = parser.add_subparsers(required=True, metavar="NOUN")
    user = nouns.add_parser("user", help="accounts and their logins")
    verbs = user.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: Any, text: str, *, on_user: bool = True) -> argparse.ArgumentParser:
        command = verbs.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        command.add_argument("--json", action="store_true", help="print JSON")
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
    doctor.add_to(nouns)
    again = nouns.add_parser(
        "recompute",
        help="work out a session's scores again",
        description="Work out a session's scores again from the stored answers, and compare. Changes nothing.",
    )
    again.set_defaults(run=_recompute)
    again.add_argument("session", metavar="SESSION", help="id of the session")
    again.add_argument("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
